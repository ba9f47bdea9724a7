/* onnx_opset.h - the opset of a model, and a higher one. */
#ifndef CORE_EXPORT_ONNX_OPSET_H
#define CORE_EXPORT_ONNX_OPSET_H

#include "core/export/onnx_edit.h"

/* The opset of a model; 0: it names none. */
int64_t onnx_opset(const Onnx__ModelProto *model);

/* Makes a model, which onnx_read() has taken, one of opset `wanted` (13 or 21) where it is of a lower one:
 * nodes are written as the higher opset wants them, and nodes of operators that calq does not know, on which
 * nothing depends, are removed. */
void onnx_opset_raise(struct onnx_edit *edit, int wanted);

#endif
