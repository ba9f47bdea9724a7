/* channel_steps.h - gives all weights of a placement a step for each output channel, or for each block. */
#ifndef TESTS_SUPPORT_CHANNEL_STEPS_H
#define TESTS_SUPPORT_CHANNEL_STEPS_H

#include "core/layer/weight_ratios.h"

static inline void give_channel_steps(struct placement *placement,
                                      const struct network *network,
                                      enum ratio_rule rule)
{
    for (int item = 0; item < placement->count; item++)
        placement->items[item].steps = placement->items[item].is_weight
                                           ? WEIGHT_STEPS_PER_CHANNEL
                                           : WEIGHT_STEPS_PER_TENSOR;
    placement_find_ratios(placement, network, rule);
}

/* A step for each block of so many inputs, where there are so many. */
static inline void give_block_steps(struct placement *placement,
                                    const struct network *network, enum ratio_rule rule,
                                    int block)
{
    for (int item = 0; item < placement->count; item++) {
        struct quantized_tensor *tensor = &placement->items[item];

        if (tensor->is_weight && placement_weights(network, tensor)->inputs >= block)
            tensor->block = block;
    }
    give_channel_steps(placement, network, rule);
}

#endif
