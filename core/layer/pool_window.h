/* pool_window.h - the window of a pool, as it slides over samples. */
#ifndef CORE_LAYER_POOL_WINDOW_H
#define CORE_LAYER_POOL_WINDOW_H

#include "core/layer/layer_run.h"

/* The taps of a pool's window that lie on the input, for one output row or column. */
struct taps {
    int first, end; /* tap indices [first, end) */
    int begin;      /* input position of tap 0 */
};

/* Where a pool's window lies for some output pixels beside each other. */
struct pool_window {
    struct taps rows, columns; /* of the first pixel; the others have as many */
    int pixels;
    ptrdiff_t in_step,
        out_step; /* elements from one pixel's window or output to the next */
    const struct tensor *input;
    const struct window *window;
    struct strides strides; /* of the input */
};

/* Of the first pixel, from the sample's first element on. */
static inline ptrdiff_t tap_element(const struct pool_window *at, int row, int column)
{
    int y = at->rows.begin + row * at->window->dilation_height;
    int x = at->columns.begin + column * at->window->dilation_width;

    return y * at->strides.row + x * at->strides.column;
}

/* What a pool makes of these windows of a sample, all channels of them. */
typedef void (*windows_fn)(const struct layer_task *task, const struct pool_window *at,
                           const void *sample, void *to);

/* Slides the window over all samples: of floats to task->out, or of codes to the output. */
void pool_window_slide_floats(const struct layer_task *task, windows_fn look);
void pool_window_slide_codes(const struct layer_task *task, windows_fn look,
                             struct value *output);

#endif
