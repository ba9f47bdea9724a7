/* second_codes.h - weights that a grid represents poorly as the sum of two tensors of codes.
 *
 * The second tensor quantizes what the first one leaves: weights = step * T1 + step/factor * T2, T1
 * and T2 on the same grid. The factor is a whole number, so that both are one tensor of wider codes
 * with the step step/factor:
 *
 *   code = factor * T1 + T2      value = step/factor * (code + (factor + 1) * centre)
 *
 * Source: Choukroun et al. 2019, arXiv:1902.06822 (OMSE with dual tensors). There the second step
 * is any number; here its ratio to the first is whole, by which the products of both meet in one
 * exact integer sum, and the one that leaves the least squared error is taken.
 */
#ifndef CORE_QUANT_SECOND_CODES_H
#define CORE_QUANT_SECOND_CODES_H

#include "core/quant/quantizer.h"

#include <stddef.h>
#include <stdint.h>

enum { SECOND_FACTOR_MOST = 120 }; /* codes fit 16 bits */

/* sum (values - quantized values)^2 / sum values^2; 0 where all values are zero. */
double second_codes_relative_error(const struct quantizer *quantizer,
                                   const float *values, size_t count);

/* Finds the codes.
 *
 *   values  [count] finite
 *   most    no factor is larger; 1: there is no second tensor
 *   codes   [count] out
 *
 * Returns the factor; 1: a second tensor would not make the error less, codes are T1. */
int second_codes_find(const struct quantizer *quantizer, const float *values,
                      size_t count, int most, int16_t *codes);

#endif
