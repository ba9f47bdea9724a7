#include "core/network/onnx_operators.h"

#include <stdio.h>
#include <string.h>

#define MANY SIZE_MAX

static const struct onnx_operator operators[] = {
    {"Add", 2, ONNX_ON_TENSORS, onnx_read_add},
    {"AveragePool", 1, ONNX_ON_TENSORS, onnx_read_average_pool},
    {"BatchNormalization", 5, ONNX_ON_TENSORS, onnx_read_batchnorm},
    {"Cast", 1, ONNX_ON_CONSTANTS, onnx_fold_cast},
    {"Clip", 3, ONNX_ON_TENSORS, onnx_read_clip},
    {"Concat", MANY, ONNX_ON_TENSORS, onnx_read_concat},
    {"Constant", 0, ONNX_ON_SHAPES, onnx_fold_constant},
    {"ConstantOfShape", 1, ONNX_ON_CONSTANTS, onnx_fold_constant_of_shape},
    {"Conv", 3, ONNX_ON_TENSORS, onnx_read_conv},
    {"DequantizeLinear", 3, ONNX_ON_TENSORS, onnx_read_dequantize},
    {"Div", 2, ONNX_ON_TENSORS, onnx_read_div},
    {"Dropout", 3, ONNX_ON_TENSORS, onnx_read_dropout},
    {"Expand", 2, ONNX_ON_CONSTANTS, onnx_fold_expand},
    {"Flatten", 1, ONNX_ON_TENSORS, onnx_read_flatten},
    {"Gather", 2, ONNX_ON_CONSTANTS, onnx_fold_gather},
    {"Gemm", 3, ONNX_ON_TENSORS, onnx_read_gemm},
    {"GlobalAveragePool", 1, ONNX_ON_TENSORS, onnx_read_global_average_pool},
    {"GlobalMaxPool", 1, ONNX_ON_TENSORS, onnx_read_global_max_pool},
    {"Identity", 1, ONNX_ON_TENSORS, onnx_read_identity},
    {"LogSoftmax", 1, ONNX_ON_TENSORS, onnx_read_softmax},
    {"MatMul", 2, ONNX_ON_TENSORS, onnx_read_matmul},
    {"Max", MANY, ONNX_ON_TENSORS, onnx_read_max},
    {"MaxPool", 1, ONNX_ON_TENSORS, onnx_read_max_pool},
    {"Min", MANY, ONNX_ON_TENSORS, onnx_read_min},
    {"Mul", 2, ONNX_ON_TENSORS, onnx_read_mul},
    {"Pad", 4, ONNX_ON_TENSORS, onnx_read_pad},
    {"QuantizeLinear", 3, ONNX_ON_TENSORS, onnx_read_quantize},
    {"Range", 3, ONNX_ON_CONSTANTS, onnx_fold_range},
    {"ReduceMean", 2, ONNX_ON_TENSORS, onnx_read_reduce_mean},
    {"Relu", 1, ONNX_ON_TENSORS, onnx_read_relu},
    {"Reshape", 2, ONNX_ON_TENSORS, onnx_read_reshape},
    {"Shape", 1, ONNX_ON_SHAPES, onnx_fold_shape},
    {"Slice", 5, ONNX_ON_TENSORS, onnx_read_slice},
    {"Softmax", 1, ONNX_ON_TENSORS, onnx_read_softmax},
    {"Squeeze", 2, ONNX_ON_TENSORS, onnx_read_squeeze},
    {"Sub", 2, ONNX_ON_TENSORS, onnx_read_sub},
    {"Transpose", 1, ONNX_ON_TENSORS, onnx_read_transpose},
    {"Unsqueeze", 2, ONNX_ON_TENSORS, onnx_read_unsqueeze},
};

enum { OPERATOR_COUNT = sizeof operators / sizeof *operators };

const struct onnx_operator *onnx_operator_find(const char *name)
{
    for (int i = 0; i < OPERATOR_COUNT; i++)
        if (strcmp(operators[i].name, name) == 0)
            return &operators[i];
    return NULL;
}

bool onnx_domain_is_default(const char *domain)
{
    return !domain || !*domain || strcmp(domain, "ai.onnx") == 0;
}

const char *onnx_operator_names(char *text, size_t bytes)
{
    size_t used = 0;

    for (int i = 0; i < OPERATOR_COUNT && used < bytes; i++)
        if (operators[i].scope == ONNX_ON_TENSORS)
            used += (size_t)snprintf(text + used, bytes - used, "%s%s",
                                     used ? ", " : "", operators[i].name);
    return text;
}
