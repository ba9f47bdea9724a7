/* onnx_embedding.h - Gather of rows of a constant table, by numbers that samples hold. */
#ifndef CORE_ONNX_ONNX_EMBEDDING_H
#define CORE_ONNX_ONNX_EMBEDDING_H

#include "core/onnx/onnx_node.h"

/* Makes a Gather whose second input is of integers of the network's input, [batch, ids ...], an embedding of
 * its first, a constant [rows, columns]: [batch, ids ..., columns]. Numbers below zero count from the
 * end, as ONNX has it; what is no row is refused where samples are read. */
int onnx_embedding_read(const struct onnx_node *node, struct error *err);

#endif
