/* onnx_broadcast.h - operands of different shapes, by ONNX's (numpy's) rule: aligned at
 * the last dimension, a dimension of one repeats. */
#ifndef CORE_ONNX_ONNX_BROADCAST_H
#define CORE_ONNX_ONNX_BROADCAST_H

#include "core/onnx/onnx_node.h"

/* The shape of both operands together; false where they do not fit. */
bool onnx_broadcast_shape(const struct onnx_shape *a, const struct onnx_shape *b,
                          struct onnx_shape *result);

/* Row-major index into a constant of shape `from` for element `index` of `shape`, which it fits. */
size_t onnx_broadcast_source(const struct onnx_shape *shape,
                             const struct onnx_shape *from, size_t index);

/* Row-major index into a constant of shape `from`, which repeats to `shape`, of element `index` there. */
size_t onnx_broadcast_source(const struct onnx_shape *shape,
                             const struct onnx_shape *from, size_t index);

/* Gives the node's output: a operation b, of constants of the same type. */
int onnx_broadcast_fold(const struct onnx_node *node, enum binary_operation operation,
                        const struct onnx_constant *a, const struct onnx_constant *b,
                        struct error *err);

/* The float constant as one value for each stored channel of `tensor`.
 *
 *   values  out, [channels]
 *
 * False where the constant does not fit the tensor, enlarges it or differs within a channel. */
bool onnx_broadcast_channels(const struct onnx_constant *constant,
                             const struct tensor *tensor, float *values);

/* Gives the node's output: `constant` repeated to `shape`, into which it must fit. */
int onnx_broadcast_expand(const struct onnx_node *node,
                          const struct onnx_constant *constant,
                          const struct onnx_shape *shape, struct error *err);

#endif
