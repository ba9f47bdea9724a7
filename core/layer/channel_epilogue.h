/* channel_epilogue.h - what makes the output of a convolution of the sums of its codes.
 *
 * With x = sx * (X - z), w = sw * (W + offset) + c, acc = sum X*W and S = sum X over the K
 * elements of a window (padding holds the stored code z):
 *
 *   conv = sx*sw * (acc - z * sum W) + sx * (sw*offset + c) * (S - z*K)
 *
 * so scale, shift and correction follow, all divided by the output's step.
 *
 * Integer kernels of runtimes add the layer's shift to the sums, as an integer of 32 bits in
 * products of sx and sw * scale, and multiply by one float. With `in_integers` the same is done,
 * in the order in which ONNX Runtime's QLinearConv rounds: the outputs are equal bit for bit.
 */
#ifndef CORE_LAYER_CHANNEL_EPILOGUE_H
#define CORE_LAYER_CHANNEL_EPILOGUE_H

#include "core/network/layer.h"

#include <stdbool.h>

/* output = scale * (acc + bias) + (correction * S + shift), each sum rounded once. */
struct channel_epilogue {
    int32_t bias;
    float scale, correction, shift;
};

struct epilogue_terms {
    double input_step, output_step; /* sx; of a float output 1 */
    double input_zero;              /* z */
    double residual_zero; /* value that a residual's stored codes have too much */
    double weight_step, offset, correction; /* sw, offset, c */
    int32_t code_sum;                       /* sum W */
    int window_count;                       /* K */
    float shift;                            /* beside the layer's own */
    bool in_integers;
};

struct channel_epilogue channel_epilogue_of(const struct conv *conv, int channel,
                                            const struct epilogue_terms *terms);

#endif
