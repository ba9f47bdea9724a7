#include "core/network/cost_model.h"

#include "core/network/early_codes.h"
#include "core/network/layer_kind.h"

#include <math.h>
#include <stdlib.h>

/* Sums of values and of their bits. */
struct sums {
    double values, bits;
};

static int bits_of(const struct choice *choices, int item)
{
    return item < 0 ? BITS_FLOAT : choice_bits(choices[item]);
}

static void add(struct sums *sums, size_t values, int bits)
{
    sums->values += (double)values;
    sums->bits += (double)values * bits;
}

static double average(const struct sums *sums)
{
    return sums->values > 0 ? sums->bits / sums->values : BITS_FLOAT;
}

/* The item that a tensor has the codes of; 16 bits stay where they are rounded. */
static int item_of(const struct placement *placement, const int *held, int tensor)
{
    return held[tensor] >= 0 ? held[tensor] : placement->of_tensor[tensor];
}

static void add_weights(const struct network *network,
                        const struct placement *placement, int index,
                        const struct choice *choices, struct sums *sums,
                        struct cost *cost)
{
    const struct layer *layer = &network->layers[index];

    for (int which = 0; which < layer->weight_count; which++) {
        const struct weights *weights = &layer->weights[which];
        int item = placement_of_weights(placement, index, which);
        int bits = bits_of(choices, item);
        size_t steps = bits == BITS_FLOAT
                           ? 0
                           : placement_step_count(network, &placement->items[item]);

        add(sums, weights_count(weights), bits);
        cost->weight_bytes += ceil((double)weights_count(weights) * bits / 8) +
                              (double)(sizeof(float) * steps);
    }
}

static bool are_all(const float *values, int count, float value)
{
    for (int i = 0; values && i < count; i++)
        if (values[i] != value)
            return false;
    return true;
}

/* Floats behind the products of a layer, which no choice changes. */
static double floats_behind(const struct layer *layer)
{
    const struct recurrence *recurrence = &layer->recurrence;
    double floats = 0;

    if (layer->kind == LAYER_CONV) {
        int outputs = layer->weights->outputs;

        floats += are_all(layer->conv.scale, outputs, 1) ? 0 : outputs;
        floats += are_all(layer->conv.shift, outputs, 0) ? 0 : outputs;
    }
    if (layer_recurs(layer) && recurrence->bias)
        floats += layer->weights->outputs;
    if (layer_recurs(layer) && recurrence->peepholes)
        floats += 3.0 * recurrence->directions * recurrence->hidden;
    return floats;
}

static double bytes_of_activation_steps(const struct placement *placement,
                                        const struct choice *choices)
{
    double bytes = 0;

    for (int item = 0; item < placement->count; item++)
        if (!placement->items[item].is_weight && choices[item].step > 0)
            bytes += (double)sizeof(float) + (choices[item].grid == GRID_ASYMMETRIC);
    return bytes;
}

struct cost cost_model_of(const struct network *network,
                          const struct placement *placement,
                          const struct choice *choices)
{
    int *held = early_codes(network, placement);
    struct sums weights = {0}, activations = {0};
    struct cost cost = {.weight_bytes = bytes_of_activation_steps(placement, choices)};

    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];
        int multiplied = layer_multiplied(layer), bits;

        add_weights(network, placement, index, choices, &weights, &cost);
        cost.weight_bytes += (double)sizeof(float) * floats_behind(layer);
        if (layer->weight_count == 0 || !layer_multiplies(layer))
            continue;
        bits = bits_of(choices, item_of(placement, held, multiplied));
        add(&activations, network->tensors[multiplied].count, bits);
        cost.bit_operations +=
            (double)layer_macs(layer, network->tensors[layer->output].count) *
            bits_of(choices, placement_of_weights(placement, index, 0)) * bits;
    }
    free(held);
    cost.weight_bits = average(&weights);
    cost.activation_bits = average(&activations);
    return cost;
}
