#include "core/network/early_codes.h"

#include "core/base/memory.h"

static int reader_count(const struct network *network, int tensor)
{
    int count = tensor == network->output;

    for (int index = 0; index < network->layer_count; index++)
        for (int i = 0; i < network->layers[index].input_count; i++)
            count += network->layers[index].inputs[i] == tensor;
    return count;
}

int *early_codes(const struct network *network, const struct placement *placement)
{
    size_t tensors = (size_t)network->tensor_count;
    int *items = memory_copy(placement->of_tensor, tensors * sizeof *items);

    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        if (items[tensor] >= 0 && placement->items[items[tensor]].split.added > 0)
            items[tensor] = -1;
    for (int index = network->layer_count - 1; index >= 0; index--) {
        const struct layer *layer = &network->layers[index];
        int input = layer->inputs[0];

        if (layer->kind == LAYER_MAX_POOL && layer_is_unclamped(layer) &&
            items[input] < 0 && input != network->input &&
            reader_count(network, input) == 1)
            items[input] = items[layer->output];
    }
    return items;
}

bool early_codes_pass(const struct layer *layer, const int *items)
{
    return layer->kind == LAYER_MAX_POOL && items[layer->output] >= 0 &&
           items[layer->inputs[0]] == items[layer->output];
}
