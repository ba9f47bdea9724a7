#include "core/layer/weight_ratios.h"

#include "core/base/memory.h"

#include <stdlib.h>
#include <string.h>

void placement_find_ratios(struct placement *placement, const struct network *network,
                           enum ratio_rule rule)
{
    for (int i = 0; i < placement->count; i++) {
        struct quantized_tensor *item = &placement->items[i];
        struct step_layout layout;

        if (!item->is_weight || item->steps == WEIGHT_STEPS_PER_TENSOR)
            continue;
        layout = placement_layout(network, item);
        free(item->ratios);
        item->ratios = memory_get(step_layout_count(&layout) * sizeof *item->ratios);
        step_ratios(placement_weights(network, item)->values, &layout, item->grid,
                    item->bits, rule, item->ratios);
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
    of_item.block = item->block;
    of_item.wide = item->wide;
    of_item.given = item->given;
    return of_item;
}

float *weights_in_ratio(const struct weights *weights, const struct weight_rules *rules)
{
    const struct step_layout layout = weights_layout(weights, rules->block);

    size_t bytes = weights_count(weights) * sizeof(float);
    float *values = memory_get(bytes);

    if (rules->ratios)
        step_ratios_divide(weights->values, &layout, rules->ratios, values);
    else
        memcpy(values, weights->values, bytes);
    return values;
}
