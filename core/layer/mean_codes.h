/* mean_codes.h - means over all pixels, from codes to codes. */
#ifndef CORE_LAYER_MEAN_CODES_H
#define CORE_LAYER_MEAN_CODES_H

#include "core/layer/value.h"
#include "core/network/layer.h"

/* Means of each channel of each sample, in the order in which ONNX Runtime's
 * QLinearGlobalAveragePool rounds:
 *
 *   v = (sum of codes - n * zi) * (si / (so * n))
 *
 * of n pixels, steps s and zero codes z; v is clamped and rounded half to even. The input holds
 * codes, the output has one pixel and becomes codes.
 *
 *   sums  [channels] of scratch */
void mean_codes(const struct layer *layer, const struct value *input, int samples,
                const struct quantizer *quantizer, struct value *output, int32_t *sums);

/* The same in the order in which XNNPACK's mean of signed codes rounds, z and codes 128 less than here:
 *
 *   v = sum of codes * ((si / so) * (1 / n)) + (zo - zi * (si / so))
 *
 * Found by trials in LiteRT. */
void mean_codes_by_bias(const struct layer *layer, const struct value *input,
                        int samples, const struct quantizer *quantizer,
                        struct value *output, int32_t *sums);

#endif
