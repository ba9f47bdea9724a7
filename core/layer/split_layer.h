/* split_layer.h - outlier channel splitting of the weights of a layer. */
#ifndef CORE_LAYER_SPLIT_LAYER_H
#define CORE_LAYER_SPLIT_LAYER_H

#include "core/network/layer.h"
#include "core/quant/outlier_splitting.h"
#include "core/quant/weight_rules.h"

/* Splits the input channels of weights with one group, in their order but for
 * the channels, which come before the window.
 *
 *   rules  channels that are added, ratios by which weights are divided first
 *   step   of the tensor, for halves that mind the grid; 0: plain halves
 *   split  out; clear with outlier_splitting_clear() */
void split_layer_init(struct split_weights *split, const struct weights *weights,
                      const struct weight_rules *rules, float step);

/* The step that its values are to be split with under a quantizer. */
float split_layer_step(const struct weight_rules *rules,
                       const struct quantizer *quantizer);

/* Folded codes [outputs, inputs, window] as the layer has its weights: [outputs, window, inputs]. */
void split_layer_order(const struct split_shape *shape, const int32_t *folded,
                       int16_t *codes);

#endif
