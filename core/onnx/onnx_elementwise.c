/* What happens to each element by itself. */
#include "core/onnx/onnx_operators.h"

#include "core/layer/unary_operation.h"
#include "core/onnx/onnx_affine.h"
#include "core/onnx/onnx_attribute.h"

#include <float.h>
#include <math.h>
#include <string.h>

static int give_clamp(const struct onnx_node *node, float low, float high,
                      struct error *err)
{
    int input;

    return onnx_node_tensor(node, 0, &input, err) < 0
               ? -1
               : onnx_affine_give_clamp(node, input, low, high, err);
}

static int read_relu(const struct onnx_node *node, struct error *err)
{
    return give_clamp(node, 0.f, INFINITY, err);
}

/* One constant, perhaps infinite. */
static int read_limit(const struct onnx_node *node, int input, float *limit,
                      struct error *err)
{
    const struct onnx_constant *constant;

    if (onnx_node_constant(node, input, &constant, err) < 0)
        return -1;
    if (constant->is_integer || constant->count != 1 || !isinf(constant->reals[0]))
        return onnx_node_scalar(node, input, limit, err);
    *limit = constant->reals[0];
    return 0;
}

/* The limits are attributes before opset 11, then inputs that may be left out. The
 * largest float is the attributes' way of leaving one out. */
static int read_clip(const struct onnx_node *node, struct error *err)
{
    float low, high;

    if (onnx_attribute_real(node, "min", -INFINITY, &low, err) < 0 ||
        onnx_attribute_real(node, "max", INFINITY, &high, err) < 0 ||
        (onnx_node_has_input(node, 1) && read_limit(node, 1, &low, err) < 0) ||
        (onnx_node_has_input(node, 2) && read_limit(node, 2, &high, err) < 0))
        return -1;
    return give_clamp(node, low <= -FLT_MAX ? -INFINITY : low,
                      high >= FLT_MAX ? INFINITY : high, err);
}

/* ---- curves ---- */

/* Operators whose constants are at most an alpha and one more; what these are where they are left out. */
static const struct curve {
    const char *op;
    enum unary_operation operation;
    float alpha;
    const char *other;
    float beta;
} curves[] = {
    {.op = "Abs", UNARY_ABS},
    {.op = "Ceil", UNARY_CEIL},
    {.op = "Celu", UNARY_CELU, 1},
    {.op = "Cos", UNARY_COS},
    {.op = "Elu", UNARY_ELU, 1},
    {.op = "Erf", UNARY_ERF},
    {.op = "Exp", UNARY_EXP},
    {.op = "Floor", UNARY_FLOOR},
    {.op = "HardSigmoid", UNARY_HARD_SIGMOID, 0.2f, "beta", 0.5f},
    {.op = "HardSwish", UNARY_HARD_SWISH},
    {.op = "LeakyRelu", UNARY_LEAKY_RELU, 0.01f},
    {.op = "Log", UNARY_LOG},
    {.op = "Mish", UNARY_MISH},
    {.op = "Neg", UNARY_NEG},
    {.op = "Reciprocal", UNARY_RECIPROCAL},
    {.op = "Round", UNARY_ROUND},
    {.op = "Selu",
     UNARY_SELU,
     1.67326319217681884765625f,
     "gamma",
     1.05070102214813232421875f},
    {.op = "Sigmoid", UNARY_SIGMOID},
    {.op = "Sign", UNARY_SIGN},
    {.op = "Sin", UNARY_SIN},
    {.op = "Softplus", UNARY_SOFTPLUS},
    {.op = "Softsign", UNARY_SOFTSIGN},
    {.op = "Sqrt", UNARY_SQRT},
    {.op = "Swish", UNARY_SWISH, 1},
    {.op = "Tanh", UNARY_TANH},
    {.op = "ThresholdedRelu", UNARY_THRESHOLDED_RELU, 1},
};

static const struct curve *curve_of(const struct onnx_node *node)
{
    const struct curve *curve = curves;

    while (strcmp(curve->op, node->proto->op_type) != 0)
        curve++; /* each row below that says read_curve has one */
    return curve;
}

static int read_attribute(const struct onnx_node *node, const char *name, float absent,
                          float *value, struct error *err)
{
    if (onnx_attribute_real(node, name, absent, value, err) < 0)
        return -1;
    return isfinite(*value) ? 0
                            : onnx_node_error(node, err, "its %s %g is not finite",
                                              name, (double)*value);
}

/* What shapes are computed with. */
static int fold_integers(const struct onnx_node *node, enum unary_operation operation,
                         const struct onnx_constant *constant, struct error *err)
{
    struct onnx_constant *result;

    if (operation != UNARY_NEG && operation != UNARY_ABS && operation != UNARY_SIGN)
        return onnx_node_error(node, err, "its input \"%s\" must be of a float type",
                               constant->name);
    result = onnx_node_give_constant(node, true, &constant->shape, err);
    if (!result)
        return -1;
    for (size_t i = 0; i < result->count; i++) {
        int64_t value = constant->integers[i];

        if (value == ONNX_BATCH || value == INT64_MIN)
            return onnx_node_error(node, err,
                                   "the result overflows or depends on the batch size");
        if (operation == UNARY_SIGN)
            result->integers[i] = (value > 0) - (value < 0);
        else
            result->integers[i] = operation == UNARY_NEG || value < 0 ? -value : value;
    }
    return 0;
}

static int fold(const struct onnx_node *node, const struct unary *unary,
                const struct onnx_constant *constant, struct error *err)
{
    struct onnx_constant *result;

    if (constant->is_integer)
        return fold_integers(node, unary->operation, constant, err);
    result = onnx_node_give_constant(node, false, &constant->shape, err);
    if (!result)
        return -1;
    unary_operation_of(unary->operation)
        ->compute(unary, constant->reals, constant->count, result->reals);
    return 0;
}

static int give_unary(const struct onnx_node *node, const struct unary *unary,
                      struct error *err)
{
    struct onnx_source source;
    struct layer *layer;

    if (onnx_node_source(node, 0, &source, err) < 0)
        return -1;
    if (source.constant)
        return fold(node, unary, source.constant, err);
    layer = onnx_node_give_same(node, LAYER_UNARY, &source.tensor, 1, err);
    if (!layer)
        return -1;
    layer->unary = *unary;
    return 0;
}

static int read_curve(const struct onnx_node *node, struct error *err)
{
    const struct curve *curve = curve_of(node);
    struct unary unary = {.operation = curve->operation};

    if (read_attribute(node, "alpha", curve->alpha, &unary.alpha, err) < 0 ||
        (curve->other &&
         read_attribute(node, curve->other, curve->beta, &unary.beta, err) < 0))
        return -1;
    return give_unary(node, &unary, err);
}

static int read_celu(const struct onnx_node *node, struct error *err)
{
    float alpha;

    if (onnx_attribute_real(node, "alpha", 1, &alpha, err) < 0)
        return -1;
    if (!(alpha > 0))
        return onnx_node_error(node, err, "its alpha %g must be above zero",
                               (double)alpha);
    return read_curve(node, err);
}

static int read_gelu(const struct onnx_node *node, struct error *err)
{
    static const char *const ways[] = {"none", "tanh"};
    struct unary unary = {.operation = UNARY_GELU};
    int way;

    if (onnx_attribute_choice(node, "approximate", ways, 2, &way, err) < 0)
        return -1;
    unary.operation = way == 0 ? UNARY_GELU : UNARY_GELU_TANH;
    return give_unary(node, &unary, err);
}

/* Like a Softmax, at the end of the network: the loss is made of what goes in. */
static int read_sigmoid(const struct onnx_node *node, struct error *err)
{
    return onnx_node_is_last(node) ? onnx_node_give_input(node, 0, err)
                                   : read_curve(node, err);
}

const struct onnx_operator onnx_clip = {"Clip", 3, ONNX_ON_ELEMENTS, read_clip,
                                        "max min"};
const struct onnx_operator onnx_abs = {"Abs", 1, ONNX_ON_ELEMENTS, read_curve, NULL};
const struct onnx_operator onnx_ceil = {"Ceil", 1, ONNX_ON_ELEMENTS, read_curve, NULL};
const struct onnx_operator onnx_celu = {"Celu", 1, ONNX_ON_ELEMENTS, read_celu,
                                        "alpha"};
const struct onnx_operator onnx_cos = {"Cos", 1, ONNX_ON_ELEMENTS, read_curve, NULL};
const struct onnx_operator onnx_elu = {"Elu", 1, ONNX_ON_ELEMENTS, read_curve, "alpha"};
const struct onnx_operator onnx_erf = {"Erf", 1, ONNX_ON_ELEMENTS, read_curve, NULL};
const struct onnx_operator onnx_exp = {"Exp", 1, ONNX_ON_ELEMENTS, read_curve, NULL};
const struct onnx_operator onnx_floor = {"Floor", 1, ONNX_ON_ELEMENTS, read_curve,
                                         NULL};
const struct onnx_operator onnx_gelu = {"Gelu", 1, ONNX_ON_ELEMENTS, read_gelu,
                                        "approximate"};
const struct onnx_operator onnx_hard_sigmoid = {"HardSigmoid", 1, ONNX_ON_ELEMENTS,
                                                read_curve, "alpha beta"};
const struct onnx_operator onnx_hard_swish = {"HardSwish", 1, ONNX_ON_ELEMENTS,
                                              read_curve, NULL};
const struct onnx_operator onnx_leaky_relu = {"LeakyRelu", 1, ONNX_ON_ELEMENTS,
                                              read_curve, "alpha"};
const struct onnx_operator onnx_log = {"Log", 1, ONNX_ON_ELEMENTS, read_curve, NULL};
const struct onnx_operator onnx_mish = {"Mish", 1, ONNX_ON_ELEMENTS, read_curve, NULL};
const struct onnx_operator onnx_neg = {"Neg", 1, ONNX_ON_ELEMENTS, read_curve, NULL};
const struct onnx_operator onnx_reciprocal = {"Reciprocal", 1, ONNX_ON_ELEMENTS,
                                              read_curve, NULL};
const struct onnx_operator onnx_relu = {"Relu", 1, ONNX_ON_ELEMENTS, read_relu, NULL};
const struct onnx_operator onnx_round = {"Round", 1, ONNX_ON_ELEMENTS, read_curve,
                                         NULL};
const struct onnx_operator onnx_selu = {"Selu", 1, ONNX_ON_ELEMENTS, read_curve,
                                        "alpha gamma"};
const struct onnx_operator onnx_sigmoid = {"Sigmoid", 1, ONNX_ON_ELEMENTS, read_sigmoid,
                                           NULL};
const struct onnx_operator onnx_sign = {"Sign", 1, ONNX_ON_ELEMENTS, read_curve, NULL};
const struct onnx_operator onnx_sin = {"Sin", 1, ONNX_ON_ELEMENTS, read_curve, NULL};
const struct onnx_operator onnx_softplus = {"Softplus", 1, ONNX_ON_ELEMENTS, read_curve,
                                            NULL};
const struct onnx_operator onnx_softsign = {"Softsign", 1, ONNX_ON_ELEMENTS, read_curve,
                                            NULL};
const struct onnx_operator onnx_sqrt = {"Sqrt", 1, ONNX_ON_ELEMENTS, read_curve, NULL};
const struct onnx_operator onnx_swish = {"Swish", 1, ONNX_ON_ELEMENTS, read_curve,
                                         "alpha"};
const struct onnx_operator onnx_tanh = {"Tanh", 1, ONNX_ON_ELEMENTS, read_curve, NULL};
const struct onnx_operator onnx_thresholded_relu = {
    "ThresholdedRelu", 1, ONNX_ON_ELEMENTS, read_curve, "alpha"};
