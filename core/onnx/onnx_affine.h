/* onnx_affine.h - the layer that scales and shifts each channel, or only cuts at limits. */
#ifndef CORE_ONNX_ONNX_AFFINE_H
#define CORE_ONNX_ONNX_AFFINE_H

#include "core/onnx/onnx_node.h"

/* Gives scale * x + shift of tensor `input`. `scale` and `shift` [channels] become the layer's; freed on
 * failure: they must be finite. Either may be NULL. The result is borrowed and NULL on failure. */
struct layer *onnx_affine_give(const struct onnx_node *node, int input, float *scale,
                               float *shift, struct error *err);

/* Gives tensor `input`, cut to [low, high], which must hold some number. */
int onnx_affine_give_clamp(const struct onnx_node *node, int input, float low,
                           float high, struct error *err);

#endif
