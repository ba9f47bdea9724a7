/* onnx_limits.h - is this file safe to unpack? */
#ifndef CORE_NETWORK_ONNX_LIMITS_H
#define CORE_NETWORK_ONNX_LIMITS_H

#include "core/base/error.h"

#include <stddef.h>
#include <stdint.h>

/* protobuf-c recurses once a nested message and copies what is repeated where only one
 * is allowed, so a small file can exhaust the stack, the memory or the patience. */
enum {
    ONNX_FILE_BYTES_MAX = INT32_MAX, /* protobuf's own limit */
    ONNX_DEPTH_MAX = 64,             /* messages inside one another */
    ONNX_MESSAGES_MAX = 1 << 20,     /* about 150 bytes each when unpacked */
    ONNX_FIELDS_MAX = 1 << 23        /* about 40 bytes each while unpacking */
};

/* Walks over the wire format of an ONNX model, without recursion and without
 * allocating, and fails with a sentence when a limit above is passed, a field is cut
 * off or malformed, or a part that may be there once comes twice.
 *
 *   path    for the sentence
 *   bytes   [size] the whole file
 */
int onnx_limits_check(const char *path, const uint8_t *bytes, size_t size,
                      struct error *err);

#endif
