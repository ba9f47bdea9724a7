/* onnx_in_float.h - a model of other floats as one of float: what calq computes in, and what steps are written in. */
#ifndef CORE_EXPORT_ONNX_IN_FLOAT_H
#define CORE_EXPORT_ONNX_IN_FLOAT_H

#include "core/base/error.h"
#include "onnx.pb-c.h"

/* Makes all of float16 and bfloat16 in the model float: values, casts, the declared types, those of inputs and
 * outputs too; and of double, where an input or output is of double. Tensors whose values are in other
 * files stay as they are: call it again once they are taken (onnx_external_take()).
 *
 *   path   of the model, for messages */
int onnx_in_float(const char *path, Onnx__ModelProto *model, struct error *err);

#endif
