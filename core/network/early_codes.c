#include "core/network/early_codes.h"

#include "core/base/memory.h"
#include "core/network/code_tensors.h"
#include "core/network/layer_kind.h"

/* Whether what a layer reads may be rounded before it instead of behind it. */
static bool rounds_before(const struct placement *placement, const struct layer *layer)
{
    return layer_passes_codes(layer) &&
           (placement->all_activations || layer_kind_of(layer)->is_rounded_before);
}

/* Whether what a layer reads, and is rounded, may be handed on: anything, or states of a recurrence, which are
 * not rounded again (placement.h). */
static bool may_hand_on(const struct network *network,
                        const struct placement *placement, int item)
{
    int producer;

    if (item < 0 || placement->all_activations)
        return item >= 0;
    producer = network->tensors[placement->items[item].index].producer;
    return producer >= 0 && layer_recurs(&network->layers[producer]) &&
           !placement->of_layers[producer].keeps_states;
}

/* Behind a tensor of codes. */
static void hand_on(const struct network *network, const struct placement *placement,
                    int *items)
{
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        if (layer_passes_codes(layer) && layer->input_count == 1 &&
            items[layer->output] < 0 &&
            may_hand_on(network, placement, items[layer->inputs[0]]))
            items[layer->output] = items[layer->inputs[0]];
    }
}

/* Before one. */
static void round_before(const struct network *network,
                         const struct placement *placement, int *items)
{
    for (int index = network->layer_count - 1; index >= 0; index--) {
        const struct layer *layer = &network->layers[index];

        for (int i = 0; rounds_before(placement, layer) && i < layer->input_count;
             i++) {
            int input = layer->inputs[i];

            if (items[input] < 0 && !network_is_input(network, input) &&
                code_tensors_readers(network, input) == 1)
                items[input] = items[layer->output];
        }
    }
}

/* Its values are rounded as floats. */
static bool stays_float(const struct quantized_tensor *item)
{
    return item->split.added > 0 || bits_are_wide(item->bits);
}

int *early_codes(const struct network *network, const struct placement *placement)
{
    size_t tensors = (size_t)network->tensor_count;
    int *items = memory_copy(placement->of_tensor, tensors * sizeof *items);

    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        if (items[tensor] >= 0 && stays_float(&placement->items[items[tensor]]))
            items[tensor] = -1;
    hand_on(network, placement, items);
    round_before(network, placement, items);
    return items;
}

bool early_codes_pass(const struct layer *layer, const int *items)
{
    return layer_kind_of(layer)->pass && layer_passes_codes(layer) &&
           items[layer->output] >= 0 && items[layer->inputs[0]] == items[layer->output];
}
