/* layer_max_pool.c - the largest value under a window. */
#include "core/kernel/vector_clones.h"
#include "core/layer/pool_window.h"

#include <math.h>
#include <string.h>

enum { MAX_FLOATS = 64, MAX_CODES = 64 }; /* channels that are done at once */

/* The largest values of some channels: they stay in registers while the taps go by. */
static inline __attribute__((always_inline)) void
max_of_floats(const struct pool_window *at, const float *from, const int count,
              float *to)
{
    const ptrdiff_t step = at->window->dilation_width * at->strides.column;
    const int columns = at->columns.end - at->columns.first;
    float most[MAX_FLOATS];

    for (int i = 0; i < count; i++)
        most[i] = -INFINITY;
    for (int row = at->rows.first; row < at->rows.end; row++) {
        const float *tap = from + tap_element(at, row, at->columns.first);

        for (int column = 0; column < columns; column++, tap += step)
            for (int i = 0; i < count; i++)
                most[i] = tap[i] > most[i] ? tap[i] : most[i];
    }
    memcpy(to, most, (size_t)count * sizeof *to);
}

VECTOR_CLONES
static void max_of_windows(const struct layer_task *task, const struct pool_window *at,
                           const void *sample, void *to)
{
    const int channels = at->input->channels;
    const float *x = sample;
    float *y = to;

    (void)task;
    for (int pixel = 0; pixel < at->pixels; pixel++) {
        int channel = 0;

        for (; channel + MAX_FLOATS <= channels; channel += MAX_FLOATS)
            max_of_floats(at, x + channel, MAX_FLOATS, y + channel);
        if (channel < channels)
            max_of_floats(at, x + channel, channels - channel, y + channel);
        x += at->in_step;
        y += at->out_step;
    }
}

/* The same of codes. */
static inline __attribute__((always_inline)) void
max_of_codes(const struct pool_window *at, const uint8_t *from, const int count,
             uint8_t *to)
{
    const ptrdiff_t step = at->window->dilation_width * at->strides.column;
    const int columns = at->columns.end - at->columns.first;
    uint8_t most[MAX_CODES] = {0};

    for (int row = at->rows.first; row < at->rows.end; row++) {
        const uint8_t *tap = from + tap_element(at, row, at->columns.first);

        for (int column = 0; column < columns; column++, tap += step)
            for (int i = 0; i < count; i++)
                most[i] = tap[i] > most[i] ? tap[i] : most[i];
    }
    memcpy(to, most, (size_t)count);
}

VECTOR_CLONES
static void max_of_window_codes(const struct layer_task *task,
                                const struct pool_window *at, const void *sample,
                                void *to)
{
    const int channels = at->input->channels;
    const uint8_t *x = sample;
    uint8_t *y = to;

    (void)task;
    for (int pixel = 0; pixel < at->pixels; pixel++) {
        int channel = 0;

        for (; channel + MAX_CODES <= channels; channel += MAX_CODES)
            max_of_codes(at, x + channel, MAX_CODES, y + channel);
        if (channel < channels)
            max_of_codes(at, x + channel, channels - channel, y + channel);
        x += at->in_step;
        y += at->out_step;
    }
}

static void run_max_pool(const struct layer_task *task)
{
    pool_window_slide_floats(task, max_of_windows);
}

static void pass_max_pool(const struct layer_task *task, struct value *output)
{
    pool_window_slide_codes(task, max_of_window_codes, output);
}

const struct layer_kind_row layer_max_pool = {
    .name = "max pool",
    .codes = CODES_PASS,
    .is_rounded_before = true,
    .macs = layer_kind_no_macs,
    .run = run_max_pool,
    .pass = pass_max_pool,
    .is_nonnegative = layer_kind_as_inputs,
    .same_shape = layer_kind_one_shape,
    .other_constants = layer_kind_no_constants,
};
