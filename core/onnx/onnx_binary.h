/* onnx_binary.h - the layer of an operation of two operands, of which one may repeat. */
#ifndef CORE_ONNX_ONNX_BINARY_H
#define CORE_ONNX_ONNX_BINARY_H

#include "core/onnx/onnx_node.h"

/* Gives `left` operation `right`, of which one at least is a tensor; constants are floats. Fails where
 * they do not fit each other, or a constant is another for each sample. The layer is borrowed and valid
 * until the next one is added; NULL on failure. */
struct layer *onnx_binary_give(const struct onnx_node *node,
                               enum binary_operation operation,
                               const struct onnx_source *left,
                               const struct onnx_source *right, struct error *err);

#endif
