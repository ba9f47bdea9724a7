/* bias_correction.h - gives quantized weights the mean of the float ones, and their variance, by
 * channel. */
#ifndef CORE_QUANT_BIAS_CORRECTION_H
#define CORE_QUANT_BIAS_CORRECTION_H

#include "core/quant/quantizer.h"

#include <stddef.h>
#include <stdint.h>

/* What codes stand for: value = step * (code + centre). */
struct code_values {
    float step, centre;
};

struct code_values code_values_of(const struct quantizer *quantizer);

/* correction[channel] = mean(weights) - mean(quantized weights), to be added to each
 * quantized weight of the channel.
 *
 *   weights     [channels, count] float
 *   codes       [channels, count] their codes, which may lie beyond a grid
 *   correction  [channels] out
 *
 * On the integer path the correction becomes correction * step_x * (sum of the input
 * codes under the window), which is exact. Sums are in double, in order.
 * Source: Banner et al. 2018, arXiv:1810.05723; the mean only, as in Nahshan et al.
 * 2019.
 */
void bias_correction_mean(const float *weights, const int16_t *codes, size_t channels,
                          size_t count, struct code_values values, float *correction);

/* The step that gives the quantized weights of one channel the standard deviation of the float
 * ones, with the same codes: the codes' own times deviation(weights) / deviation(quantized
 * weights). Where all codes are the same, their own. The mean, which moves with it, is
 * corrected afterwards: bias_correction_mean() under this step.
 *
 *   weights, codes  [count]
 *
 * On the integer path it is the channel's scale in the epilogue. Sums are in double, in order.
 * Source: Banner et al. 2018, arXiv:1810.05723, section 5 (bias-correction). There the mean that was
 * restored is scaled with the rest, and so is off again; here mean and deviation are both those of
 * the float weights. */
float bias_correction_step(const float *weights, const int16_t *codes, size_t count,
                           struct code_values values);

#endif
