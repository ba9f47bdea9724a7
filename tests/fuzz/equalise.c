/* Weights of neighbouring layers made alike by channel: s = sqrt(r1 / r2), again and again (Nagel et al.
 * 2019, arXiv:1906.04721). */
#include "tests/fuzz/layers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_quantized(const struct found *found, const struct layer_of_sums *one)
{
    struct found_step step = {.channel_steps = NULL};
    bool is = found_step_of(found, one->weight_name, true, &step);

    free(step.channel_steps);
    return is;
}

/* A clamp that is zero or nothing below and nothing above. */
static bool is_open_clamp(const struct graph *graph, const struct node *node)
{
    const struct array *low = node->input_count > 1 && node->inputs[1] >= 0
                                  ? graph->values[node->inputs[1]].constant
                                  : NULL;

    if (strcmp(node->op, "Relu") == 0)
        return true;
    if (strcmp(node->op, "Max") == 0)
        return low && low->values[0] == 0;
    if (strcmp(node->op, "Clip") != 0 || node_attribute(node, "max") ||
        (node->input_count > 2 && node->inputs[2] >= 0))
        return false;
    return low ? low->values[0] == 0 : node_real(node, "min", -INFINITY) == 0;
}

/* One of a single element is as good as a row of features. */
static bool is_image(const int *shape)
{
    return shape[0] == 4 && (shape[2] != 1 || shape[3] != 1 || shape[4] != 1);
}

/* The row of features that an image [N, 1, 1, W] becomes, which a product gave; else `value`. */
static int as_features(const struct layers *layers, int value)
{
    const int *shape = layers->shapes[value];
    int reader;

    if (!is_image(shape) || shape[2] != 1 || shape[3] != 1 ||
        graph_readers(layers->graph, value, &reader) != 1 ||
        layers->shapes[layers->graph->nodes[reader].output][0] != 2)
        return value;
    return layers->graph->nodes[reader].output;
}

/* Whether zeros come between what a layer reads and what it multiplies: there are none between one element
 * and the next where there is no next. */
static bool spreads(const struct layers *layers, const struct layer_of_sums *one)
{
    const struct node *node = &layers->graph->nodes[one->node];
    const Onnx__AttributeProto *strides = node_attribute(node, "strides");
    const int *shape = layers->shapes[node->inputs[0]];

    for (int axis = 0; strides && axis < 2; axis++)
        if (strides->ints[axis] > 1 && shape[3 + axis] > 1)
            return strcmp(node->op, "ConvTranspose") == 0;
    return false;
}

/* The layer that alone reads what another gives, through a ReLU or nothing. */
static struct layer_of_sums *next_of(struct layers *layers,
                                     const struct layer_of_sums *one)
{
    int value = one->is_product ? as_features(layers, one->output) : one->output;
    int from = value, reader = layers_only_reader(layers, &value);
    struct layer_of_sums *next;

    if (one->is_recurrent)
        return NULL;
    if (reader >= 0 && is_open_clamp(layers->graph, &layers->graph->nodes[reader])) {
        value = layers->graph->nodes[reader].output;
        value = one->is_product ? as_features(layers, value) : value;
        from = value;
        reader = layers_only_reader(layers, &value);
    }
    if (reader < 0 || layers->of_node[reader] < 0 ||
        layers->graph->nodes[reader].inputs[0] != value)
        return NULL;
    next = &layers->list[layers->of_node[reader]];
    if (spreads(layers, next))
        return NULL;
    /* Products of images have their channels elsewhere. */
    if ((one->is_product && is_image(layers->shapes[from])) ||
        (next->is_product && is_image(layers->shapes[value])))
        return NULL;
    return next;
}

/* Calls for each weight that reads input channel `channel`: their largest magnitude; multiplies them. */
static double of_input(const struct layers *layers, struct layer_of_sums *one,
                       int channel, double by)
{
    int64_t groups = node_integer(&layers->graph->nodes[one->node], "group", 1);
    int64_t ins = one->weights->dims[1], outs = one->outputs / groups;
    size_t window = array_span(one->weights, 2, one->weights->rank);
    double most = 0;

    for (int64_t out = channel / ins * outs; out < (channel / ins + 1) * outs; out++)
        for (size_t k = 0; k < window; k++) {
            double *weight =
                &one->weights->values[(size_t)(out * ins + channel % ins) * window + k];

            *weight *= by;
            most = fmax(most, fabs(*weight));
        }
    return most;
}

static double of_output(struct layer_of_sums *one, int channel, double by)
{
    size_t window = one->weights->count / (size_t)one->outputs;
    double most = 0;

    for (size_t k = 0; k < window; k++) {
        double *weight = &one->weights->values[(size_t)channel * window + k];

        *weight *= by;
        most = fmax(most, fabs(*weight));
    }
    return most;
}

static double make_alike(const struct layers *layers, struct layer_of_sums *first,
                         struct layer_of_sums *second)
{
    double farthest = 0;

    for (int channel = 0; channel < first->outputs; channel++) {
        double r1 = of_output(first, channel, 1),
               r2 = of_input(layers, second, channel, 1);
        double s = sqrt(r1 / r2);

        if (first->deviation && first->epsilon > 0) /* the variance stays 0 or more */
            s = fmin(s, fmax(1, first->deviation[channel] / sqrt(first->epsilon)));
        if (r1 == 0 || r2 == 0)
            continue;
        of_output(first, channel, 1 / s);
        of_input(layers, second, channel, s);
        first->shift[channel] /= s;
        if (first->mean) {
            first->mean[channel] /= s;
            first->deviation[channel] /= s;
        }
        farthest = fmax(farthest, fabs(log(s)));
    }
    return farthest;
}

/* Each round multiplied in float. */
static void set_errors(struct layer_of_sums *one)
{
    for (size_t i = 0; i < one->weights->count; i++)
        one->weights->errors[i] += 0x1p-21 * fabs(one->weights->values[i]);
}

void layers_equalise(struct layers *layers, const struct found *found)
{
    enum { ROUNDS_MOST = 40 };
    double farthest = INFINITY;

    for (int round = 0; round < ROUNDS_MOST && farthest > 1e-3; round++) {
        farthest = 0;
        for (int i = 0; i < layers->count; i++) {
            struct layer_of_sums *one = &layers->list[i], *next = next_of(layers, one);

            if (!next || !is_quantized(found, one) || !is_quantized(found, next))
                continue;
            farthest = fmax(farthest, make_alike(layers, one, next));
            if (round == 0) {
                set_errors(one);
                set_errors(next);
            }
        }
    }
}
