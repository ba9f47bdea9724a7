/* onnx_batch.h - where the batch is among the dimensions that ONNX sees, and what is folded into it.
 *
 * A tensor of the network is one sample. ONNX sees the batch as one of its dimensions, the first or
 * another ([T, N, F]), alone or folded with others ([N * windows, 49, C], [T * N, F]).
 */
#ifndef CORE_ONNX_ONNX_BATCH_H
#define CORE_ONNX_ONNX_BATCH_H

#include "core/onnx/onnx_shape.h"

/* Dimension `axis` is outer * N * inner. A sample has the dimensions before the axis, then outer and
 * inner, each only where it is more than one, then the dimensions behind the axis. */
struct onnx_batch {
    int axis;
    int64_t outer, inner; /* 0 stands for 1 */
};

/* Whether the batch is the first dimension and nothing is folded into it. */
bool onnx_batch_is_plain(const struct onnx_batch *batch);
bool onnx_batch_is_same(const struct onnx_batch *a, const struct onnx_batch *b);

/* How many dimensions a sample has for what is folded into the batch. */
int onnx_batch_folds(const struct onnx_batch *batch);

/* The shape that ONNX sees of a tensor. */
struct onnx_shape onnx_batch_shape(const struct onnx_batch *batch,
                                   const struct tensor *tensor);

/* The shape of a sample of what ONNX sees as `shape`. */
struct onnx_shape onnx_batch_sample(const struct onnx_batch *batch,
                                    const struct onnx_shape *shape);

/* The dimension of [N, sample ...] that dimension `axis` has become; 0: the batch. */
int onnx_batch_sample_axis(const struct onnx_batch *batch, int axis);

/* Finds where the batch goes when elements keep their order and get another shape.
 *
 *   size   of the batch that the file fixes; 0: any
 *   from   the shape of what has the batch `batch`
 *   to     of as many elements. One dimension is a multiple of N; or, where the file fixes its size,
 *          all are numbers: out, one of them has become that multiple
 *   batch  out: where it is in `to`
 *
 * False where the batch would be torn apart. */
bool onnx_batch_follow(int64_t size, const struct onnx_shape *from,
                       struct onnx_shape *to, struct onnx_batch *batch);

#endif
