/* onnx_operators.h - the operators that calq reads, one table row each. */
#ifndef CORE_ONNX_ONNX_OPERATORS_H
#define CORE_ONNX_ONNX_OPERATORS_H

#include "core/onnx/onnx_node.h"

/* Turns a node into layers, constants or aliases: gives its first output, or all that are needed. */
typedef int onnx_operator_fn(const struct onnx_node *node, struct error *err);

enum onnx_operator_scope {
    ONNX_ON_TENSORS,   /* works on what is computed from the network's input */
    ONNX_ON_CONSTANTS, /* shape arithmetic: all inputs must be constants */
    ONNX_ON_SHAPES,    /* gives a constant whatever the inputs are */
    /* Works on tensors whose batch may be folded with other dimensions, or not be the first, which
     * it sees as [N, sample ...] (struct onnx_node): element by element, constants repeated from the last
     * dimension on; or along the last dimensions; or it moves elements, and asks where the batch is. */
    ONNX_ON_ELEMENTS,
    ONNX_ON_ROWS,
    ONNX_ON_BATCH
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

/* All of them. The row onnx_<name> stands at the end of the file that reads the operator. */
/* clang-format off */
#define ONNX_OPERATORS(ROW) \
    ROW(abs) \
    ROW(add) \
    ROW(and) \
    ROW(average_pool) \
    ROW(batch_normalization) \
    ROW(cast) \
    ROW(ceil) \
    ROW(celu) \
    ROW(clip) \
    ROW(concat) \
    ROW(constant) \
    ROW(constant_of_shape) \
    ROW(conv) \
    ROW(conv_transpose) \
    ROW(cos) \
    ROW(depth_to_space) \
    ROW(dequantize_linear) \
    ROW(div) \
    ROW(dropout) \
    ROW(einsum) \
    ROW(elu) \
    ROW(equal) \
    ROW(erf) \
    ROW(exp) \
    ROW(expand) \
    ROW(flatten) \
    ROW(floor) \
    ROW(gather) \
    ROW(gather_elements) \
    ROW(gather_nd) \
    ROW(gelu) \
    ROW(gemm) \
    ROW(global_average_pool) \
    ROW(global_max_pool) \
    ROW(greater) \
    ROW(greater_or_equal) \
    ROW(group_normalization) \
    ROW(gru) \
    ROW(hard_sigmoid) \
    ROW(hard_swish) \
    ROW(identity) \
    ROW(if) \
    ROW(instance_normalization) \
    ROW(layer_normalization) \
    ROW(leaky_relu) \
    ROW(less) \
    ROW(less_or_equal) \
    ROW(log) \
    ROW(log_softmax) \
    ROW(lp_normalization) \
    ROW(lrn) \
    ROW(lstm) \
    ROW(matmul) \
    ROW(max) \
    ROW(max_pool) \
    ROW(mean_variance_normalization) \
    ROW(min) \
    ROW(mish) \
    ROW(mod) \
    ROW(mul) \
    ROW(neg) \
    ROW(non_zero) \
    ROW(not) \
    ROW(or) \
    ROW(pad) \
    ROW(pow) \
    ROW(prelu) \
    ROW(quantize_linear) \
    ROW(range) \
    ROW(reciprocal) \
    ROW(reduce_l1) \
    ROW(reduce_l2) \
    ROW(reduce_log_sum) \
    ROW(reduce_log_sum_exp) \
    ROW(reduce_max) \
    ROW(reduce_mean) \
    ROW(reduce_min) \
    ROW(reduce_prod) \
    ROW(reduce_sum) \
    ROW(reduce_sum_square) \
    ROW(relu) \
    ROW(reshape) \
    ROW(resize) \
    ROW(rms_normalization) \
    ROW(rnn) \
    ROW(round) \
    ROW(scatter_nd) \
    ROW(selu) \
    ROW(shape) \
    ROW(sigmoid) \
    ROW(sign) \
    ROW(sin) \
    ROW(size) \
    ROW(slice) \
    ROW(softmax) \
    ROW(softplus) \
    ROW(softsign) \
    ROW(space_to_depth) \
    ROW(split) \
    ROW(sqrt) \
    ROW(squeeze) \
    ROW(sub) \
    ROW(sum) \
    ROW(swish) \
    ROW(tanh) \
    ROW(thresholded_relu) \
    ROW(tile) \
    ROW(transpose) \
    ROW(trilu) \
    ROW(unsqueeze) \
    ROW(upsample) \
    ROW(where) \
    ROW(xor)
/* clang-format on */

#define ONNX_OPERATOR_ROW(row) extern const struct onnx_operator onnx_##row;
ONNX_OPERATORS(ONNX_OPERATOR_ROW)
#undef ONNX_OPERATOR_ROW

/* Whether the operator has an attribute of that name in some opset that calq reads. */
bool onnx_operator_has(const struct onnx_operator *op, const char *attribute);

/* The row, or NULL. */
const struct onnx_operator *onnx_operator_find(const char *name);

/* ONNX's own operators: its domain is empty, or "ai.onnx"; NULL is empty. */
bool onnx_domain_is_default(const char *domain);

/* "Add, Conv, ...": the operators that work on tensors, written to `text` [bytes]. */
const char *onnx_operator_names(char *text, size_t bytes);

#endif
