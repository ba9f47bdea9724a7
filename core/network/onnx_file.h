/* onnx_file.h - an ONNX file unpacked, once it is known to be safe to unpack. */
#ifndef CORE_NETWORK_ONNX_FILE_H
#define CORE_NETWORK_ONNX_FILE_H

#include "core/base/error.h"
#include "onnx.pb-c.h"

/* Reads and unpacks `path`; checks the limits of onnx_limits.h and that the file has an
 * ir_version and a graph. Free with onnx__model_proto__free_unpacked(). NULL on
 * failure. */
Onnx__ModelProto *onnx_file_read(const char *path, struct error *err);

#endif
