#include "tests/fuzz/layers.h"

#include "core/base/memory.h"
#include "tests/fuzz/recurrent.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_op(const struct node *node, const char *op)
{
    return strcmp(node->op, op) == 0;
}

static bool is_conv(const struct node *node)
{
    return is_op(node, "Conv") || is_op(node, "ConvTranspose");
}

/* ---- finding ---------------------------------------------------------------------------------- */

static const struct array *constant_of(const struct graph *graph,
                                       const struct node *node, int input)
{
    if (input >= node->input_count || node->inputs[input] < 0)
        return NULL;
    return graph->values[node->inputs[input]].constant;
}

/* Weights as [out, in, ...], with the factor that a Gemm has. */
static struct array *weights_of(const struct graph *graph, const struct node *node)
{
    const struct array *from = constant_of(graph, node, 1);
    float alpha = (float)node_real(node, "alpha", 1);
    bool is_transposed = node_integer(node, "transB", 0) != 0;
    struct array *weights;
    int64_t ins, outs;

    if (is_op(node, "Conv"))
        return array_copy(from);
    if (is_op(node, "ConvTranspose"))
        return weights_turned(from, node_integer(node, "group", 1));
    ins = from->dims[from->rank - (is_transposed ? 1 : 2)];
    outs = from->dims[from->rank - (is_transposed ? 2 : 1)];
    weights = array_create(from->type, 2, (const int64_t[]){outs, ins});
    for (int64_t i = 0; i < outs * ins; i++) {
        int64_t out = i / ins, in = i % ins;

        weights->values[i] =
            alpha * (float)from->values[is_transposed ? i : in * outs + out];
    }
    return weights;
}

static void take_bias(const struct graph *graph, const struct node *node,
                      struct layer_of_sums *one)
{
    const struct array *bias =
        is_op(node, "MatMul") ? NULL : constant_of(graph, node, 2);

    for (int i = 0; bias && i < one->outputs; i++)
        one->shift[i] =
            node_real(node, "beta", 1) * bias->values[bias->count == 1 ? 0 : (size_t)i];
}

/* The constant of a channel of a value of that shape. */
static double of_channel(const struct array *constant, const int *shape, int channel)
{
    struct array whole = {.rank = shape[0], .count = 1};
    int axis = shape[0] == 3 ? 2 : 1;
    size_t index = (size_t)channel;

    for (int i = 0; i < whole.rank; i++)
        whole.dims[i] = shape[1 + i];
    index *= array_span(&whole, axis + 1, whole.rank);
    return constant->values[array_stretched_index(constant, &whole, index)];
}

/* The scale and shift of a channel that a node stands for; false: none. */
static bool coefficients(const struct graph *graph, const struct node *node,
                         const int *shape, int channel, double *scale, double *shift)
{
    const struct array *last = constant_of(graph, node, 1);
    const struct array *first = constant_of(graph, node, 0);
    const struct array *c = last ? last : first;
    double number;

    *scale = 1;
    *shift = 0;
    if (is_op(node, "BatchNormalization")) {
        const struct array *mean = constant_of(graph, node, 3);
        const struct array *variance = constant_of(graph, node, 4);

        *scale = last->values[channel] /
                 sqrt(variance->values[channel] + node_real(node, "epsilon", 1e-5f));
        *shift = constant_of(graph, node, 2)->values[channel] -
                 mean->values[channel] * *scale;
        return true;
    }
    if (!c || node->input_count != 2)
        return false;
    number = of_channel(c, shape, channel);
    if (is_op(node, "Add"))
        *shift = number;
    else if (is_op(node, "Sub") && last)
        *shift = -number;
    else if (is_op(node, "Sub")) {
        *scale = -1;
        *shift = number;
    } else if (is_op(node, "Mul"))
        *scale = number;
    else if (is_op(node, "Div") && last)
        *scale = 1 / number;
    else
        return false;
    return true;
}

static bool is_unscaled(const struct layer_of_sums *one)
{
    for (int i = 0; i < one->outputs; i++)
        if (one->scale[i] != 1)
            return false;
    return true;
}

static void take_norm(const struct graph *graph, const struct node *node,
                      struct layer_of_sums *one)
{
    size_t bytes = (size_t)one->outputs * sizeof *one->mean;

    if (!is_op(node, "BatchNormalization") || one->mean || !is_unscaled(one))
        return;
    one->mean = memory_get(bytes);
    one->deviation = memory_get(bytes);
    one->epsilon = node_real(node, "epsilon", 1e-5f);
    for (int i = 0; i < one->outputs; i++) {
        one->mean[i] = constant_of(graph, node, 3)->values[i] - one->shift[i];
        one->deviation[i] = sqrt(constant_of(graph, node, 4)->values[i] + one->epsilon);
    }
}

/* Takes the node behind the layer into it. */
static bool take_next(struct layers *layers, struct layer_of_sums *one)
{
    const struct graph *graph = layers->graph;
    int value = one->output, reader = layers_only_reader(layers, &value);
    const struct node *node = reader < 0 ? NULL : &graph->nodes[reader];
    double scale, shift;

    /* Of products of four dimensions what follows has its channels elsewhere. */
    if (!node || (one->is_product && layers->shapes[value][0] == 4) ||
        !coefficients(graph, node, layers->shapes[value], 0, &scale, &shift))
        return false;
    take_norm(graph, node, one);
    for (int i = 0; i < one->outputs; i++) {
        coefficients(graph, node, layers->shapes[value], i, &scale, &shift);
        one->scale[i] *= scale;
        one->shift[i] = one->shift[i] * scale + shift;
    }
    one->output = node->output;
    layers->is_inside[reader] = true;
    return true;
}

/* One that has no scales and shifts yet, of the node's input `input`. */
static struct layer_of_sums *begin_layer(struct layers *layers, int index, int input,
                                         struct array *weights)
{
    const struct node *node = &layers->graph->nodes[index];
    struct layer_of_sums *one = &layers->list[layers->count++];
    size_t outputs;

    *one = (struct layer_of_sums){
        .node = index,
        .output = node->output,
        .weight_name = layers->graph->values[node->inputs[input]].name,
        .is_product = !is_conv(node),
        .is_turned = is_op(node, "ConvTranspose"),
        .is_recurrent = node_recurs(node),
        .of_states = -1,
        .weights = weights,
    };
    one->outputs = (int)one->weights->dims[0];
    outputs = (size_t)one->outputs;
    one->scale = memory_get(outputs * sizeof *one->scale);
    one->shift = memory_zeroed(outputs, sizeof *one->shift);
    one->shift_errors = memory_zeroed(outputs, sizeof *one->shift_errors);
    for (size_t i = 0; i < outputs; i++)
        one->scale[i] = 1;
    return one;
}

static void add_layer(struct layers *layers, int index)
{
    const struct node *node = &layers->graph->nodes[index];

    struct layer_of_sums *one =
        begin_layer(layers, index, 1, weights_of(layers->graph, node));

    layers->of_node[index] = layers->count - 1;
    take_bias(layers->graph, node, one);
    while (take_next(layers, one))
        ;
}

/* Two: what the gates get of the input, and of the states. */
static void add_recurrent(struct layers *layers, int index)
{
    const struct node *node = &layers->graph->nodes[index];
    const struct array *inputs[NODE_INPUTS_MAX];
    struct layer_of_sums *of_input, *of_states;

    if (node->twin >= 0) {
        layers->of_node[index] = layers->of_node[node->twin];
        return;
    }
    for (int i = 0; i < node->input_count; i++)
        inputs[i] = constant_of(layers->graph, node, i);
    of_input = begin_layer(layers, index, 1, recurrent_weights(inputs[1]));
    of_states = begin_layer(layers, index, 2, recurrent_weights(inputs[2]));
    recurrent_biases(node, inputs, of_input->outputs, of_input->shift,
                     of_states->shift);
    of_input->of_states = layers->count - 1;
    layers->of_node[index] = layers->count - 2;
}

void layers_find(struct layers *layers, const struct graph *graph,
                 int (*shapes)[ARRAY_RANK_MAX + 1])
{
    size_t nodes = (size_t)graph->node_count;

    *layers = (struct layers){
        .graph = graph,
        .list = memory_zeroed(2 * nodes, sizeof *layers->list),
        .of_node = memory_get(nodes * sizeof *layers->of_node),
        .is_inside = memory_zeroed(nodes, sizeof *layers->is_inside),
        .shapes = shapes,
    };
    for (int i = 0; i < graph->node_count; i++) {
        const struct node *node = &graph->nodes[i];
        bool multiplies = is_conv(node) || is_op(node, "Gemm") || is_op(node, "MatMul");

        layers->of_node[i] = -1;
        if (multiplies && !graph->values[node->output].constant &&
            constant_of(graph, node, 1))
            add_layer(layers, i);
        else if (node_recurs(node))
            add_recurrent(layers, i);
    }
}

void layers_clear(struct layers *layers)
{
    for (int i = 0; i < layers->count; i++) {
        struct layer_of_sums *one = &layers->list[i];

        array_destroy(one->weights);
        array_destroy(one->rounded);
        free(one->magnitudes);
        free(one->scale);
        free(one->shift);
        free(one->mean);
        free(one->deviation);
        free(one->shift_errors);
    }
    free(layers->list);
    free(layers->of_node);
    free(layers->is_inside);
}

/* ---- treating --------------------------------------------------------------------------------- */

static void fold(struct layer_of_sums *one, const struct trial *trial)
{
    size_t window = one->weights->count / (size_t)one->outputs;
    bool is_one = is_unscaled(one);

    for (size_t i = 0; i < one->weights->count; i++) {
        one->weights->values[i] *= one->scale[i / window];
        if (fabs(one->weights->values[i]) < 0x1p-126) /* floats end there */
            one->weights->values[i] = (float)one->weights->values[i];
        if (!is_one)
            one->weights->errors[i] += 2 * trial->unit * fabs(one->weights->values[i]);
    }
    for (int i = 0; i < one->outputs; i++)
        one->scale[i] = 1;
    free(one->mean);
    free(one->deviation);
    one->mean = one->deviation = NULL;
}

/* The statistics that were measured in place of those that were trained. */
static void put_statistics(struct layer_of_sums *one, const struct found *found,
                           const char *name)
{
    size_t count;
    double *mean = found_numbers(found, "batchnorms", name, "mean_hex", &count);
    double *variance = found_numbers(found, "batchnorms", name, "variance_hex", &count);

    for (int i = 0; one->mean && mean && i < one->outputs; i++) {
        double scale =
            one->scale[i] * one->deviation[i] / sqrt(variance[i] + one->epsilon);

        one->shift[i] += one->scale[i] * one->mean[i] - scale * mean[i];
        one->scale[i] = scale;
    }
    free(mean);
    free(variance);
}

static void put_shift(struct layer_of_sums *one, const struct found *found,
                      const char *name)
{
    size_t count;
    double *shift = found_numbers(found, "bias_shifts", name, "shift_hex", &count);

    for (int i = 0; shift && i < one->outputs; i++)
        one->shift[i] += shift[i];
    free(shift);
}

/* A file has no scale for each channel of a ConvTranspose in groups, nor a runtime an integer kernel, nor one of
 * a recurrence. */
static bool may_round_shifts(const struct node *node)
{
    return !node_recurs(node) &&
           (!is_op(node, "ConvTranspose") || node_integer(node, "group", 1) == 1);
}

void layers_treat(struct layers *layers, const struct found *found, struct trial *trial)
{
    bool folds = strcmp(found_setting(found, "model.batchnorm"), "fold") == 0;

    for (int i = 0; folds && i < layers->count; i++)
        fold(&layers->list[i], trial);
    if (found_treatment(found, "equalized"))
        layers_equalise(layers, found);
    for (int i = 0; i < layers->count; i++) {
        struct layer_of_sums *one = &layers->list[i];
        const struct node *node = &layers->graph->nodes[one->node];

        layer_round(one, found, trial);
        if (one->is_recurrent && one->of_states < 0)
            continue;
        put_statistics(one, found, node->name);
        put_shift(one, found, node->name);
        if (may_round_shifts(node))
            layer_round_shifts(one, found);
    }
}

struct array *layer_compute(const struct layers *layers,
                            const struct layer_of_sums *one, const struct trial *trial,
                            const struct array *x)
{
    const struct array *weights = one->rounded ? one->rounded : one->weights;
    const struct node *node = &layers->graph->nodes[one->node];
    struct array *result = one->is_product ? multiplied(trial, x, weights, true)
                                           : convolved(trial, node, x, weights);
    int axis = one->is_product ? result->rank - 1 : 1;
    size_t area = array_span(result, axis + 1, result->rank);

    for (size_t i = 0; i < result->count; i++) {
        size_t channel = i / area % (size_t)one->outputs;
        double product = result->values[i] * one->scale[channel];

        result->values[i] = product + one->shift[channel];
        result->errors[i] =
            fabs(one->scale[channel]) * result->errors[i] +
            4 * trial->unit * (fabs(product) + fabs(one->shift[channel])) +
            one->shift_errors[channel] + 1e-37;
        /* Codes count from the lowest one; what that adds is taken away in float. */
        if (one->magnitudes)
            result->errors[i] += (double)(2 + one->blocks) * trial->unit *
                                 fabs(one->scale[channel]) * one->input_depth *
                                 one->magnitudes[channel];
        /* The shift is what is left of a mean that was taken away. */
        if (one->mean)
            result->errors[i] +=
                4 * trial->unit * fabs(one->mean[channel] * one->scale[channel]);
    }
    return result;
}
