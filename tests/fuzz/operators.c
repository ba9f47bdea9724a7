#include "tests/fuzz/operators.h"

#include <string.h>

static const struct row {
    const char *name;
    operator_fn *compute;
} rows[] = {
    {"Abs", op_abs},
    {"Add", op_add},
    {"AveragePool", op_average_pool},
    {"BatchNormalization", op_batch_normalization},
    {"Cast", op_cast},
    {"Clip", op_clip},
    {"Concat", op_concat},
    {"Constant", op_constant},
    {"ConstantOfShape", op_constant_of_shape},
    {"Conv", op_conv},
    {"ConvTranspose", op_conv_transpose},
    {"DepthToSpace", op_depth_to_space},
    {"DequantizeLinear", op_dequantize_linear},
    {"Div", op_div},
    {"Dropout", op_same},
    {"Einsum", op_einsum},
    {"Elu", op_elu},
    {"Erf", op_erf},
    {"Expand", op_expand},
    {"Flatten", op_flatten},
    {"Gather", op_gather},
    {"GRU", op_recurrent},
    {"Gemm", op_gemm},
    {"GlobalAveragePool", op_global_average_pool},
    {"GlobalMaxPool", op_global_max_pool},
    {"Greater", op_greater},
    {"GroupNormalization", op_group_normalization},
    {"HardSigmoid", op_hard_sigmoid},
    {"HardSwish", op_hard_swish},
    {"Identity", op_same},
    {"InstanceNormalization", op_group_normalization},
    {"LRN", op_lrn},
    {"LSTM", op_recurrent},
    {"LayerNormalization", op_layer_normalization},
    {"LeakyRelu", op_leaky_relu},
    {"Less", op_less},
    {"LogSoftmax", op_log_softmax},
    {"LpNormalization", op_lp_normalization},
    {"MatMul", op_mat_mul},
    {"Max", op_max},
    {"MaxPool", op_max_pool},
    {"Min", op_min},
    {"Mul", op_mul},
    {"Neg", op_neg},
    {"Pad", op_pad},
    {"PRelu", op_prelu},
    {"QuantizeLinear", op_quantize_linear},
    {"RNN", op_recurrent},
    {"Range", op_range},
    {"ReduceL1", op_reduce},
    {"ReduceL2", op_reduce},
    {"ReduceLogSumExp", op_reduce},
    {"ReduceMax", op_reduce},
    {"ReduceMean", op_reduce_mean},
    {"ReduceMin", op_reduce},
    {"ReduceSum", op_reduce},
    {"ReduceSumSquare", op_reduce},
    {"Relu", op_relu},
    {"Reshape", op_reshape},
    {"Resize", op_resize},
    {"Selu", op_selu},
    {"Shape", op_shape},
    {"Sigmoid", op_sigmoid},
    {"Slice", op_slice},
    {"Softmax", op_softmax},
    {"Softplus", op_softplus},
    {"Softsign", op_softsign},
    {"SpaceToDepth", op_space_to_depth},
    {"Split", op_split},
    {"Squeeze", op_squeeze},
    {"Sub", op_sub},
    {"Tanh", op_tanh},
    {"Tile", op_tile},
    {"Transpose", op_transpose},
    {"Unsqueeze", op_unsqueeze},
    {"Where", op_where},
};

operator_fn *operator_find(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].compute;
    give_up("no operator", name);
}

int integers_of(const struct node *node, const struct array *const *inputs, int input,
                const char *name, int64_t numbers[ARRAY_RANK_MAX * 2])
{
    const Onnx__AttributeProto *attribute = node_attribute(node, name);
    int count = 0;

    if (attribute) {
        count = (int)attribute->n_ints;
        for (int i = 0; i < count; i++)
            numbers[i] = attribute->ints[i];
    } else if (input < node->input_count && inputs[input]) {
        count = (int)inputs[input]->count;
        for (int i = 0; i < count; i++)
            /* A double cannot hold the largest integer. */
            numbers[i] = inputs[input]->values[i] >= 0x1p62 ? INT64_MAX / 2
                         : inputs[input]->values[i] <= -0x1p62
                             ? INT64_MIN / 2
                             : (int64_t)inputs[input]->values[i];
    }
    return count;
}
