/* layer_max_pool.c - the largest value under a window. */
#include "core/kernel/vector_clones.h"
#include "core/layer/pool_window.h"

#include <math.h>
#include <string.h>

enum { MAX_CHANNELS = 64 }; /* that a max pool of codes does at once */

VECTOR_CLONES
static void max_of_window(const struct layer_task *task, const struct pool_window *at,
                          int sample, const void *from, void *to)
{
    int channels = at->input->channels;
    float *y = to;

    (void)task;
    for (int channel = 0; channel < channels; channel++)
        y[channel] = -INFINITY;
    for (int row = at->rows.first; row < at->rows.end; row++)
        for (int column = at->columns.first; column < at->columns.end; column++) {
            const float *tap =
                (const float *)from + tap_element(at, sample, row, column);

            for (int channel = 0; channel < channels; channel++)
                y[channel] = tap[channel] > y[channel] ? tap[channel] : y[channel];
        }
}

/* The greatest codes of some channels: they stay in registers while the taps go by. */
static inline __attribute__((always_inline)) void
max_of_channels(const struct pool_window *at, const uint8_t *from, const int count,
                uint8_t *to)
{
    const ptrdiff_t step = at->window->dilation_width * at->strides.column;
    const int columns = at->columns.end - at->columns.first;
    uint8_t most[MAX_CHANNELS] = {0};

    for (int row = at->rows.first; row < at->rows.end; row++) {
        const uint8_t *tap = from + tap_element(at, 0, row, at->columns.first);

        for (int column = 0; column < columns; column++, tap += step)
            for (int i = 0; i < count; i++)
                most[i] = tap[i] > most[i] ? tap[i] : most[i];
    }
    memcpy(to, most, (size_t)count);
}

VECTOR_CLONES
static void max_of_window_codes(const struct layer_task *task,
                                const struct pool_window *at, int sample,
                                const void *from, void *to)
{
    const uint8_t *x = (const uint8_t *)from + sample * at->strides.sample;
    int channels = at->input->channels, channel = 0;
    uint8_t *y = to;

    (void)task;
    for (; channel + MAX_CHANNELS <= channels; channel += MAX_CHANNELS)
        max_of_channels(at, x + channel, MAX_CHANNELS, y + channel);
    if (channel < channels)
        max_of_channels(at, x + channel, channels - channel, y + channel);
}

static void run_max_pool(const struct layer_task *task)
{
    pool_window_slide_floats(task, max_of_window);
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
