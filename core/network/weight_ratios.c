#include "core/network/weight_ratios.h"

#include "core/base/memory.h"

#include <stdlib.h>

void placement_find_ratios(struct placement *placement, const struct network *network,
                           enum ratio_rule rule)
{
    for (int i = 0; i < placement->count; i++) {
        struct quantized_tensor *item = &placement->items[i];
        const struct layer *layer = &network->layers[item->index];
        size_t channels;

        if (!item->is_weight)
            continue;
        channels = (size_t)layer->conv.out_channels;
        free(item->ratios);
        item->ratios = memory_get(channels * sizeof *item->ratios);
        channel_ratios(layer->conv.weights, channels, layer_window_count(layer),
                       item->grid, item->bits, rule, item->ratios);
    }
}

const float *placement_ratios(const struct placement *placement, int layer)
{
    int item = placement->of_layer[layer];

    return item < 0 ? NULL : placement->items[item].ratios;
}

struct weight_rules placement_weight_rules(const struct placement *placement, int layer,
                                           const struct weight_rules *rules)
{
    struct weight_rules of_layer = *rules;

    of_layer.ratios = placement_ratios(placement, layer);
    return of_layer;
}
