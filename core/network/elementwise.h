/* elementwise.h - layers that compute each element by itself, or of two that belong together. */
#ifndef CORE_NETWORK_ELEMENTWISE_H
#define CORE_NETWORK_ELEMENTWISE_H

#include <stddef.h>

enum { TENSOR_RANK_MAX = 6 }; /* without the batch */

/* As ONNX defines the operators of these names. */
enum unary_operation {
    UNARY_SIGMOID,
    UNARY_HARD_SIGMOID,
    UNARY_HARD_SWISH,
    UNARY_LEAKY_RELU,
    UNARY_ELU,
    UNARY_CELU,
    UNARY_SELU,
    UNARY_THRESHOLDED_RELU,
    UNARY_TANH,
    UNARY_SOFTPLUS,
    UNARY_SOFTSIGN,
    UNARY_MISH,
    UNARY_SWISH,
    UNARY_GELU,
    UNARY_GELU_TANH, /* Gelu, approximated by the hyperbolic tangent */
    UNARY_SQRT,
    UNARY_EXP,
    UNARY_LOG,
    UNARY_NEG,
    UNARY_ABS,
    UNARY_RECIPROCAL,
    UNARY_ERF,
    UNARY_SIN,
    UNARY_COS,
    UNARY_CEIL,
    UNARY_FLOOR,
    UNARY_ROUND,
    UNARY_SIGN,
    UNARY_OPERATION_COUNT
};

struct unary {
    enum unary_operation operation;
    float alpha, beta; /* its constants, where it has some; beta is the gamma of Selu */
};

enum binary_operation {
    BINARY_ADD,
    BINARY_SUB,
    BINARY_MUL,
    BINARY_DIV,
    BINARY_MIN,
    BINARY_MAX,
    BINARY_POW,
    BINARY_PRELU, /* the right operand is the slope of what is below zero */
    BINARY_FILL,  /* the right operand, but where that is NaN the left one */
    BINARY_KEEP,  /* the left operand, but NaN where the right one is zero */
    /* Comparisons: 1 where they are true, 0 elsewhere. */
    BINARY_EQUAL,
    BINARY_UNEQUAL,
    BINARY_LESS,
    BINARY_LESS_OR_EQUAL,
    BINARY_OPERATION_COUNT
};

/* Output element [i, j ...] is made of element i * strides[operand][0] + j * strides[operand][1] ...
 * of the left and of the right operand. */
struct binary {
    enum binary_operation operation;
    int rank; /* of one sample of the output, at least 1 */
    int dims
        [TENSOR_RANK_MAX]; /* as it is stored; no stride spans two that fit together */
    int strides[2][TENSOR_RANK_MAX]; /* 0: repeats; of the last dimension 0 or 1 */
    float *constant; /* [constant_count] or NULL: both are inputs; owned */
    size_t constant_count;
    int constant_at; /* which operand it is, where there is one */
};

#endif
