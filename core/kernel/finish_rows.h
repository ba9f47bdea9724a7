/* finish_rows.h - walks over sums that were stored as they are, for the epilogue of an instruction
 * set. */
#ifndef CORE_KERNEL_FINISH_ROWS_H
#define CORE_KERNEL_FINISH_ROWS_H

#include "core/kernel/conv_tiles.h"

/* How many pixels are finished at once, as long as so many are left. */
enum { PIXELS_MOST = 16, PIXELS_FEWER = 4 };

/* Finishes one panel of neighbouring pixels, of which `tile` says where their output, residual and
 * window sums are.
 *
 *   pixels  PIXELS_MOST, PIXELS_FEWER or 1
 *   step    elements from a pixel's sums to the next one's */
typedef void (*finish_pixels_fn)(const struct epilogue *epilogue,
                                 const struct conv_tile *tile, int pixels,
                                 const int32_t *sums, ptrdiff_t step);

static inline ptrdiff_t row_at(const struct strides *strides, int sample, int row)
{
    return sample * strides->sample + row * strides->row;
}

/* One panel after the other of some neighbouring pixels, from `column` of a row on. */
static inline void finish_piece(const struct finish_s32 *finish,
                                finish_pixels_fn finish_pixels, int sample, int row,
                                int column, int pixels)
{
    const struct epilogue *epilogue = &finish->epilogue;
    const ptrdiff_t channels = finish->channels;
    const ptrdiff_t first =
        ((ptrdiff_t)sample * finish->rows + row) * finish->columns + column;

    for (int channel = 0; channel < finish->channels; channel += PANEL)
        finish_pixels(epilogue,
                      &(struct conv_tile){
                          .channel = channel,
                          .channels = finish->channels - channel,
                          .out = row_at(&epilogue->out, sample, row) +
                                 column * epilogue->out.column + channel,
                          .out_step = epilogue->out.column,
                          .residual = row_at(&epilogue->residual, sample, row) +
                                      column * epilogue->residual.column + channel,
                          .residual_step = epilogue->residual.column,
                          .sum = first,
                          .sum_step = 1,
                      },
                      pixels, finish->sums + first * channels + channel, channels);
}

/* Whether a row begins where the one before ends. */
static inline bool rows_are_joined(const struct strides *strides, int columns)
{
    return strides->row == columns * strides->column;
}

/* The same sums in one row a sample, where everything allows that: the fewer rows, the fewer ends of
 * rows. */
static inline struct finish_s32 finish_joined(struct finish_s32 finish)
{
    const struct epilogue *epilogue = &finish.epilogue;
    bool has_residual = epilogue->residual_u8 || epilogue->residual_f32;

    if (!rows_are_joined(&epilogue->out, finish.columns) ||
        (has_residual && !rows_are_joined(&epilogue->residual, finish.columns)))
        return finish;
    finish.columns *= finish.rows;
    finish.rows = 1;
    return finish;
}

static inline int pixels_of_piece(int left)
{
    if (left >= PIXELS_MOST)
        return PIXELS_MOST;
    return left >= PIXELS_FEWER ? PIXELS_FEWER : 1;
}

/* Few pixels at a time, so that all their panels lie close together in memory. */
static inline void finish_rows(const struct finish_s32 *finish,
                               finish_pixels_fn finish_pixels)
{
    const struct finish_s32 joined = finish_joined(*finish);
    int pixels;

    for (int sample = 0; sample < joined.samples; sample++)
        for (int row = 0; row < joined.rows; row++)
            for (int column = 0; column < joined.columns; column += pixels) {
                pixels = pixels_of_piece(joined.columns - column);
                finish_piece(&joined, finish_pixels, sample, row, column, pixels);
            }
}

#endif
