/* onnx_runtime_kernels.h - which layers of an exported file ONNX Runtime runs as integer kernels,
 * and why others are not.
 *
 * Of files that are written for integer kernels (onnx_write.h), ONNX Runtime 1.30 on the CPU,
 * default options: a convolution is QLinearConv where its output is rounded to 8 bits right behind
 * it, with at most a ReLU or Clip between that cuts nothing which the codes do not cut; a fully
 * connected layer is QGemm, QLinearMatMul or MatMulIntegerToFloat, and may give floats; a product of two tensors is
 * one of the last two. */
#ifndef CORE_EXPORT_ONNX_RUNTIME_KERNELS_H
#define CORE_EXPORT_ONNX_RUNTIME_KERNELS_H

#include "core/network/placement.h"
#include "core/quant/weight_rules.h"

#include <stdio.h>

struct runtime_kernels {
    int quantized; /* layers whose weights are, or both tensors that they multiply */
    int integer;   /* those of them that run as integer kernels */
    char **
        why; /* [layers] what stands in the way of a layer; NULL: nothing does, or it multiplies
                      floats; owned */
    int layer_count;
};

/* Foretells what becomes of the layers.
 *
 *   choices  [placement->count] of the case
 *   rules, narrowest  as in struct onnx_calibrated
 *   kernels  out; clear with runtime_kernels_clear() */
void runtime_kernels_foretell(const struct network *network,
                              const struct placement *placement,
                              const struct choice *choices,
                              const struct weight_rules *rules, int narrowest,
                              struct runtime_kernels *kernels);

/* Whether a layer's products may become floats, whatever codes the output has: those of rows do. */
bool runtime_kernels_may_give_floats(const struct network *network,
                                     const struct layer *layer);

/* Whether a convolution is one of images of a single pixel, which is a fully connected layer:
 * unlike a convolution that may give floats, so an export writes it as Gemm. */
bool runtime_kernels_take_as_gemm(const struct network *network,
                                  const struct layer *layer);

void runtime_kernels_clear(struct runtime_kernels *kernels);

#endif
