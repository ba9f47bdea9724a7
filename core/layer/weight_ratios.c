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
    int item = placement->of_layer[layer];

    of_layer.ratios = placement_ratios(placement, layer);
    of_layer.rounds_like_kernels = placement->rounds_like_kernels &&
                                   !rules->corrects_mean && !rules->corrects_variance;
    if (item >= 0)
        of_layer.wide = placement->items[item].wide;
    return of_layer;
}

float *weights_in_ratio(const struct conv *conv, size_t window_count,
                        const float *ratios)
{
    size_t channels = (size_t)conv->out_channels;
    size_t bytes = channels * window_count * sizeof(float);
    float *weights = memory_get(bytes);

    if (ratios)
        channel_ratios_divide(conv->weights, channels, window_count, ratios, weights);
    else
        memcpy(weights, conv->weights, bytes);
    return weights;
}
