#include "core/export/qdq_plain.h"

#include "core/base/memory.h"
#include "core/export/coded_weights.h"
#include "core/layer/weight_ratios.h"
#include "core/network/layer_kind.h"

#include <math.h>
#include <stdlib.h>

/* The integer of the value at `at`, put in place of that of the case; false where it is that of none. */
static bool take_integer(struct coded_weights *weights, const float *values, size_t at,
                         size_t count)
{
    float correction = weights->corrections ? weights->corrections[at / count] : 0;
    float integer = rintf((values[at] - correction) / coded_weights_step(weights, at));

    if (coded_weights_value(weights, at, count) == values[at])
        return true;
    if (!(fabsf(integer) <= INT16_MAX))
        return false;
    weights->integers[at] = (int16_t)integer;
    return coded_weights_value(weights, at, count) == values[at];
}

static void take(struct weights *theirs, struct coded_weights *weights)
{
    size_t channels = (size_t)theirs->outputs, count = weights_per_output(theirs);

    for (size_t i = 0; i < weights_count(theirs); i++)
        if (!take_integer(weights, theirs->values, i, count))
            return;
    for (size_t i = 0; i < weights_count(theirs); i++)
        theirs->values[i] =
            (float)weights->integers[i] * coded_weights_step(weights, i);
    theirs->steps = memory_copy(weights->steps, step_layout_count(&weights->layout) *
                                                    sizeof *theirs->steps);
    theirs->block = weights->block;
    if (weights->corrections)
        theirs->corrections =
            memory_copy(weights->corrections, channels * sizeof *theirs->corrections);
}

static bool is_plain(const struct layer *ours, const struct layer *theirs)
{
    return layer_multiplies(theirs) && !theirs->weights->steps &&
           theirs->weights->outputs == ours->weights->outputs &&
           weights_per_output(theirs->weights) == weights_per_output(ours->weights);
}

void qdq_take_plain(const struct network *network, const struct placement *placement,
                    const struct choice *choices, const struct weight_rules *rules,
                    struct network *file)
{
    for (int item = 0; item < placement->count; item++) {
        const struct quantized_tensor *tensor = &placement->items[item];
        const struct quantizer quantizer = choice_quantizer(choices[item]);
        const struct layer *ours = &network->layers[tensor->index];
        struct weight_rules of_layer;
        struct coded_weights weights;

        if (!tensor->is_weight || tensor->index >= file->layer_count ||
            !is_plain(ours, &file->layers[tensor->index]))
            continue;
        of_layer = placement_weight_rules(tensor, rules);
        coded_weights_init(&weights, ours->weights, &of_layer, &quantizer, 8);
        take(file->layers[tensor->index].weights, &weights);
        coded_weights_clear(&weights);
    }
}
