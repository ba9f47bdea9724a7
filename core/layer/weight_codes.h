/* weight_codes.h - the codes of a weight tensor under a quantizer and its rules. */
#ifndef CORE_LAYER_WEIGHT_CODES_H
#define CORE_LAYER_WEIGHT_CODES_H

#include "core/network/layer.h"
#include "core/quant/quantizer.h"
#include "core/quant/weight_rules.h"

#include <stdint.h>

/* What codes stand for: value = step of the channel * step_factor * (code + centre). Codes of a grid
 * without a zero are odd integers of half the step where 8 bits hold them, and need no centre. */
struct weight_codes {
    float step_factor, centre;
    int factor; /* of second_codes.h; 1: there is one tensor of codes */
};

/* What the codes of a grid stand for, and the largest magnitude among them. */
struct weight_codes weight_codes_of_grid(const struct quantizer *quantizer);
int weight_codes_most_of_grid(const struct quantizer *quantizer);

/* The largest sum of magnitudes of an output channel's codes that 32-bit sums of products with
 * activations hold. */
enum { CODE_SUM_MOST = INT32_MAX / UINT8_MAX };

/* Finds the codes; those of a file that holds codes are the file's.
 *
 *   of_tensor  its step is that of a ratio of 1
 *   codes      [outputs, window, inputs] out
 */
struct weight_codes weight_codes_find(const struct weights *weights,
                                      const struct weight_rules *rules,
                                      const struct quantizer *of_tensor,
                                      int16_t *codes);

/* What the codes of an output channel stand for: value = step * (code + centre) + correction. */
struct weight_values {
    float step, correction;
};

/* The values of an output channel's codes [count], which stand for `codes` as they were found. A file
 * that holds codes holds steps and corrections, too. */
struct weight_values
weight_codes_values(const struct weight_codes *found, const struct weights *weights,
                    const struct weight_rules *rules, const struct quantizer *of_tensor,
                    size_t channel, const int16_t *codes, size_t count);

#endif
