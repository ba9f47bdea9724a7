/* conv_integer.h - a convolution in integers: products of codes, and the epilogue that makes values
 * of them. */
#ifndef CORE_LAYER_CONV_INTEGER_H
#define CORE_LAYER_CONV_INTEGER_H

#include "core/layer/conv_run.h"

/* As conv_run_block(), with the present weights, which are quantized; the input is codes. */
void conv_integer_run(struct conv_run *run, const struct value *input,
                      const struct value *residual, int samples,
                      const struct quantizer *quantizer, struct value *output,
                      const struct scratch *scratch);

/* conv_run_block() in two, where weights and input are quantized and there is one group (the window
 * sums of more would take as much room again): sums that are kept can be finished once more when
 * only the residual, the output's quantizer, scale or shift are others. Bit for bit the same. */
void conv_integer_multiply(struct conv_run *run, const struct quantizer *weights,
                           const struct value *input, int samples,
                           const struct conv_sums *sums, const struct scratch *scratch);
void conv_integer_finish(struct conv_run *run, const struct quantizer *weights,
                         const struct value *input, const struct value *residual,
                         int samples, const struct conv_sums *sums,
                         const struct quantizer *quantizer, struct value *output);

/* The same of `rows` rows of output pixels of one sample, from row `first` on, counted over all samples: what
 * conv_integer_finish() makes of them without a quantizer.
 *
 *   output  data is room for their floats alone, plane the layout of the whole */
void conv_integer_finish_rows(struct conv_run *run, const struct quantizer *weights,
                              const struct value *input, const struct value *residual,
                              const struct conv_sums *sums, size_t first, size_t rows,
                              struct value *output);

/* Elements of the sums of products. */
size_t conv_integer_products(const struct conv_run *run, int samples);

/* What winograd_u8s8 needs: bytes; 0 where it is not used. */
size_t conv_integer_transformed(const struct conv_run *run);

/* What window_sums_u8 needs: int32 elements. */
size_t conv_integer_scratch(const struct conv_run *run, int samples);

#endif
