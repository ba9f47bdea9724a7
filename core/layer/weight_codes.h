/* weight_codes.h - the codes of a weight tensor under a quantizer and its rules. */
#ifndef CORE_LAYER_WEIGHT_CODES_H
#define CORE_LAYER_WEIGHT_CODES_H

#include "core/network/layer.h"
#include "core/quant/quantizer.h"
#include "core/quant/weight_rules.h"

#include <stdint.h>

/* What codes stand for: value = step of the channel or block * step_factor * (code + centre). Codes of a grid
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

/* Which codes share a step, and whether that is not all of an output channel; as a file has them that holds
 * codes. */
struct step_layout weight_codes_layout(const struct weights *weights,
                                       const struct weight_rules *rules);
bool weight_codes_have_blocks(const struct weights *weights,
                              const struct weight_rules *rules);

/* The quantizer of those of step number `step`. */
struct quantizer weight_codes_quantizer(const struct weights *weights,
                                        const struct weight_rules *rules,
                                        const struct quantizer *of_tensor, size_t step);

/* What codes [outputs, window, inputs], which stand for `codes` as they were found, are: value = step * (code +
 * centre) + correction. A file that holds codes holds steps and corrections, too; blocks are not corrected.
 *
 *   steps        [weight_codes_layout()] out
 *   corrections  [outputs] out
 */
void weight_codes_values(const struct weight_codes *found,
                         const struct weights *weights,
                         const struct weight_rules *rules,
                         const struct quantizer *of_tensor, const int16_t *codes,
                         float *steps, float *corrections);

#endif
