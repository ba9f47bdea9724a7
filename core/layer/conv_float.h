/* conv_float.h - a convolution in float: gathered windows times weights, by sgemm. */
#ifndef CORE_LAYER_CONV_FLOAT_H
#define CORE_LAYER_CONV_FLOAT_H

#include "core/layer/conv_run.h"

/* As conv_run_block(), with the present weights, quantized or not. */
void conv_float_run(struct conv_run *run, const struct value *input,
                    const struct value *residual, int samples,
                    const struct quantizer *quantizer, struct value *output,
                    const struct scratch *scratch);

/* Floats that the gathered windows of some rows need. */
size_t conv_float_windows(const struct conv_run *run);

#endif
