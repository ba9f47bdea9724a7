/* onnx_shape.h - the dimensions of an ONNX tensor, the batch size being a symbol. */
#ifndef CORE_ONNX_ONNX_SHAPE_H
#define CORE_ONNX_ONNX_SHAPE_H

#include "core/network/network.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ONNX_RANK_MAX = TENSOR_RANK_MAX + 1, /* with the batch */
    ONNX_ELEMENTS_MAX = 1 << 28,         /* of a tensor, one sample */
    ONNX_SHAPE_TEXT_BYTES = 192
};

/* Stands for the batch size, in shapes and in constants computed from shapes. */
#define ONNX_BATCH (INT64_MIN + 0x2b)

struct onnx_shape {
    int rank;
    int64_t dims[ONNX_RANK_MAX]; /* as ONNX orders them; dims[0] may be ONNX_BATCH */
};

/* Shape of an activation: [batch, dims ...]; and of one sample of it: [dims ...]. */
struct onnx_shape onnx_shape_of_tensor(const struct tensor *tensor);
struct onnx_shape onnx_shape_of_sample(const struct tensor *tensor);

/* Elements (a leading batch counts as one); false where a dimension is negative or
 * there are more than ONNX_ELEMENTS_MAX. */
bool onnx_shape_count(const struct onnx_shape *shape, size_t *count);

bool onnx_shape_has_batch(const struct onnx_shape *shape);
bool onnx_shape_equal(const struct onnx_shape *a, const struct onnx_shape *b);

/* Counts `axis` from the front: -1 is rank - 1. False where there is no such axis. */
bool onnx_shape_axis(int64_t axis, int rank, int *from_front);

/* "[N, 3, 32, 32]", written to `text` [ONNX_SHAPE_TEXT_BYTES], which is returned. */
const char *onnx_shape_text(const struct onnx_shape *shape, char *text);

#endif
