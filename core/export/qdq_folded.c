#include "core/export/qdq_folded.h"

#include "core/export/coded_weights.h"
#include "core/layer/weight_ratios.h"
#include "core/network/early_codes.h"

#include <stdlib.h>

/* A layer of the case, and what an export makes of its weights. */
struct layer_pair {
    const struct conv *ours;
    struct conv *theirs;
    size_t count; /* weights of a channel */
    float input_step;
    struct coded_weights searched, folded;
};

static bool has_integers(const struct layer_pair *pair, size_t channel)
{
    float step = pair->folded.steps[channel];
    size_t first = channel * pair->count;

    for (size_t i = first; i < first + pair->count; i++)
        if (pair->theirs->weights[i] != (float)pair->folded.integers[i] * step)
            return false;
    return pair->theirs->steps[channel] == step;
}

static bool has_shift(const struct layer_pair *pair, size_t channel)
{
    float unit = pair->input_step * pair->folded.steps[channel];
    int32_t integer = coded_shift(&pair->folded, pair->ours, pair->input_step, channel);
    float theirs = pair->theirs->shift[channel];

    return theirs == pair->ours->shift[channel] || theirs == (float)integer * unit;
}

static void take_out(const struct layer_pair *pair, size_t channel)
{
    size_t first = channel * pair->count;

    pair->theirs->steps[channel] = pair->searched.steps[channel];
    for (size_t i = first; i < first + pair->count; i++)
        pair->theirs->weights[i] =
            (float)pair->searched.integers[i] * pair->searched.steps[channel];
    pair->theirs->scale[channel] = pair->ours->scale[channel];
    pair->theirs->shift[channel] = pair->ours->shift[channel];
}

static void unfold(const struct layer_pair *pair)
{
    for (size_t channel = 0; channel < (size_t)pair->ours->out_channels; channel++)
        if (pair->theirs->scale[channel] == 1 && has_integers(pair, channel) &&
            has_shift(pair, channel))
            take_out(pair, channel);
}

static bool is_alike(const struct layer *ours, const struct layer *theirs)
{
    return theirs->kind == LAYER_CONV && theirs->conv.steps &&
           theirs->conv.out_channels == ours->conv.out_channels &&
           layer_window_count(theirs) == layer_window_count(ours);
}

void qdq_unfold(const struct network *network, const struct placement *placement,
                const float *steps, const struct weight_rules *rules,
                struct network *file)
{
    int *held = early_codes(network, placement);

    for (int item = 0; item < placement->count; item++) {
        const struct quantized_tensor *tensor = &placement->items[item];
        struct quantizer quantizer = {tensor->grid, tensor->bits, steps[item]};
        const struct layer *ours;
        struct weight_rules of_layer;
        struct layer_pair pair;
        int input;

        if (!tensor->is_weight || tensor->index >= file->layer_count)
            continue;
        ours = &network->layers[tensor->index];
        input = held[ours->inputs[0]];
        if (input < 0 || !is_alike(ours, &file->layers[tensor->index]))
            continue;
        pair = (struct layer_pair){.ours = &ours->conv,
                                   .theirs = &file->layers[tensor->index].conv,
                                   .count = layer_window_count(ours),
                                   .input_step = steps[input]};
        of_layer = placement_weight_rules(placement, tensor->index, rules);
        coded_weights_init(&pair.searched, ours, &of_layer, &quantizer, false);
        coded_weights_init(&pair.folded, ours, &of_layer, &quantizer, false);
        if (coded_weights_fold(&pair.folded, ours, pair.input_step))
            unfold(&pair);
        coded_weights_clear(&pair.searched);
        coded_weights_clear(&pair.folded);
    }
    free(held);
}
