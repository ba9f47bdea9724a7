/* onnx_read.h - an ONNX file as a network. */
#ifndef CORE_ONNX_ONNX_READ_H
#define CORE_ONNX_ONNX_READ_H

#include "core/network/network.h"
#include "core/onnx/onnx_choices.h"

/* Reads a network with inputs of float such as [N, C, H, W] or [N, features], or of int32 or int64,
 * and one output of logits [N, classes]. The batch has any name or size; it is the first dimension, or of
 * a float input such as [16, N, 32] the second. Inputs that nothing reads are left out.
 *
 *   path     an ONNX file; opset 7 .. 26
 *   result   not fused; each ONNX node with work to do is one layer. Destroy with
 *            network_destroy(). NULL on failure.
 *
 * Fails with EXIT_INPUT when the file is missing, damaged, too large or too deeply
 * nested, when an operator or an attribute is not supported (the sentence names
 * operator, node and file), or when shapes do not fit. The limits on nesting, message
 * count and size are checked before the file is unpacked, because protobuf-c recurses
 * without a limit.
 */
struct network *onnx_read(const char *path, struct error *err);

/* The same of the file with open dimensions fixed, and of one of its outputs: what others need alone is not
 * read. Fails as onnx_choices_apply(), too. */
struct network *onnx_read_as(const char *path, const struct onnx_choices *choices,
                             struct error *err);

/* The text of a property in the file's metadata, to be freed; NULL: it has none of that name.
 *
 * Fails as onnx_read() where there is no whole file. */
int onnx_read_property(const char *path, const char *key, char **text,
                       struct error *err);

#endif
