/* unary_operation.h - the operations of one operand, one row each. */
#ifndef CORE_LAYER_UNARY_OPERATION_H
#define CORE_LAYER_UNARY_OPERATION_H

#include "core/network/layer.h"

struct unary_operation_row {
    const char *name;      /* short word for a listing */
    const char *constants; /* which it has, as a noun; NULL: none */
    void (*compute)(const struct unary *of, const float *restrict from, size_t count,
                    float *restrict to);
    /* Whether no result is below zero, where the inputs are so or not. */
    bool (*is_nonnegative)(const struct unary *of, bool inputs_are);
};

const struct unary_operation_row *unary_operation_of(enum unary_operation operation);

#endif
