/* depthwise_pixels.h - windows and output pixels of depthwise convolutions. */
#ifndef CORE_KERNEL_DEPTHWISE_PIXELS_H
#define CORE_KERNEL_DEPTHWISE_PIXELS_H

#include "core/kernel/kernel.h"

static inline bool is_three_by_three(const struct depthwise_u8s8 *depthwise)
{
    return depthwise->taps_high == 3 && depthwise->taps_wide == 3;
}

/* Whether columns count for three neighbouring output pixels. */
static inline bool slides(const struct depthwise_u8s8 *depthwise)
{
    const int32_t *taps = depthwise->tap_offsets;
    ptrdiff_t step = depthwise->windows.column;

    return is_three_by_three(depthwise) && taps[0] == 0 && taps[1] == step &&
           taps[2] == 2 * step;
}

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
