/* onnx_opset_rows.h - nodes that work on rows, and mean something else in a newer opset. */
#ifndef CORE_EXPORT_ONNX_OPSET_ROWS_H
#define CORE_EXPORT_ONNX_OPSET_ROWS_H

#include "core/export/onnx_edit.h"
#include "core/network/network.h"

/* Writes the nodes of the network's layers so that they mean the same in opset `wanted`; before
 * onnx_opset_raise(). Fails where one cannot: a Softmax along several dimensions. */
int onnx_opset_keep_rows(struct onnx_edit *edit, const struct network *network,
                         int wanted, struct error *err);

#endif
