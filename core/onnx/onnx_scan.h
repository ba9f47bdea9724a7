/* onnx_scan.h - is this file safe to unpack? And what of it need not be. */
#ifndef CORE_ONNX_ONNX_SCAN_H
#define CORE_ONNX_ONNX_SCAN_H

#include "core/base/error.h"
#include "onnx.pb-c.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* protobuf-c recurses once a nested message and copies what is repeated where only one
 * is allowed, so a small file can exhaust the stack, the memory or the patience. */
enum {
    ONNX_FILE_BYTES_MAX = INT32_MAX, /* protobuf's own limit */
    ONNX_DEPTH_MAX = 64,             /* messages inside one another */
    ONNX_MESSAGES_MAX = 1 << 20,     /* about 150 bytes each when unpacked */
    ONNX_FIELDS_MAX = 1 << 23,       /* about 40 bytes each while unpacking */
    ONNX_LEFT_BYTES_MIN = 1 << 10 /* values of a tensor that may be left in the file */
};

/* Walks over the wire format of an ONNX model, without recursion and without
 * allocating, and fails with a sentence when a limit above is passed, a field is cut
 * off or malformed, or a part that may be there once comes twice.
 *
 *   path    for the sentence
 *   bytes   [size] the whole file
 */
int onnx_scan_check(const char *path, const uint8_t *bytes, size_t size,
                    struct error *err);

/* The same of a file of `size` bytes that is open as `file`; gives what is to be unpacked.
 *
 *   leaves_values   the values of tensors that have ONNX_LEFT_BYTES_MIN bytes or more stay in the
 *                   file; onnx_scan_left() says where
 *   bytes           out, [taken] for the caller to free
 */
int onnx_scan_take(const char *path, int file, size_t size, bool leaves_values,
                   uint8_t **bytes, size_t *taken, struct error *err);

/* Where the values of a tensor are that were left in the file. */
struct onnx_left {
    uint64_t offset;
    size_t bytes;   /* 0: none were */
    bool is_floats; /* they were float_data, not raw_data; both are little-endian */
};
struct onnx_left onnx_scan_left(const Onnx__TensorProto *tensor);

#endif
