/* channel_steps.h - gives all weights of a placement a step for each output channel. */
#ifndef TESTS_SUPPORT_CHANNEL_STEPS_H
#define TESTS_SUPPORT_CHANNEL_STEPS_H

#include "core/layer/weight_ratios.h"

static inline void give_channel_steps(struct placement *placement,
                                      const struct network *network,
                                      enum ratio_rule rule)
{
    for (int item = 0; item < placement->count; item++)
        placement->items[item].has_channel_steps = placement->items[item].is_weight;
    placement_find_ratios(placement, network, rule);
}

#endif
