/* onnx_read_node.h - one node becomes layers, a constant or an alias, by its operator's row. */
#ifndef CORE_ONNX_ONNX_READ_NODE_H
#define CORE_ONNX_ONNX_READ_NODE_H

#include "core/onnx/onnx_node.h"

/* Reads a node whose operator is known (onnx_lacks_find()) and whose inputs are. Fails where it has an
 * attribute or inputs that the operator has not, or where its batch is where the operator cannot
 * take it. */
int onnx_read_node(const struct onnx_node *node, struct error *err);

#endif
