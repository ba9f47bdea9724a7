#include "core/export/qdq_plain.h"

#include "core/base/memory.h"
#include "core/export/coded_weights.h"
#include "core/layer/weight_ratios.h"

#include <math.h>
#include <stdlib.h>

/* The integer of the value at `at`, put in place of that of the case; false where it is that of none. */
static bool take_integer(struct coded_weights *weights, const float *values, size_t at,
                         size_t count)
{
    float correction = weights->corrections ? weights->corrections[at / count] : 0;
    float integer = rintf((values[at] - correction) / weights->steps[at / count]);

    if (coded_weights_value(weights, at, count) == values[at])
        return true;
    if (!(fabsf(integer) <= INT16_MAX))
        return false;
    weights->integers[at] = (int16_t)integer;
    return coded_weights_value(weights, at, count) == values[at];
}

static void take(struct conv *theirs, struct coded_weights *weights, size_t count)
{
    size_t channels = (size_t)theirs->out_channels;

    for (size_t i = 0; i < channels * count; i++)
        if (!take_integer(weights, theirs->weights, i, count))
            return;
    for (size_t i = 0; i < channels * count; i++)
        theirs->weights[i] = (float)weights->integers[i] * weights->steps[i / count];
    theirs->steps = memory_copy(weights->steps, channels * sizeof *theirs->steps);
    if (weights->corrections)
        theirs->corrections =
            memory_copy(weights->corrections, channels * sizeof *theirs->corrections);
}

static bool is_plain(const struct layer *ours, const struct layer *theirs)
{
    return theirs->kind == LAYER_CONV && !theirs->conv.steps &&
           theirs->conv.out_channels == ours->conv.out_channels &&
           layer_window_count(theirs) == layer_window_count(ours);
}

void qdq_take_plain(const struct network *network, const struct placement *placement,
                    const float *steps, const struct weight_rules *rules,
                    struct network *file)
{
    for (int item = 0; item < placement->count; item++) {
        const struct quantized_tensor *tensor = &placement->items[item];
        const struct quantizer quantizer = {tensor->grid, tensor->bits, steps[item]};
        const struct layer *ours = &network->layers[tensor->index];
        struct weight_rules of_layer;
        struct coded_weights weights;

        if (!tensor->is_weight || tensor->index >= file->layer_count ||
            !is_plain(ours, &file->layers[tensor->index]))
            continue;
        of_layer = placement_weight_rules(placement, tensor->index, rules);
        coded_weights_init(&weights, ours, &of_layer, &quantizer, false);
        take(&file->layers[tensor->index].conv, &weights, layer_window_count(ours));
        coded_weights_clear(&weights);
    }
}
