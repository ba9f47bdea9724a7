/* onnx_operators.h - the operators that calq reads, one table row each. */
#ifndef CORE_ONNX_ONNX_OPERATORS_H
#define CORE_ONNX_ONNX_OPERATORS_H

#include "core/onnx/onnx_node.h"

/* Turns a node into a layer, a constant or an alias: gives its first output. */
typedef int onnx_operator_fn(const struct onnx_node *node, struct error *err);

enum onnx_operator_scope {
    ONNX_ON_TENSORS,   /* works on what is computed from the network's input */
    ONNX_ON_CONSTANTS, /* shape arithmetic: all inputs must be constants */
    ONNX_ON_SHAPES     /* gives a constant whatever the inputs are */
};

struct onnx_operator {
    const char *name;
    size_t inputs_max; /* a node with more is refused */
    enum onnx_operator_scope scope;
    onnx_operator_fn *read;
    /* All that it has in opsets 7 to 26, with spaces between; NULL: none. What calq does not ask for
     * decides nothing that calq computes: training, indices of maxima, types that it cannot read. */
    const char *attributes;
};

/* Whether the operator has an attribute of that name in some opset that calq reads. */
bool onnx_operator_has(const struct onnx_operator *operator, const char * attribute);

/* The row, or NULL. */
const struct onnx_operator *onnx_operator_find(const char *name);

/* ONNX's own operators: its domain is empty, or "ai.onnx"; NULL is empty. */
bool onnx_domain_is_default(const char *domain);

/* "Add, Conv, ...": the operators that work on tensors, written to `text` [bytes]. */
const char *onnx_operator_names(char *text, size_t bytes);

/* The functions of the rows, by file. */

/* onnx_conv.c */
onnx_operator_fn onnx_read_conv, onnx_read_gemm, onnx_read_matmul;
/* onnx_pool.c */
onnx_operator_fn onnx_read_max_pool, onnx_read_average_pool, onnx_read_global_max_pool,
    onnx_read_global_average_pool, onnx_read_reduce_mean;
/* onnx_elementwise.c */
onnx_operator_fn onnx_read_batchnorm, onnx_read_relu, onnx_read_clip, onnx_read_min,
    onnx_read_max, onnx_read_add, onnx_read_sub, onnx_read_mul, onnx_read_div;
/* onnx_rearrange.c */
onnx_operator_fn onnx_read_reshape, onnx_read_flatten, onnx_read_squeeze,
    onnx_read_unsqueeze, onnx_read_transpose, onnx_read_slice, onnx_read_pad;
/* onnx_quantize.c */
onnx_operator_fn onnx_read_quantize, onnx_read_dequantize;
/* onnx_join.c */
onnx_operator_fn onnx_read_concat, onnx_read_identity, onnx_read_dropout,
    onnx_read_softmax;
/* onnx_fold.c */
onnx_operator_fn onnx_fold_constant, onnx_fold_shape, onnx_fold_gather, onnx_fold_cast,
    onnx_fold_constant_of_shape, onnx_fold_range, onnx_fold_expand;

#endif
