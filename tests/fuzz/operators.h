/* operators.h - what the operators of ONNX compute, by plain loops in double over NCHW. */
#ifndef TESTS_FUZZ_OPERATORS_H
#define TESTS_FUZZ_OPERATORS_H

#include "tests/fuzz/graph.h"

struct trial {
    int64_t opset;
    double unit; /* relative error of one operation of the program that is judged */
    bool
        rounds_biases; /* where codes meet codes, the program has biases as integers, too */
    bool
        carries_bases; /* of LRN, as ONNX Runtime does: findings/onnxruntime-lrn-loses-bias.sh */
    bool
        makes_tables; /* where a softmax meets codes, the program has tables, which are off */
    bool
        is_near; /* out: a number was so near to the middle between two codes that its error
                     decides */
};

/* Half of the largest float: programs that are judged add up in floats, squares too. */
static const double most_of_float = 0x1p127;

/* `inputs` [node->input_count], NULL where left out; the result is for the caller to destroy. */
typedef struct array *operator_fn(struct trial *trial, const struct node *node,
                                  const struct array *const *inputs);

/* Ends the program where the operator is not known. */
operator_fn *operator_find(const char *name);

/* One sum of products, as all convolutions and products need it: x [N, C, ...], weights [out, in,
 * height, width]; also of a ConvTranspose, whose weights are turned. */
struct array *convolved(const struct trial *trial, const struct node *node,
                        const struct array *x, const struct array *weights);

/* The weights of a ConvTranspose [in, out, height, width] as [out, in, height, width], in groups. */
struct array *weights_turned(const struct array *weights, int64_t groups);

/* x [..., in] times weights [in, out], or [out, in] where they are transposed. */
struct array *multiplied(const struct trial *trial, const struct array *x,
                         const struct array *weights, bool is_transposed);

/* Whatever is rounded to codes: the nearest whole number, halves to even; `error` of `number` may make
 * it another, which is noted. */
double nearest_code(struct trial *trial, double number, double error, double least,
                    double most);

/* By file. */
operator_fn op_add, op_sub, op_mul, op_div, op_min, op_max, op_relu, op_clip,
    op_sigmoid, op_hard_sigmoid, op_hard_swish, op_leaky_relu, op_elu, op_tanh,
    op_softplus, op_batch_normalization, op_cast, op_quantize_linear,
    op_dequantize_linear;
operator_fn op_conv, op_conv_transpose, op_gemm, op_mat_mul, op_max_pool,
    op_average_pool, op_global_max_pool, op_global_average_pool, op_reduce_mean;
operator_fn op_softmax, op_log_softmax, op_reduce, op_layer_normalization,
    op_group_normalization, op_lp_normalization, op_lrn;
operator_fn op_abs, op_erf, op_neg, op_prelu, op_selu, op_softsign;
operator_fn op_concat, op_constant, op_constant_of_shape, op_same, op_expand,
    op_flatten, op_gather, op_pad, op_range, op_reshape, op_shape, op_slice, op_squeeze,
    op_transpose, op_unsqueeze;
operator_fn op_einsum, op_recurrent;
operator_fn op_depth_to_space, op_space_to_depth, op_split, op_tile, op_resize,
    op_greater, op_less, op_where;

/* Integers of input number `input`, or of the attribute `name`; gives how many, 0: absent. */
int integers_of(const struct node *node, const struct array *const *inputs, int input,
                const char *name, int64_t numbers[ARRAY_RANK_MAX * 2]);

#endif
