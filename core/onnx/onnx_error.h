/* onnx_error.h - a sentence about an ONNX file, safe to print whatever is in the file. */
#ifndef CORE_ONNX_ONNX_ERROR_H
#define CORE_ONNX_ONNX_ERROR_H

#include "core/base/error.h"

/* Sets "path: sentence" with EXIT_INPUT; always returns -1. Names that come from the
 * file may hold anything: control characters are shown as '?'. */
int onnx_error(struct error *err, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
