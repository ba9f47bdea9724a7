/* binary_operation.h - the operations of two operands, one row each. */
#ifndef CORE_LAYER_BINARY_OPERATION_H
#define CORE_LAYER_BINARY_OPERATION_H

#include "core/network/layer.h"

/* A run of elements of the output. An operand that does not move is one value for all. */
struct binary_row {
    const float *operands[2];
    bool moves[2]; /* not false for both, unless `count` is 1 */
    size_t count;
};

struct binary_operation_row {
    const char *name; /* short word for a listing */
    void (*compute)(const struct binary_row *row, float *restrict out);
    /* Whether no result is below zero, where the operands are so or not. */
    bool (*is_nonnegative)(const struct binary *binary, bool left_is, bool right_is);
};

const struct binary_operation_row *binary_operation_of(enum binary_operation operation);

/* The result of two values. */
float binary_compute(enum binary_operation operation, float left, float right);

#endif
