/* depthwise_f32_rows.h - goes over the output rows of a depthwise convolution of floats. */
#ifndef CORE_KERNEL_DEPTHWISE_F32_ROWS_H
#define CORE_KERNEL_DEPTHWISE_F32_ROWS_H

#include "core/kernel/kernel.h"

/* Where some output pixels are; `out` and `residual` in elements from the first. */
struct depthwise_place {
    const float *window;
    ptrdiff_t out, residual;
};

static inline struct depthwise_place depthwise_row(const struct conv_f32 *conv,
                                                   int sample, int row)
{
    const struct epilogue *epilogue = &conv->epilogue;

    return (struct depthwise_place){
        .window = conv->input + sample * conv->windows.sample + row * conv->windows.row,
        .out = sample * epilogue->out.sample + row * epilogue->out.row,
        .residual = sample * epilogue->residual.sample + row * epilogue->residual.row,
    };
}

static inline void depthwise_move(const struct conv_f32 *conv, int columns,
                                  struct depthwise_place *place)
{
    place->window += columns * conv->windows.column;
    place->out += columns * conv->epilogue.out.column;
    place->residual += columns * conv->epilogue.residual.column;
}

static inline void depthwise_each_row(const struct conv_f32 *conv,
                                      void (*run)(const struct conv_f32 *conv,
                                                  struct depthwise_place first))
{
    for (int sample = 0; sample < conv->samples; sample++)
        for (int row = 0; row < conv->rows; row++)
            run(conv, depthwise_row(conv, sample, row));
}

#endif
