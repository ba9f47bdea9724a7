/* onnx_external.h - tensors whose values are in other files, beside the model. */
#ifndef CORE_ONNX_ONNX_EXTERNAL_H
#define CORE_ONNX_ONNX_EXTERNAL_H

#include "core/base/error.h"
#include "core/base/hash.h"
#include "onnx.pb-c.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool onnx_external_is(const Onnx__TensorProto *tensor);

/* Whether such a tensor's file is in the folder of the model `path`, or below it, and has the tensor's values:
 * `bytes` bytes.
 *
 *   name   of the tensor, for messages */
int onnx_external_check(const char *path, const char *name,
                        const Onnx__TensorProto *tensor, size_t bytes,
                        struct error *err);

/* Reads `count` bytes of the values of a checked tensor from number `first` on. */
int onnx_external_bytes(const char *path, const Onnx__TensorProto *tensor,
                        uint64_t first, size_t count, void *to, struct error *err);

/* Takes the values of all tensors of a model into it that have at most `most` bytes, so that it
 * needs no other file for these. */
int onnx_external_take(const char *path, Onnx__ModelProto *model, size_t most,
                       struct error *err);

/* The hash of a file's content, with that of all files in which it has values; of a file that has none
 * it is hash_file(). */
int onnx_external_hash(const char *path, char text[HASH_TEXT_BYTES], struct error *err);

#endif
