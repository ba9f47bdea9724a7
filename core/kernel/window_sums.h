/* window_sums.h - window sums in plain loops over sums of single input pixels; an instruction set
 * brings the sums of pixels, and its compiler flags. */
#ifndef CORE_KERNEL_WINDOW_SUMS_H
#define CORE_KERNEL_WINDOW_SUMS_H

#include "core/kernel/kernel.h"

/* The input pixels of a sample that lie under windows, one row of them after the other. */
struct input_region {
    int rows, columns;
    ptrdiff_t row_bytes, pixel_bytes;
    int row_stride,
        column_stride;       /* from one window to the next, in rows and columns */
    int row_tap, column_tap; /* from one tap to the next */
};

static inline struct input_region
input_region_of(const struct window_sums_u8 *window_sums)
{
    const struct strides *windows = &window_sums->windows;
    /* Between windows of one tap there are pixels that nobody needs. */
    ptrdiff_t row_bytes =
        window_sums->taps_high == 1 ? windows->row : window_sums->input_row;
    ptrdiff_t pixel_bytes =
        window_sums->taps_wide == 1 ? windows->column : window_sums->input_channels;
    struct input_region region = {
        .row_bytes = row_bytes,
        .pixel_bytes = pixel_bytes,
        .row_stride = (int)(windows->row / row_bytes),
        .column_stride = (int)(windows->column / pixel_bytes),
        .row_tap = (int)(window_sums->tap_row / row_bytes),
        .column_tap = (int)(window_sums->tap_column / pixel_bytes),
    };

    region.rows = (window_sums->rows - 1) * region.row_stride +
                  (window_sums->taps_high - 1) * region.row_tap + 1;
    region.columns = (window_sums->columns - 1) * region.column_stride +
                     (window_sums->taps_wide - 1) * region.column_tap + 1;
    return region;
}

/* sums[pixel] = sum of its first `channels` codes; pixels are `step` bytes apart. */
typedef void (*sum_pixels_fn)(const uint8_t *codes, int pixels, ptrdiff_t step,
                              int channels, int32_t *sums);

/* Adds every `stride`th of the pixels' sums. */
static inline void add_every(const int32_t *pixels, int stride, int count, float *sums)
{
    if (stride == 1)
        for (int i = 0; i < count; i++)
            sums[i] += (float)pixels[i];
    else
        for (int i = 0; i < count; i++)
            sums[i] += (float)pixels[i * stride];
}

static inline __attribute__((always_inline)) void
window_sums_run(const struct window_sums_u8 *window_sums,
                const sum_pixels_fn sum_pixels)
{
    const struct input_region region = input_region_of(window_sums);
    const int columns = window_sums->columns;
    float *sums = window_sums->sums;

    for (int sample = 0; sample < window_sums->samples; sample++) {
        const uint8_t *input =
            window_sums->input + sample * window_sums->windows.sample;

        for (int row = 0; row < region.rows; row++)
            sum_pixels(input + row * region.row_bytes, region.columns,
                       region.pixel_bytes, window_sums->channels,
                       window_sums->scratch + (ptrdiff_t)row * region.columns);
        for (int row = 0; row < window_sums->rows; row++, sums += columns) {
            for (int i = 0; i < columns; i++)
                sums[i] = 0;
            for (int y = 0; y < window_sums->taps_high; y++)
                for (int x = 0; x < window_sums->taps_wide; x++)
                    add_every(
                        window_sums->scratch +
                            (ptrdiff_t)(row * region.row_stride + y * region.row_tap) *
                                region.columns +
                            x * region.column_tap,
                        region.column_stride, columns, sums);
        }
    }
}

#endif
