#include "core/onnx/onnx_operators.h"

#include <stdio.h>
#include <string.h>

#define MANY SIZE_MAX

static const struct onnx_operator operators[] = {
    {"Add", 2, ONNX_ON_TENSORS, onnx_read_add, NULL},
    {"AveragePool", 1, ONNX_ON_TENSORS, onnx_read_average_pool,
     "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides"},
    {"BatchNormalization", 5, ONNX_ON_TENSORS, onnx_read_batchnorm,
     "epsilon momentum spatial training_mode"},
    {"Cast", 1, ONNX_ON_CONSTANTS, onnx_fold_cast, "round_mode saturate to"},
    {"Clip", 3, ONNX_ON_TENSORS, onnx_read_clip, "max min"},
    {"Concat", MANY, ONNX_ON_TENSORS, onnx_read_concat, "axis"},
    {"Constant", 0, ONNX_ON_SHAPES, onnx_fold_constant,
     "sparse_value value value_float value_floats value_int value_ints value_string "
     "value_strings"},
    {"ConstantOfShape", 1, ONNX_ON_CONSTANTS, onnx_fold_constant_of_shape, "value"},
    {"Conv", 3, ONNX_ON_TENSORS, onnx_read_conv,
     "auto_pad dilations group kernel_shape pads strides"},
    {"DequantizeLinear", 3, ONNX_ON_TENSORS, onnx_read_dequantize,
     "axis block_size output_dtype"},
    {"Div", 2, ONNX_ON_TENSORS, onnx_read_div, NULL},
    {"Dropout", 3, ONNX_ON_TENSORS, onnx_read_dropout, "ratio seed"},
    {"Expand", 2, ONNX_ON_CONSTANTS, onnx_fold_expand, NULL},
    {"Flatten", 1, ONNX_ON_TENSORS, onnx_read_flatten, "axis"},
    {"Gather", 2, ONNX_ON_CONSTANTS, onnx_fold_gather, "axis"},
    {"Gemm", 3, ONNX_ON_TENSORS, onnx_read_gemm, "alpha beta transA transB"},
    {"GlobalAveragePool", 1, ONNX_ON_TENSORS, onnx_read_global_average_pool, NULL},
    {"GlobalMaxPool", 1, ONNX_ON_TENSORS, onnx_read_global_max_pool, NULL},
    {"Identity", 1, ONNX_ON_TENSORS, onnx_read_identity, NULL},
    {"LogSoftmax", 1, ONNX_ON_TENSORS, onnx_read_softmax, "axis"},
    {"MatMul", 2, ONNX_ON_TENSORS, onnx_read_matmul, NULL},
    {"Max", MANY, ONNX_ON_TENSORS, onnx_read_max, NULL},
    {"MaxPool", 1, ONNX_ON_TENSORS, onnx_read_max_pool,
     "auto_pad ceil_mode dilations kernel_shape pads storage_order strides"},
    {"Min", MANY, ONNX_ON_TENSORS, onnx_read_min, NULL},
    {"Mul", 2, ONNX_ON_TENSORS, onnx_read_mul, NULL},
    {"Pad", 4, ONNX_ON_TENSORS, onnx_read_pad, "mode pads value"},
    {"QuantizeLinear", 3, ONNX_ON_TENSORS, onnx_read_quantize,
     "axis block_size output_dtype precision saturate"},
    {"Range", 3, ONNX_ON_CONSTANTS, onnx_fold_range, NULL},
    {"ReduceMean", 2, ONNX_ON_TENSORS, onnx_read_reduce_mean,
     "axes keepdims noop_with_empty_axes"},
    {"Relu", 1, ONNX_ON_TENSORS, onnx_read_relu, NULL},
    {"Reshape", 2, ONNX_ON_TENSORS, onnx_read_reshape, "allowzero"},
    {"Shape", 1, ONNX_ON_SHAPES, onnx_fold_shape, "end start"},
    {"Slice", 5, ONNX_ON_TENSORS, onnx_read_slice, "axes ends starts"},
    {"Softmax", 1, ONNX_ON_TENSORS, onnx_read_softmax, "axis"},
    {"Squeeze", 2, ONNX_ON_TENSORS, onnx_read_squeeze, "axes"},
    {"Sub", 2, ONNX_ON_TENSORS, onnx_read_sub, NULL},
    {"Transpose", 1, ONNX_ON_TENSORS, onnx_read_transpose, "perm"},
    {"Unsqueeze", 2, ONNX_ON_TENSORS, onnx_read_unsqueeze, "axes"},
};

enum { OPERATOR_COUNT = sizeof operators / sizeof *operators };

const struct onnx_operator *onnx_operator_find(const char *name)
{
    for (int i = 0; i < OPERATOR_COUNT; i++)
        if (strcmp(operators[i].name, name) == 0)
            return &operators[i];
    return NULL;
}

bool onnx_operator_has(const struct onnx_operator *operator, const char * attribute)
{
    size_t length = strlen(attribute);

    for (const char *at = operator->attributes; at && *at;) {
        size_t word = strcspn(at, " ");

        if (word == length && memcmp(at, attribute, word) == 0)
            return true;
        at += word + strspn(at + word, " ");
    }
    return false;
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
