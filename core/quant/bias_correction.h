/* bias_correction.h - gives quantized weights the mean of the float ones, by channel.
 */
#ifndef CORE_QUANT_BIAS_CORRECTION_H
#define CORE_QUANT_BIAS_CORRECTION_H

#include "core/quant/quantizer.h"

#include <stddef.h>
#include <stdint.h>

/* correction[channel] = mean(weights) - mean(quantized weights), to be added to each
 * quantized weight of the channel.
 *
 *   weights     [channels, count] float
 *   codes       [channels, count] their codes under `quantizer`
 *   correction  [channels] out
 *
 * On the integer path the correction becomes correction * step_x * (sum of the input
 * codes under the window), which is exact. Sums are in double, in order.
 * Source: Banner et al. 2018, arXiv:1810.05723; the mean only, as in Nahshan et al.
 * 2019.
 */
void bias_correction_mean(const float *weights, const int8_t *codes, size_t channels,
                          size_t count, const struct quantizer *quantizer,
                          float *correction);

#endif
