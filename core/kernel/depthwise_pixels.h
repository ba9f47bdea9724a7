/* depthwise_pixels.h - goes over the output pixels of a depthwise convolution. */
#ifndef CORE_KERNEL_DEPTHWISE_PIXELS_H
#define CORE_KERNEL_DEPTHWISE_PIXELS_H

#include "core/kernel/kernel.h"

/* Where one output pixel is; `out` and `residual` in elements from the first. */
struct depthwise_pixel {
    const uint8_t *window;
    ptrdiff_t out, residual;
};

static inline void depthwise_each_pixel(
    const struct depthwise_u8s8 *depthwise,
    void (*run)(const void *context, const struct depthwise_pixel *pixel),
    const void *context)
{
    const struct strides *in = &depthwise->windows;
    const struct strides *out = &depthwise->epilogue.out;
    const struct strides *residual = &depthwise->epilogue.residual;

    for (int sample = 0; sample < depthwise->samples; sample++)
        for (int row = 0; row < depthwise->rows; row++)
            for (int column = 0; column < depthwise->columns; column++) {
                const struct depthwise_pixel pixel = {
                    .window = depthwise->input + sample * in->sample + row * in->row +
                              column * in->column,
                    .out = sample * out->sample + row * out->row + column * out->column,
                    .residual = sample * residual->sample + row * residual->row +
                                column * residual->column,
                };

                run(context, &pixel);
            }
}

#endif
