/* What happens to each element by itself, or to each channel; and the sum of two
 * tensors. */
#include "core/onnx/onnx_operators.h"

#include "core/base/memory.h"
#include "core/network/batchnorm.h"
#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_broadcast.h"
#include "core/onnx/onnx_rows.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A layer of the shape of tensor `input`. */
static struct layer *give_same(const struct onnx_node *node, enum layer_kind kind,
                               const int *inputs, int input_count, struct error *err)
{
    struct onnx_shape shape =
        onnx_shape_of_sample(&node->graph->network->tensors[inputs[0]]);

    return onnx_node_give_layer(node, kind, inputs, input_count, &shape, err);
}

static int give_clamp(const struct onnx_node *node, float low, float high,
                      struct error *err)
{
    struct layer *layer;
    int input;

    if (onnx_node_tensor(node, 0, &input, err) < 0)
        return -1;
    if (!(low <= high) || low == INFINITY || high == -INFINITY)
        return onnx_node_error(node, err, "nothing is between its limits %g and %g",
                               (double)low, (double)high);
    layer = give_same(node, LAYER_AFFINE, &input, 1, err);
    if (!layer)
        return -1;
    layer->low = low;
    layer->high = high;
    return 0;
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
    return give_same(node, kind, &input, 1, err) ? 0 : -1;
}

/* How many nodes read a value, and the last of them. */
static int count_readers(const Onnx__GraphProto *graph, const char *name,
                         const Onnx__NodeProto **reader)
{
    int count = 0;

    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t j = 0; j < graph->node[i]->n_input; j++)
            if (strcmp(graph->node[i]->input[j], name) == 0) {
                *reader = graph->node[i];
                count++;
            }
    return count;
}

/* Whether the node gives the values that it reads, perhaps in another shape. */
static bool is_view(const Onnx__NodeProto *node)
{
    static const char *const views[] = {"Identity", "Flatten", "Reshape", "Squeeze",
                                        "Unsqueeze"};

    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        if (strcmp(node->op_type, views[i]) == 0)
            return node->n_output > 0;
    return false;
}

/* Whether a value is the network's output, by whatever name and shape, and nothing else reads it. */
static bool is_output(const Onnx__GraphProto *graph, const char *name)
{
    const Onnx__NodeProto *reader = NULL;

    for (size_t steps = 0; steps <= graph->n_node; steps++) {
        int count = count_readers(graph, name, &reader);

        if (count == 0)
            return strcmp(name, graph->output[0]->name) == 0;
        if (count > 1 || !is_view(reader))
            return false;
        name = reader->output[0];
    }
    return false;
}

/* Like a Softmax, at the end of the network: the loss is made of what goes in. */
static int read_sigmoid(const struct onnx_node *node, struct error *err)
{
    if (is_output(node->graph->proto, node->proto->output[0]))
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
    layer = give_same(node, LAYER_HARD_SIGMOID, &input, 1, err);
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
    layer = give_same(node, kind, &input, 1, err);
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

static int read_limit(const struct onnx_node *node, float *limit, struct error *err)
{
    const struct onnx_constant *constant;
    int input;

    if (node->proto->n_input != 2)
        return onnx_node_error(node, err,
                               "only a tensor and one constant are supported");
    if (onnx_node_tensor(node, 0, &input, err) < 0 ||
        onnx_node_scalar(node, 1, limit, err) < 0 ||
        onnx_node_constant(node, 1, &constant, err) < 0)
        return -1;
    if (constant->shape.rank > node->graph->network->tensors[input].rank + 1)
        return onnx_node_error(node, err,
                               "its limit \"%s\" has more dimensions than its input",
                               constant->name);
    return 0;
}

static int read_min(const struct onnx_node *node, struct error *err)
{
    float high;

    return read_limit(node, &high, err) < 0 ? -1
                                            : give_clamp(node, -INFINITY, high, err);
}

static int read_max(const struct onnx_node *node, struct error *err)
{
    float low;

    return read_limit(node, &low, err) < 0 ? -1 : give_clamp(node, low, INFINITY, err);
}

/* ---- scale and shift a channel ---- */

/* `scale` and `shift` [channels] become the layer's; freed on failure. Either may be
 * NULL. The result is borrowed and NULL on failure. */
static struct layer *give_affine(const struct onnx_node *node, int input, float *scale,
                                 float *shift, struct error *err)
{
    int channels = node->graph->network->tensors[input].channels;
    struct layer *layer = NULL;
    bool is_finite = true;

    for (int i = 0; i < channels; i++)
        is_finite = is_finite && (!scale || isfinite(scale[i])) &&
                    (!shift || isfinite(shift[i]));
    if (is_finite)
        layer = give_same(node, LAYER_AFFINE, &input, 1, err);
    else
        onnx_node_error(node, err, "its scale or shift of a channel is not finite");
    if (!layer) {
        free(scale);
        free(shift);
        return NULL;
    }
    layer->affine = (struct affine){.scale = scale, .shift = shift};
    return layer;
}

enum { GAMMA, BETA, MEAN, VARIANCE, BATCHNORM_INPUTS };

static int read_batchnorm_inputs(const struct onnx_node *node, int channels,
                                 const struct onnx_constant *inputs[BATCHNORM_INPUTS],
                                 struct error *err)
{
    for (int i = 0; i < BATCHNORM_INPUTS; i++) {
        if (onnx_node_reals(node, i + 1, &inputs[i], err) < 0)
            return -1;
        if (inputs[i]->count != (size_t)channels)
            return onnx_node_error(node, err, "\"%s\" has %zu values for %d channels",
                                   inputs[i]->name, inputs[i]->count, channels);
    }
    return 0;
}

static int check_batchnorm(const struct onnx_node *node, int input, float *epsilon,
                           struct error *err)
{
    int rank = node->graph->network->tensors[input].rank;
    int64_t is_training, is_spatial;

    if (onnx_attribute_integer(node, "training_mode", 0, &is_training, err) < 0 ||
        onnx_attribute_integer(node, "spatial", 1, &is_spatial, err) < 0 ||
        onnx_attribute_real(node, "epsilon", 1e-5f, epsilon, err) < 0)
        return -1;
    if (is_training || !is_spatial)
        return onnx_node_error(node, err,
                               "only the batch normalisation of inference, one mean a "
                               "channel, is supported");
    if (rank != 1 && rank != 3)
        return onnx_node_error(node, err, "its input must be [N, C] or [N, C, H, W]");
    return 0;
}

static int read_batchnorm(const struct onnx_node *node, struct error *err)
{
    const struct onnx_constant *inputs[BATCHNORM_INPUTS];
    float epsilon, *scale, *shift;
    struct layer *layer;
    int input, channels;

    if (onnx_node_tensor(node, 0, &input, err) < 0 ||
        check_batchnorm(node, input, &epsilon, err) < 0)
        return -1;
    channels = node->graph->network->tensors[input].channels;
    if (read_batchnorm_inputs(node, channels, inputs, err) < 0 ||
        onnx_node_unfold(node, 4 * (size_t)channels, err) < 0)
        return -1;
    scale = memory_zeroed((size_t)channels, sizeof *scale);
    shift = memory_zeroed((size_t)channels, sizeof *shift);
    for (int i = 0; i < channels; i++) {
        double factor = (double)inputs[GAMMA]->reals[i] /
                        sqrt((double)inputs[VARIANCE]->reals[i] + (double)epsilon);

        scale[i] = (float)factor;
        shift[i] = (float)((double)inputs[BETA]->reals[i] -
                           (double)inputs[MEAN]->reals[i] * factor);
    }
    layer = give_affine(node, input, scale, shift, err);
    if (!layer)
        return -1;
    layer->batchnorm = batchnorm_create(channels, epsilon, inputs[MEAN]->reals,
                                        inputs[VARIANCE]->reals);
    layer->batchnorm->node = node->index;
    return 0;
}

/* ---- two operands ---- */

/* One of + - * / with a constant, as scale * x + shift. */
struct arithmetic {
    enum onnx_arithmetic operation;
    /* From x and constant c; from constant c and x. NULL where that is not scale and
     * shift. */
    void (*constant_last)(float c, float *scale, float *shift);
    void (*constant_first)(float c, float *scale, float *shift);
};

static void shift_by(float c, float *scale, float *shift)
{
    (void)scale;
    *shift = c;
}

static void shift_down_by(float c, float *scale, float *shift)
{
    (void)scale;
    *shift = -c;
}

static void subtract_from(float c, float *scale, float *shift)
{
    *scale = -1.f;
    *shift = c;
}

static void scale_by(float c, float *scale, float *shift)
{
    (void)shift;
    *scale = c;
}

static void divide_by(float c, float *scale, float *shift)
{
    (void)shift;
    *scale = (float)(1. / (double)c);
}

static const struct arithmetic add = {ONNX_ADD, shift_by, shift_by};
static const struct arithmetic sub = {ONNX_SUB, shift_down_by, subtract_from};
static const struct arithmetic mul = {ONNX_MUL, scale_by, scale_by};
static const struct arithmetic divide = {ONNX_DIV, divide_by, NULL};

/* Gives scale * x + shift, where the constant is one value or one a channel of tensor `input`. */
static int give_arithmetic(const struct onnx_node *node, int input,
                           const struct onnx_constant *constant,
                           void (*apply)(float, float *, float *), struct error *err)
{
    int channels = node->graph->network->tensors[input].channels;
    float *scale, *shift;

    if (onnx_node_unfold(node, 2 * (size_t)channels, err) < 0)
        return -1;
    scale = memory_zeroed((size_t)channels, sizeof *scale);
    shift = memory_zeroed((size_t)channels, sizeof *shift);
    if (onnx_broadcast_channels(node, constant, input, shift, err) < 0) {
        free(scale);
        free(shift);
        return -1;
    }
    for (int i = 0; i < channels; i++) {
        float c = shift[i];

        scale[i] = 1.f;
        shift[i] = 0.f;
        apply(c, &scale[i], &shift[i]);
    }
    return give_affine(node, input, scale, shift, err) ? 0 : -1;
}

/* Whether a constant has a value for each index of an image's last dimension, its columns. */
static bool is_one_a_column(const struct onnx_constant *constant,
                            const struct tensor *image)
{
    const struct onnx_shape *shape = &constant->shape;

    if (image->rank != 3 || constant->count == 1 || shape->rank < 1 ||
        shape->rank > image->rank + 1)
        return false;
    return constant->count == (size_t)shape->dims[shape->rank - 1] &&
           constant->count == (size_t)image->dims[2];
}

static int with_constant(const struct onnx_node *node,
                         const struct arithmetic *arithmetic, int tensor_input,
                         struct error *err)
{
    void (*apply)(float, float *, float *) =
        tensor_input == 0 ? arithmetic->constant_last : arithmetic->constant_first;
    const struct onnx_constant *constant;
    struct onnx_constant columns;
    struct onnx_shape sample;
    int input;

    if (onnx_node_tensor(node, tensor_input, &input, err) < 0 ||
        onnx_node_reals(node, 1 - tensor_input, &constant, err) < 0)
        return -1;
    if (!apply)
        return onnx_node_error(node, err,
                               "a constant divided by a tensor is not supported");
    sample = onnx_shape_of_sample(&node->graph->network->tensors[input]);
    if (!is_one_a_column(constant, &node->graph->network->tensors[input]))
        return give_arithmetic(node, input, constant, apply, err);
    columns = *constant;
    columns.shape = (struct onnx_shape){.rank = 1, .dims = {sample.dims[2]}};
    if (onnx_rows_give(node, &input, err) < 0 ||
        give_arithmetic(node, input, &columns, apply, err) < 0)
        return -1;
    return onnx_rows_give_back(node, &sample, err);
}

static int add_tensors(const struct onnx_node *node, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES], other_text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_shape shapes[2];
    int inputs[2];

    for (int i = 0; i < 2; i++) {
        if (onnx_node_tensor(node, i, &inputs[i], err) < 0)
            return -1;
        shapes[i] = onnx_shape_of_tensor(&node->graph->network->tensors[inputs[i]]);
    }
    if (!onnx_shape_equal(&shapes[0], &shapes[1]))
        return onnx_node_error(node, err, "the shapes %s and %s differ",
                               onnx_shape_text(&shapes[0], text),
                               onnx_shape_text(&shapes[1], other_text));
    return give_same(node, LAYER_ADD, inputs, 2, err) ? 0 : -1;
}

static int read_arithmetic(const struct onnx_node *node,
                           const struct arithmetic *arithmetic, struct error *err)
{
    struct onnx_source a, b;

    if (onnx_node_source(node, 0, &a, err) < 0 ||
        onnx_node_source(node, 1, &b, err) < 0)
        return -1;
    if (a.constant && b.constant)
        return onnx_broadcast_fold(node, arithmetic->operation, a.constant, b.constant,
                                   err);
    if (a.constant || b.constant)
        return with_constant(node, arithmetic, a.constant ? 1 : 0, err);
    if (arithmetic->operation == ONNX_ADD)
        return add_tensors(node, err);
    return onnx_node_error(node, err, "of two tensors only the sum is supported");
}

static int read_add(const struct onnx_node *node, struct error *err)
{
    return read_arithmetic(node, &add, err);
}

static int read_sub(const struct onnx_node *node, struct error *err)
{
    return read_arithmetic(node, &sub, err);
}

static int read_mul(const struct onnx_node *node, struct error *err)
{
    return read_arithmetic(node, &mul, err);
}

static int read_div(const struct onnx_node *node, struct error *err)
{
    return read_arithmetic(node, &divide, err);
}

const struct onnx_operator onnx_add = {"Add", 2, ONNX_ON_TENSORS, read_add, NULL};
const struct onnx_operator onnx_batch_normalization = {
    "BatchNormalization", 5, ONNX_ON_TENSORS, read_batchnorm,
    "epsilon momentum spatial training_mode"};
const struct onnx_operator onnx_clip = {"Clip", 3, ONNX_ON_TENSORS, read_clip,
                                        "max min"};
const struct onnx_operator onnx_div = {"Div", 2, ONNX_ON_TENSORS, read_div, NULL};
const struct onnx_operator onnx_elu = {"Elu", 1, ONNX_ON_TENSORS, read_elu, "alpha"};
const struct onnx_operator onnx_hard_sigmoid = {"HardSigmoid", 1, ONNX_ON_TENSORS,
                                                read_hard_sigmoid, "alpha beta"};
const struct onnx_operator onnx_hard_swish = {"HardSwish", 1, ONNX_ON_TENSORS,
                                              read_hard_swish, NULL};
const struct onnx_operator onnx_leaky_relu = {"LeakyRelu", 1, ONNX_ON_TENSORS,
                                              read_leaky_relu, "alpha"};
const struct onnx_operator onnx_max = {"Max", SIZE_MAX, ONNX_ON_TENSORS, read_max,
                                       NULL};
const struct onnx_operator onnx_min = {"Min", SIZE_MAX, ONNX_ON_TENSORS, read_min,
                                       NULL};
const struct onnx_operator onnx_mul = {"Mul", 2, ONNX_ON_TENSORS, read_mul, NULL};
const struct onnx_operator onnx_relu = {"Relu", 1, ONNX_ON_TENSORS, read_relu, NULL};
const struct onnx_operator onnx_sigmoid = {"Sigmoid", 1, ONNX_ON_TENSORS, read_sigmoid,
                                           NULL};
const struct onnx_operator onnx_softplus = {"Softplus", 1, ONNX_ON_TENSORS,
                                            read_softplus, NULL};
const struct onnx_operator onnx_sub = {"Sub", 2, ONNX_ON_TENSORS, read_sub, NULL};
const struct onnx_operator onnx_tanh = {"Tanh", 1, ONNX_ON_TENSORS, read_tanh, NULL};
