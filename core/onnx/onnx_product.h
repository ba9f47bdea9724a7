/* onnx_product.h - products of matrices: a tensor times constant weights, which is a fully connected layer, and
 * a tensor times another. */
#ifndef CORE_ONNX_ONNX_PRODUCT_H
#define CORE_ONNX_ONNX_PRODUCT_H

#include "core/onnx/onnx_node.h"

/* Gives the node's output: tensor [batch, ..., in] times weights [in, out], or [out, in] where
 * `is_transposed`; their dimensions before the last two are one. Fails where they do not fit.
 *
 *   tensor   of the network
 *   weights  as onnx_node_weights() finds them */
int onnx_product_give(const struct onnx_node *node, int tensor,
                      const struct onnx_constant *weights, bool is_transposed,
                      struct error *err);

/* Gives the node's output: the matrices of one tensor times those of another, as MatMul does, each with the batch
 * first. With `is_turned` the last two dimensions of the second change places before. Fails where they do not fit. */
int onnx_product_give_tensors(const struct onnx_node *node, const int tensors[2],
                              bool is_turned, struct error *err);

#endif
