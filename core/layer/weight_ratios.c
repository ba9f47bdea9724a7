#include "core/layer/weight_ratios.h"

#include "core/base/memory.h"

#include <stdlib.h>
#include <string.h>

void placement_find_ratios(struct placement *placement, const struct network *network,
                           enum ratio_rule rule)
{
    for (int i = 0; i < placement->count; i++) {
        struct quantized_tensor *item = &placement->items[i];
        const struct layer *layer = &network->layers[item->index];
        size_t channels;

        if (!item->is_weight)
            continue;
        channels = (size_t)layer->weights->outputs;
        free(item->ratios);
        item->ratios = memory_get(channels * sizeof *item->ratios);
        channel_ratios(layer->weights->values, channels,
                       weights_per_output(layer->weights), item->grid, item->bits, rule,
                       item->ratios);
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
    int item = placement->of_layer[layer];

    of_layer.ratios = placement_ratios(placement, layer);
    of_layer.rounds_like_kernels = placement->rounds_like_kernels &&
                                   !rules->corrects_mean && !rules->corrects_variance;
    if (item >= 0)
        of_layer.wide = placement->items[item].wide;
    return of_layer;
}

float *weights_in_ratio(const struct weights *weights, const float *ratios)
{
    size_t bytes = weights_count(weights) * sizeof(float);
    float *values = memory_get(bytes);

    if (ratios)
        channel_ratios_divide(weights->values, (size_t)weights->outputs,
                              weights_per_output(weights), ratios, values);
    else
        memcpy(values, weights->values, bytes);
    return values;
}
