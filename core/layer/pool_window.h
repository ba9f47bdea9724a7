/* pool_window.h - the window of a pool, as it slides over samples. */
#ifndef CORE_LAYER_POOL_WINDOW_H
#define CORE_LAYER_POOL_WINDOW_H

#include "core/layer/layer_run.h"

/* The taps of a pool's window that lie on the input, for one output row or column. */
struct taps {
    int first, end; /* tap indices [first, end) */
    int begin;      /* input position of tap 0 */
};

/* Where a pool's window lies for one output pixel. */
struct pool_window {
    struct taps rows, columns;
    const struct tensor *input;
    const struct window *window;
    struct strides strides; /* of the input */
};

static inline ptrdiff_t tap_element(const struct pool_window *at, int sample, int row,
                                    int column)
{
    int y = at->rows.begin + row * at->window->dilation_height;
    int x = at->columns.begin + column * at->window->dilation_width;

    return sample * at->strides.sample + y * at->strides.row + x * at->strides.column;
}

/* What a pool makes of one window, all channels of it. */
typedef void (*window_fn)(const struct layer_task *task, const struct pool_window *at,
                          int sample, const void *from, void *to);

/* Slides the window over all samples: of floats to task->out, or of codes to the output. */
void pool_window_slide_floats(const struct layer_task *task, window_fn look);
void pool_window_slide_codes(const struct layer_task *task, window_fn look,
                             struct value *output);

#endif
