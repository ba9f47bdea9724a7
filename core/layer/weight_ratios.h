/* weight_ratios.h - puts the weights of a placement on several steps: of output channels, or of blocks. */
#ifndef CORE_LAYER_WEIGHT_RATIOS_H
#define CORE_LAYER_WEIGHT_RATIOS_H

#include "core/network/placement.h"
#include "core/quant/step_ratios.h"
#include "core/quant/weight_rules.h"

/* Finds the ratios of all weights that are to have some; what was found before is replaced. They
 * depend on weights, grids and bits only, so every rank finds the same. */
void placement_find_ratios(struct placement *placement, const struct network *network,
                           enum ratio_rule rule);

/* `rules` with the ratios of weights, and how their codes go beyond those of the grid; `item` is one
 * of the placement, or NULL: weights in float have neither. */
struct weight_rules placement_weight_rules(const struct quantized_tensor *item,
                                           const struct weight_rules *rules);

/* Weights divided by their ratios, as a quantizer of the tensor is to see them, or without ratios as they
 * are: [outputs, window, inputs], to be freed. */
float *weights_in_ratio(const struct weights *weights,
                        const struct weight_rules *rules);

#endif
