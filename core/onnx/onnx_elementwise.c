/* What happens to each element by itself. */
#include "core/onnx/onnx_operators.h"

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

static int read_curve(const struct onnx_node *node, enum layer_kind kind,
                      struct error *err)
{
    int input;

    if (onnx_node_tensor(node, 0, &input, err) < 0)
        return -1;
    return onnx_node_give_same(node, kind, &input, 1, err) ? 0 : -1;
}

/* Like a Softmax, at the end of the network: the loss is made of what goes in. */
static int read_sigmoid(const struct onnx_node *node, struct error *err)
{
    if (onnx_node_is_last(node))
        return onnx_node_give_input(node, 0, err);
    return read_curve(node, LAYER_SIGMOID, err);
}

static int read_hard_sigmoid(const struct onnx_node *node, struct error *err)
{
    struct hard_sigmoid constants;
    struct layer *layer;
    int input;

    if (onnx_attribute_real(node, "alpha", 0.2f, &constants.alpha, err) < 0 ||
        onnx_attribute_real(node, "beta", 0.5f, &constants.beta, err) < 0 ||
        onnx_node_tensor(node, 0, &input, err) < 0)
        return -1;
    if (!isfinite(constants.alpha) || !isfinite(constants.beta))
        return onnx_node_error(node, err, "its alpha %g or beta %g is not finite",
                               (double)constants.alpha, (double)constants.beta);
    layer = onnx_node_give_same(node, LAYER_HARD_SIGMOID, &input, 1, err);
    if (!layer)
        return -1;
    layer->hard_sigmoid = constants;
    return 0;
}

static int read_hard_swish(const struct onnx_node *node, struct error *err)
{
    return read_curve(node, LAYER_HARD_SWISH, err);
}

static int read_tanh(const struct onnx_node *node, struct error *err)
{
    return read_curve(node, LAYER_TANH, err);
}

static int read_softplus(const struct onnx_node *node, struct error *err)
{
    return read_curve(node, LAYER_SOFTPLUS, err);
}

static int read_with_alpha(const struct onnx_node *node, enum layer_kind kind,
                           float absent, struct error *err)
{
    struct layer *layer;
    float alpha;
    int input;

    if (onnx_attribute_real(node, "alpha", absent, &alpha, err) < 0 ||
        onnx_node_tensor(node, 0, &input, err) < 0)
        return -1;
    if (!isfinite(alpha))
        return onnx_node_error(node, err, "its alpha %g is not finite", (double)alpha);
    layer = onnx_node_give_same(node, kind, &input, 1, err);
    if (!layer)
        return -1;
    layer->alpha = alpha;
    return 0;
}

static int read_leaky_relu(const struct onnx_node *node, struct error *err)
{
    return read_with_alpha(node, LAYER_LEAKY_RELU, 0.01f, err);
}

static int read_elu(const struct onnx_node *node, struct error *err)
{
    return read_with_alpha(node, LAYER_ELU, 1, err);
}

/* The limits are attributes before opset 11, then inputs that may be left out. The
 * largest float is the attributes' way of leaving one out. */
static int read_clip(const struct onnx_node *node, struct error *err)
{
    float low, high;

    if (onnx_attribute_real(node, "min", -INFINITY, &low, err) < 0 ||
        onnx_attribute_real(node, "max", INFINITY, &high, err) < 0 ||
        (onnx_node_has_input(node, 1) && onnx_node_scalar(node, 1, &low, err) < 0) ||
        (onnx_node_has_input(node, 2) && onnx_node_scalar(node, 2, &high, err) < 0))
        return -1;
    return give_clamp(node, low <= -FLT_MAX ? -INFINITY : low,
                      high >= FLT_MAX ? INFINITY : high, err);
}

const struct onnx_operator onnx_clip = {"Clip", 3, ONNX_ON_ELEMENTS, read_clip,
                                        "max min"};
const struct onnx_operator onnx_elu = {"Elu", 1, ONNX_ON_ELEMENTS, read_elu, "alpha"};
const struct onnx_operator onnx_hard_sigmoid = {"HardSigmoid", 1, ONNX_ON_ELEMENTS,
                                                read_hard_sigmoid, "alpha beta"};
const struct onnx_operator onnx_hard_swish = {"HardSwish", 1, ONNX_ON_ELEMENTS,
                                              read_hard_swish, NULL};
const struct onnx_operator onnx_leaky_relu = {"LeakyRelu", 1, ONNX_ON_ELEMENTS,
                                              read_leaky_relu, "alpha"};
const struct onnx_operator onnx_relu = {"Relu", 1, ONNX_ON_ELEMENTS, read_relu, NULL};
const struct onnx_operator onnx_sigmoid = {"Sigmoid", 1, ONNX_ON_ELEMENTS, read_sigmoid,
                                           NULL};
const struct onnx_operator onnx_softplus = {"Softplus", 1, ONNX_ON_ELEMENTS,
                                            read_softplus, NULL};
const struct onnx_operator onnx_tanh = {"Tanh", 1, ONNX_ON_ELEMENTS, read_tanh, NULL};
