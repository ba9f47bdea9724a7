#include "core/layer/weight_ratios.h"

#include "core/base/memory.h"

#include <stdlib.h>
#include <string.h>

void placement_find_ratios(struct placement *placement, const struct network *network,
                           enum ratio_rule rule)
{
    for (int i = 0; i < placement->count; i++) {
        struct quantized_tensor *item = &placement->items[i];
        const struct weights *weights;
        size_t channels;

        if (!item->has_channel_steps)
            continue;
        weights = placement_weights(network, item);
        channels = (size_t)weights->outputs;
        free(item->ratios);
        item->ratios = memory_get(channels * sizeof *item->ratios);
        channel_ratios(weights->values, channels, weights_per_output(weights),
                       item->grid, item->bits, rule, item->ratios);
    }
}

struct weight_rules placement_weight_rules(const struct quantized_tensor *item,
                                           const struct weight_rules *rules)
{
    struct weight_rules of_item = *rules;

    if (item && item->is_looked_up)
        of_item.corrects_mean = of_item.corrects_variance = false;
    if (!item)
        return of_item;
    of_item.ratios = item->ratios;
    of_item.wide = item->wide;
    of_item.given = item->given;
    return of_item;
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
