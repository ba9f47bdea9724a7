#include "core/export/qdq_folded.h"

#include "core/export/coded_weights.h"
#include "core/layer/weight_ratios.h"
#include "core/network/early_codes.h"
#include "core/network/kernel_rounding.h"

#include <stdlib.h>

/* A layer of the case, and what an export makes of its weights. */
struct layer_pair {
    const struct layer *ours;
    struct layer *theirs;
    size_t count; /* weights of a channel */
    float input_step;
    bool rounds_shifts; /* kernel_rounding_has() */
    struct coded_weights searched, folded;
};

static bool has_integers(const struct layer_pair *pair, size_t channel)
{
    const struct weights *theirs = pair->theirs->weights;
    float step = pair->folded.steps[channel];
    size_t first = channel * pair->count;

    for (size_t i = first; i < first + pair->count; i++)
        if (theirs->values[i] != (float)pair->folded.integers[i] * step)
            return false;
    return theirs->steps[channel] == step;
}

/* What an export writes as the shift of a channel. */
static float written_shift(const struct layer_pair *pair, size_t channel)
{
    float unit = pair->input_step * pair->folded.steps[channel];

    return pair->rounds_shifts
               ? unit * (float)coded_shift(&pair->folded, &pair->ours->conv,
                                           pair->input_step, channel)
               : pair->ours->conv.shift[channel];
}

/* A shift that is another stays as much apart from the case's. */
static void take_out(const struct layer_pair *pair, size_t channel)
{
    struct weights *theirs = pair->theirs->weights;
    struct conv *conv = &pair->theirs->conv;
    size_t first = channel * pair->count;

    theirs->steps[channel] = pair->searched.steps[channel];
    for (size_t i = first; i < first + pair->count; i++)
        theirs->values[i] =
            (float)pair->searched.integers[i] * pair->searched.steps[channel];
    conv->scale[channel] = pair->ours->conv.scale[channel];
    conv->shift[channel] = pair->ours->conv.shift[channel] +
                           (conv->shift[channel] - written_shift(pair, channel));
}

static void unfold(const struct layer_pair *pair)
{
    for (size_t channel = 0; channel < (size_t)pair->ours->weights->outputs; channel++)
        if (pair->theirs->conv.scale[channel] == 1 && has_integers(pair, channel))
            take_out(pair, channel);
}

static bool is_alike(const struct layer *ours, const struct layer *theirs)
{
    return theirs->kind == LAYER_CONV && theirs->weights->steps &&
           theirs->weights->outputs == ours->weights->outputs &&
           weights_per_output(theirs->weights) == weights_per_output(ours->weights);
}

void qdq_unfold(const struct network *network, const struct placement *placement,
                const struct choice *choices, const struct weight_rules *rules,
                struct network *file)
{
    int *held = early_codes(network, placement);
    const struct kernel_rounding rounding = {network, placement, rules, held, choices};

    for (int item = 0; item < placement->count; item++) {
        const struct quantized_tensor *tensor = &placement->items[item];
        struct quantizer quantizer = choice_quantizer(choices[item]);
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
        pair = (struct layer_pair){.ours = ours,
                                   .theirs = &file->layers[tensor->index],
                                   .count = weights_per_output(ours->weights),
                                   .input_step = choices[input].step,
                                   .rounds_shifts =
                                       kernel_rounding_has(&rounding, tensor->index)};
        of_layer = placement_weight_rules(tensor, rules);
        coded_weights_init(&pair.searched, ours->weights, &of_layer, &quantizer, 8);
        coded_weights_init(&pair.folded, ours->weights, &of_layer, &quantizer, 8);
        if (coded_weights_fold(&pair.folded, ours, pair.input_step))
            unfold(&pair);
        coded_weights_clear(&pair.searched);
        coded_weights_clear(&pair.folded);
    }
    free(held);
}
