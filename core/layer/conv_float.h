/* conv_float.h - a convolution in float: chains of fused multiply-adds (struct conv_f32), whose digits
 * depend neither on the block nor on the kernel set. */
#ifndef CORE_LAYER_CONV_FLOAT_H
#define CORE_LAYER_CONV_FLOAT_H

#include "core/layer/conv_run.h"

/* As conv_run_block(), with the present weights, quantized or not. */
void conv_float_run(struct conv_run *run, const struct value *input,
                    const struct value *residual, int samples,
                    const struct quantizer *quantizer, struct value *output,
                    const struct scratch *scratch);

/* Floats of the input that are copied at once. */
size_t conv_float_planes(const struct conv_run *run);

#endif
