#include "core/rewrite/equalisation.h"

#include "core/base/memory.h"
#include "core/network/batchnorm.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- pairs -------------------------------------------------------------------------------- */

/* The only layer that reads a tensor; -1: there is none, or more than one. */
static int only_reader(const struct network *network, int tensor)
{
    int reader = -1, times = tensor == network->output;

    for (int layer = 0; layer < network->layer_count; layer++)
        for (int i = 0; i < network->layers[layer].input_count; i++)
            if (network->layers[layer].inputs[i] == tensor) {
                reader = layer;
                times++;
            }
    return times == 1 ? reader : -1;
}

static bool has_quantized_weights(const struct network *network,
                                  const struct placement *placement, int layer)
{
    return layer >= 0 && network->layers[layer].kind == LAYER_CONV &&
           placement_of_weights(placement, layer, 0) >= 0;
}

/* Whether the layer's channels may be of any size but for its clamp, and the next is of a pair too.
 */
static int second_of_pair(const struct network *network,
                          const struct placement *placement, int first)
{
    const struct layer *layer = &network->layers[first];
    int second;

    if (!has_quantized_weights(network, placement, first) || layer->conv.has_residual)
        return -1;
    second = only_reader(network, layer->output);
    if (!has_quantized_weights(network, placement, second) ||
        network->layers[second].inputs[0] != layer->output ||
        (layer->low != 0 && layer->low != -INFINITY))
        return -1;
    return second;
}

struct equalisation_pairs equalisation_find_pairs(const struct network *network,
                                                  const struct placement *placement)
{
    struct equalisation_pairs pairs = {
        .list = memory_get((size_t)network->layer_count * sizeof *pairs.list),
        .clamped = -1,
    };

    for (int first = 0; first < network->layer_count; first++) {
        int second = second_of_pair(network, placement, first);

        if (second < 0)
            continue;
        if (network->layers[first].high == INFINITY)
            pairs.list[pairs.count++] = (struct layer_pair){first, second};
        else if (pairs.clamped_count++ == 0)
            pairs.clamped = first;
    }
    return pairs;
}

void equalisation_pairs_clear(struct equalisation_pairs *pairs)
{
    free(pairs->list);
    *pairs = (struct equalisation_pairs){0};
}

/* ---- keeping ------------------------------------------------------------------------------ */

/* All of a convolution that equalisation changes; NULL: of another layer, or without batch norm. */
struct layer_constants {
    float *weights, *shift, *mean, *variance;
};

static size_t weights_bytes(const struct layer *layer)
{
    return weights_count(layer->weights) * sizeof(float);
}

static size_t channels_bytes(const struct layer *layer)
{
    return (size_t)layer->weights->outputs * sizeof(float);
}

static struct layer_constants copy_constants(const struct layer *layer)
{
    struct layer_constants copy = {0};

    if (layer->kind != LAYER_CONV)
        return copy;
    copy.weights = memory_copy(layer->weights->values, weights_bytes(layer));
    copy.shift = memory_copy(layer->conv.shift, channels_bytes(layer));
    if (layer->batchnorm) {
        copy.mean = memory_copy(layer->batchnorm->mean, channels_bytes(layer));
        copy.variance = memory_copy(layer->batchnorm->variance, channels_bytes(layer));
    }
    return copy;
}

static void put_back(const struct layer_constants *copy, struct layer *layer)
{
    if (layer->kind != LAYER_CONV)
        return;
    memcpy(layer->weights->values, copy->weights, weights_bytes(layer));
    memcpy(layer->conv.shift, copy->shift, channels_bytes(layer));
    if (layer->batchnorm) {
        memcpy(layer->batchnorm->mean, copy->mean, channels_bytes(layer));
        memcpy(layer->batchnorm->variance, copy->variance, channels_bytes(layer));
    }
}

static void keep(const struct network *network, struct equalisation *equalisation)
{
    size_t layers = (size_t)network->layer_count;

    *equalisation = (struct equalisation){
        .before = memory_zeroed(layers, sizeof *equalisation->before),
        .layer_count = network->layer_count,
    };
    for (size_t layer = 0; layer < layers; layer++)
        equalisation->before[layer] = copy_constants(&network->layers[layer]);
}

void equalisation_clear(struct equalisation *equalisation)
{
    for (int layer = 0; layer < equalisation->layer_count; layer++) {
        free(equalisation->before[layer].weights);
        free(equalisation->before[layer].shift);
        free(equalisation->before[layer].mean);
        free(equalisation->before[layer].variance);
    }
    free(equalisation->before);
    *equalisation = (struct equalisation){0};
}

void network_undo_equalisation(struct network *network,
                               struct equalisation *equalisation)
{
    for (int layer = 0; layer < equalisation->layer_count; layer++)
        put_back(&equalisation->before[layer], &network->layers[layer]);
    equalisation_clear(equalisation);
}

/* ---- equalising --------------------------------------------------------------------------- */

/* The weights of a convolution that read input channel `channel`: `run` of consecutive output
 * channels from `first` on, of each every `stride`th weight from `at` on. */
struct input_weights {
    int first, run, stride, at;
};

static struct input_weights weights_of_input(const struct weights *weights, int channel)
{
    int group_inputs = weights->inputs;
    int group_outputs = weights->outputs / weights->groups;

    return (struct input_weights){
        .first = channel / group_inputs * group_outputs,
        .run = group_outputs,
        .stride = group_inputs,
        .at = channel % group_inputs,
    };
}

/* The largest magnitude of the weights that read a channel. */
static double range_of_input(const struct layer *layer, int channel)
{
    struct input_weights of = weights_of_input(layer->weights, channel);
    size_t count = weights_per_output(layer->weights);
    double most = 0;

    for (int output = of.first; output < of.first + of.run; output++) {
        const float *weights = layer->weights->values + (size_t)output * count;

        for (size_t i = (size_t)of.at; i < count; i += (size_t)of.stride)
            most = fmax(most, fabs((double)weights[i]));
    }
    return most;
}

static void multiply_input(struct layer *layer, int channel, double by)
{
    struct input_weights of = weights_of_input(layer->weights, channel);
    size_t count = weights_per_output(layer->weights);

    for (int output = of.first; output < of.first + of.run; output++) {
        float *weights = layer->weights->values + (size_t)output * count;

        for (size_t i = (size_t)of.at; i < count; i += (size_t)of.stride)
            weights[i] = (float)(weights[i] * by);
    }
}

static double range_of_output(const struct layer *layer, int channel)
{
    size_t count = weights_per_output(layer->weights);
    const float *weights = layer->weights->values + (size_t)channel * count;
    double most = 0;

    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs((double)weights[i]));
    return most;
}

/* A deviation that contains epsilon is divided as a whole. */
static void divide_statistics(struct batchnorm *batchnorm, int channel, double by)
{
    double epsilon = batchnorm->epsilon;
    double variance = batchnorm->variance[channel] + epsilon;

    assert(!batchnorm->scale);
    batchnorm->mean[channel] = (float)(batchnorm->mean[channel] / by);
    batchnorm->variance[channel] = (float)(variance / (by * by) - epsilon);
}

static void divide_output(struct layer *layer, int channel, double by)
{
    size_t count = weights_per_output(layer->weights);
    float *weights = layer->weights->values + (size_t)channel * count;

    for (size_t i = 0; i < count; i++)
        weights[i] = (float)(weights[i] / by);
    layer->conv.shift[channel] = (float)(layer->conv.shift[channel] / by);
    if (layer->batchnorm)
        divide_statistics(layer->batchnorm, channel, by);
}

/* The largest s of a channel: it leaves a variance of zero. Below that epsilon would be most of a sum
 * that is nearly zero, of which floats keep no digits. */
static double largest_divisor(const struct layer *layer, int channel)
{
    const struct batchnorm *batchnorm = layer->batchnorm;

    if (!batchnorm)
        return INFINITY;
    return sqrt(1 + fmax(batchnorm->variance[channel], 0) / (double)batchnorm->epsilon);
}

/* Returns how far from 1 the farthest s was, as a logarithm. */
static double equalize_pair(struct layer *first, struct layer *second)
{
    double farthest = 0;

    for (int channel = 0; channel < first->weights->outputs; channel++) {
        double r1 = range_of_output(first, channel);
        double r2 = range_of_input(second, channel);
        double s = fmin(sqrt(r1 / r2), largest_divisor(first, channel));

        if (r1 == 0 || r2 == 0)
            continue;
        divide_output(first, channel, s);
        multiply_input(second, channel, s);
        farthest = fmax(farthest, fabs(log(s)));
    }
    return farthest;
}

void network_equalize(struct network *network, const struct equalisation_pairs *pairs,
                      struct equalisation *equalisation)
{
    enum { ROUNDS_MOST = 40 };
    static const double near = 1e-3;
    double farthest = INFINITY;

    keep(network, equalisation);
    for (int round = 0; round < ROUNDS_MOST && farthest > near; round++) {
        farthest = 0;
        for (int i = 0; i < pairs->count; i++)
            farthest =
                fmax(farthest, equalize_pair(&network->layers[pairs->list[i].first],
                                             &network->layers[pairs->list[i].second]));
    }
}
