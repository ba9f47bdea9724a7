#include "core/layer/conv_plan.h"

#include "core/base/memory.h"

#include <assert.h>
#include <stdlib.h>

/* One run a window row where the row is contiguous, else one run a tap. */
static void plan_runs(struct conv_plan *plan, const struct layer *layer)
{
    const struct window *window = &layer->window;
    bool whole_rows = layer->weights->groups == 1 && window->dilation_width == 1;
    int across = whole_rows ? 1 : window->kernel_width;

    plan->runs = window->kernel_height * across;
    plan->run_length = plan->group_channels * (whole_rows ? window->kernel_width : 1);
    plan->window_count = plan->runs * plan->run_length;
    plan->run_offsets = memory_get((size_t)plan->runs * sizeof *plan->run_offsets);
    for (int y = 0; y < window->kernel_height; y++)
        for (int x = 0; x < across; x++)
            plan->run_offsets[y * across + x] =
                (int32_t)(y * window->dilation_height * plane_row(&plan->plane) +
                          (ptrdiff_t)x * window->dilation_width * plan->plane.channels);
}

static void plan_taps(struct conv_plan *plan, const struct window *window)
{
    int plane_width = plan->plane.left + plan->plane.width + plan->plane.right;

    plan->taps_high = window->kernel_height;
    plan->taps_wide = window->kernel_width;
    plan->tap_offsets = memory_get((size_t)(plan->taps_high * plan->taps_wide) *
                                   sizeof *plan->tap_offsets);
    for (int y = 0; y < plan->taps_high; y++)
        for (int x = 0; x < plan->taps_wide; x++)
            plan->tap_offsets[y * plan->taps_wide + x] =
                y * window->dilation_height * plane_width + x * window->dilation_width;
}

/* The taps of one direction that lie on the input, for one output row or column. */
static struct span taps_on_input(int begin, int kernel, int dilation, int size)
{
    struct span taps = {0, kernel};

    while (taps.first < kernel && begin + taps.first * dilation < 0)
        taps.first++;
    while (taps.end > taps.first && begin + (taps.end - 1) * dilation >= size)
        taps.end--;
    return taps;
}

/* Window rows above and below the input are all padding. */
static void plan_row_runs(struct conv_plan *plan, const struct window *window)
{
    int across = plan->runs / window->kernel_height;

    if (!window->pad_top && !window->pad_bottom)
        return;
    plan->row_runs = memory_get((size_t)plan->rows * sizeof *plan->row_runs);
    for (int row = 0; row < plan->rows; row++) {
        struct span taps = taps_on_input(row * window->stride_height - window->pad_top,
                                         window->kernel_height, window->dilation_height,
                                         plan->plane.height);

        plan->row_runs[row] = (struct span){taps.first * across, taps.end * across};
    }
}

/* So are, where a run is a whole window row, its first bytes left of the input and its last ones
 * right of it. */
static void plan_column_bytes(struct conv_plan *plan, const struct window *window)
{
    if ((!window->pad_left && !window->pad_right) ||
        plan->runs != window->kernel_height || plan->group_channels % QUAD != 0)
        return;
    plan->column_bytes = memory_get((size_t)plan->columns * sizeof *plan->column_bytes);
    for (int column = 0; column < plan->columns; column++) {
        struct span taps = taps_on_input(
            column * window->stride_width - window->pad_left, window->kernel_width,
            window->dilation_width, plan->plane.width);

        plan->column_bytes[column] = (struct span){taps.first * plan->group_channels,
                                                   taps.end * plan->group_channels};
    }
}

void conv_plan_init(struct conv_plan *plan, const struct layer *layer,
                    const struct plane *plane)
{
    const struct window *window = &layer->window;
    ptrdiff_t row = plane_row(plane);

    assert(plane->channels == weights_inputs(layer->weights));
    assert(plane->top >= window->pad_top && plane->left >= window->pad_left);
    *plan = (struct conv_plan){
        .plane = *plane,
        .first = plane_first(plane) - window->pad_top * row -
                 (ptrdiff_t)window->pad_left * plane->channels,
        .windows = {.sample = (ptrdiff_t)plane_count(plane),
                    .row = window->stride_height * row,
                    .column = (ptrdiff_t)window->stride_width * plane->channels},
        .rows = window_output_height(window, plane->height),
        .columns = window_output_width(window, plane->width),
        .group_channels = layer->weights->inputs,
    };
    plan_runs(plan, layer);
    plan_row_runs(plan, window);
    plan_column_bytes(plan, window);
    plan_taps(plan, window);
}

void conv_plan_clear(struct conv_plan *plan)
{
    free(plan->run_offsets);
    free(plan->row_runs);
    free(plan->column_bytes);
    free(plan->tap_offsets);
    *plan = (struct conv_plan){0};
}

struct conv_u8s8 conv_plan_product(const struct conv_plan *plan)
{
    return (struct conv_u8s8){
        .windows = plan->windows,
        .rows = plan->rows,
        .columns = plan->columns,
        .run_offsets = plan->run_offsets,
        .runs = plan->runs,
        .run_bytes = conv_plan_run_bytes(plan),
        .row_runs = plan->row_runs,
        .column_bytes = plan->column_bytes,
    };
}
