/* onnx_product.h - a tensor's last dimension times a constant matrix: a fully connected layer. */
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

#endif
