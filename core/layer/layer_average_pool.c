/* layer_average_pool.c - the mean of the values under a window. */
#include "core/kernel/vector_clones.h"
#include "core/layer/mean_codes.h"
#include "core/layer/pool_window.h"

#include <string.h>

/* Taps of one direction that count for the average: those on the input, or those within the
 * padded plane but for the part that ceil_mode added. */
static int counted(const struct taps *taps, int kernel, int dilation, int size,
                   int pad_end, bool count_padding)
{
    int count = 0;

    if (!count_padding)
        return taps->end - taps->first;
    for (int tap = 0; tap < kernel; tap++)
        count += taps->begin + tap * dilation < size + pad_end;
    return count;
}

static int divisor(const struct pool_window *at, const struct average_pool *pool)
{
    const struct window *w = at->window;

    return counted(&at->rows, w->kernel_height, w->dilation_height, at->input->height,
                   w->pad_bottom - pool->extra_bottom, pool->count_padding) *
           counted(&at->columns, w->kernel_width, w->dilation_width, at->input->width,
                   w->pad_right - pool->extra_right, pool->count_padding);
}

VECTOR_CLONES
static void average_of_windows(const struct layer_task *task,
                               const struct pool_window *at, const void *sample,
                               void *to)
{
    const int channels = at->input->channels;
    const float count = (float)divisor(at, &task->layer->average_pool);
    const float *x = sample;
    float *y = to;

    for (int pixel = 0; pixel < at->pixels; pixel++) {
        memset(y, 0, (size_t)channels * sizeof *y);
        for (int row = at->rows.first; row < at->rows.end; row++)
            for (int column = at->columns.first; column < at->columns.end; column++) {
                const float *tap = x + tap_element(at, row, column);

                for (int channel = 0; channel < channels; channel++)
                    y[channel] += tap[channel];
            }
        for (int channel = 0; channel < channels; channel++)
            y[channel] = count > 0 ? y[channel] / count : 0;
        x += at->in_step;
        y += at->out_step;
    }
}

static void run_average_pool(const struct layer_task *task)
{
    pool_window_slide_floats(task, average_of_windows);
}

static bool is_of_all_pixels(const struct layer_task *task)
{
    const struct tensor *input = layer_task_input(task, 0),
                        *output = layer_task_output(task);
    const struct window *window = &task->layer->window;

    return output->height == 1 && output->width == 1 && window->dilation_height == 1 &&
           window->dilation_width == 1 && window->kernel_height == input->height &&
           window->kernel_width == input->width && window->pad_top == 0 &&
           window->pad_left == 0;
}

static bool make_mean(const struct layer_task *task, const struct quantizer *quantizer,
                      struct value *output)
{
    if (!quantizer || !task->rounds_like_kernel || !value_is_codes(task->inputs[0]) ||
        !is_of_all_pixels(task))
        return false;
    (task->run->setting->placement->rounds_like_xnnpack
         ? mean_codes_by_bias
         : mean_codes)(task->layer, task->inputs[0], task->samples, quantizer, output,
                       (int32_t *)task->scratch->sums);
    return true;
}

static bool same_shape(const struct layer *ours, const struct layer *theirs)
{
    const struct average_pool *a = &ours->average_pool, *b = &theirs->average_pool;

    return a->count_padding == b->count_padding && a->extra_bottom == b->extra_bottom &&
           a->extra_right == b->extra_right;
}

const struct layer_kind_row layer_average_pool = {
    .name = "average pool",
    .codes = CODES_MAKE,
    .macs = layer_kind_no_macs,
    .run = run_average_pool,
    .make = make_mean,
    .is_nonnegative = layer_kind_as_inputs,
    .same_shape = same_shape,
    .other_constants = layer_kind_no_constants,
};
