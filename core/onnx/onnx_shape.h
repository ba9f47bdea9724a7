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

/* Stands for the batch size N, in shapes and in constants computed from shapes. The numbers behind
 * it stand for its multiples. */
#define ONNX_BATCH (INT64_MIN + 0x2b)

/* What stands for factor * N; `factor` is 1 .. INT32_MAX. */
int64_t onnx_batch_times(int64_t factor);

/* The factor of what stands for a multiple of N; 0: it is a plain number. */
int64_t onnx_batch_factor(int64_t dim);

/* Sums, differences, products and quotients of numbers of which one or both are multiples of N. False
 * where the result is none, nor a number: it depends on N, or is not above zero. */
bool onnx_batch_add(int64_t a, int64_t b, int64_t *result);
bool onnx_batch_subtract(int64_t a, int64_t b, int64_t *result);
bool onnx_batch_multiply(int64_t a, int64_t b, int64_t *result);
bool onnx_batch_divide(int64_t a, int64_t b, int64_t *result);

struct onnx_shape {
    int rank;
    /* There is room for one more, since a sample may have two for what is folded into the batch. */
    int64_t
        dims[ONNX_RANK_MAX + 1]; /* as ONNX orders them; one may be a multiple of N */
};

/* Shape of an activation: [batch, dims ...]; and of one sample of it: [dims ...]. */
struct onnx_shape onnx_shape_of_tensor(const struct tensor *tensor);
struct onnx_shape onnx_shape_of_sample(const struct tensor *tensor);

/* Elements of one sample (N counts as one); false where a dimension is negative or
 * there are more than ONNX_ELEMENTS_MAX. */
bool onnx_shape_count(const struct onnx_shape *shape, size_t *count);

/* The dimension that is N or a multiple of it, the first of several; -1: none is. */
int onnx_shape_batch_axis(const struct onnx_shape *shape);
bool onnx_shape_has_batch(const struct onnx_shape *shape);

bool onnx_shape_equal(const struct onnx_shape *a, const struct onnx_shape *b);

/* Counts `axis` from the front: -1 is rank - 1. False where there is no such axis. */
bool onnx_shape_axis(int64_t axis, int rank, int *from_front);

/* "[N, 3, 32, 32]", or "[64*N, 49]", written to `text` [ONNX_SHAPE_TEXT_BYTES], which is returned. */
const char *onnx_shape_text(const struct onnx_shape *shape, char *text);

#endif
