/* conv_blocks.h - products of codes where blocks of weights have steps of their own.
 *
 * Each output is a chain over the blocks, place after place of the window and channel after channel, from
 * zero:
 *
 *   sum = fma(step of the block, exact sum of its products - zero of the input * sum of its codes, sum)
 *
 * and the epilogue is that of floats, as conv_float.h has it. So blocks of samples, ranks and kernel sets
 * change no bit.
 */
#ifndef CORE_LAYER_CONV_BLOCKS_H
#define CORE_LAYER_CONV_BLOCKS_H

#include "core/layer/conv_run.h"

/* Packs the codes of a variant for products with codes, block by block.
 *
 *   blocks  made, or made anew in place; clear with conv_blocks_clear()
 *   codes   [outputs, window, inputs] that 8 bits hold
 *   steps   [weight_codes_layout()] of them */
void conv_blocks_set(struct conv_blocks *blocks, const struct conv_weights *weights,
                     struct conv_most most, const int8_t *codes, const float *steps);
void conv_blocks_clear(struct conv_blocks *blocks);

/* The chains of the present weights, which have blocks.
 *
 *   sums  [samples, pixels, out_channels] out; may not be scratch->products[1], which is used */
void conv_blocks_multiply(const struct conv_run *run, const struct value *input,
                          int samples, float *sums, const struct scratch *scratch);

/* What becomes of rows of such sums, counted over all samples.
 *
 *   sums    [rows, columns, out_channels] of rows from `first` on
 *   output  codes, or, without a quantizer, floats: room for these rows alone */
void conv_blocks_finish(struct conv_run *run, const struct value *input,
                        const struct value *residual, const float *sums, size_t first,
                        size_t rows, const struct quantizer *quantizer,
                        struct value *output);

#endif
