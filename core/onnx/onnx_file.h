/* onnx_file.h - an ONNX file unpacked, once it is known to be safe to unpack. */
#ifndef CORE_ONNX_ONNX_FILE_H
#define CORE_ONNX_ONNX_FILE_H

#include "core/base/error.h"
#include "onnx.pb-c.h"

/* A file whose large tensors have their values still in it (onnx_scan_left()). */
struct onnx_file {
    const char *path;        /* borrowed */
    int descriptor;          /* -1: it is closed; owned */
    Onnx__ModelProto *model; /* owned */
};

/* Opens and unpacks `path` without the values of large tensors; checks the limits of onnx_scan.h
 * and that the file has an ir_version and a graph, whose nodes are put in order (onnx_order.h). Close with
 * onnx_file_close() when it succeeded. */
int onnx_file_open(const char *path, struct onnx_file *file, struct error *err);
void onnx_file_close(struct onnx_file *file);

/* Reads `count` bytes from `offset` on to `to`; fails where the file has become shorter. */
int onnx_file_bytes(const struct onnx_file *file, uint64_t offset, size_t count,
                    void *to, struct error *err);

/* Reads and unpacks all of `path`, with the same checks. Free with
 * onnx__model_proto__free_unpacked(). NULL on failure. */
Onnx__ModelProto *onnx_file_read(const char *path, struct error *err);

#endif
