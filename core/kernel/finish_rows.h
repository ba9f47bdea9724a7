/* finish_rows.h - walks over sums that were stored as they are, for the epilogue of an instruction
 * set. */
#ifndef CORE_KERNEL_FINISH_ROWS_H
#define CORE_KERNEL_FINISH_ROWS_H

#include "core/kernel/conv_tiles.h"

/* Finishes one panel of `pixels` neighbouring pixels, of which `tile` says where their output,
 * residual and window sums are. The pixels' sums are `step` elements apart. */
typedef void (*finish_pixels_fn)(const struct epilogue *epilogue,
                                 const struct conv_tile *tile, int pixels,
                                 const int32_t *sums, ptrdiff_t step);

static inline ptrdiff_t row_at(const struct strides *strides, int sample, int row)
{
    return sample * strides->sample + row * strides->row;
}

static inline void finish_rows(const struct finish_s32 *finish,
                               finish_pixels_fn finish_pixels)
{
    const struct epilogue *epilogue = &finish->epilogue;
    const ptrdiff_t columns = finish->columns, channels = finish->channels;

    for (int sample = 0; sample < finish->samples; sample++)
        for (int row = 0; row < finish->rows; row++)
            for (int channel = 0; channel < finish->channels; channel += PANEL) {
                ptrdiff_t pixel = ((ptrdiff_t)sample * finish->rows + row) * columns;

                finish_pixels(
                    epilogue,
                    &(struct conv_tile){
                        .channel = channel,
                        .channels = finish->channels - channel,
                        .out = row_at(&epilogue->out, sample, row) + channel,
                        .out_step = epilogue->out.column,
                        .residual = row_at(&epilogue->residual, sample, row) + channel,
                        .residual_step = epilogue->residual.column,
                        .sum = pixel,
                        .sum_step = 1,
                    },
                    finish->columns, finish->sums + pixel * channels + channel,
                    channels);
            }
}

#endif
