/* channel_ratios.h - a step for each output channel of a weight tensor, relative to one step of the
 * tensor.
 *
 * A candidate has one step for a tensor, whatever its channels look like: step of a channel = step
 * of the tensor * ratio of the channel. The ratios are found once, on the weights alone; the step
 * is what rules and searches move. A rule that is given the weights divided by their ratios, where
 * all channels look alike, finds the step of the tensor.
 */
#ifndef CORE_QUANT_CHANNEL_RATIOS_H
#define CORE_QUANT_CHANNEL_RATIOS_H

#include "core/quant/quantizer.h"

#include <stddef.h>

/* What the ratios are those of: steps that clip nothing, or steps of least squared error. */
enum ratio_rule { RATIO_OF_MINMAX, RATIO_OF_MMSE };

/* ratios[channel] = step of the channel by the rule / the largest of these steps.
 *
 *   weights  [channels, count] finite
 *   ratios   [channels] out, 0 < ratio <= 1; a channel of zeros gets the smallest of the others
 *
 * Time as in clip_lp.h, for all weights together. */
void channel_ratios(const float *weights, size_t channels, size_t count, enum grid grid,
                    int bits, enum ratio_rule rule, float *ratios);

/* The weights as a rule for one step is to see them: divided by their channel's ratio.
 *
 *   divided  [channels, count] out
 */
void channel_ratios_divide(const float *weights, size_t channels, size_t count,
                           const float *ratios, float *divided);

/* The quantizer of a channel; `ratios` NULL: that of the tensor. No step is below FLT_MIN. */
struct quantizer channel_quantizer(const struct quantizer *of_tensor,
                                   const float *ratios, size_t channel);

#endif
