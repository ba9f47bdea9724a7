/* clip_aciq.h - the clip of least mean squared error for an assumed density (ACIQ). */
#ifndef CORE_QUANT_CLIP_ACIQ_H
#define CORE_QUANT_CLIP_ACIQ_H

#include "core/base/error.h"
#include "core/quant/histogram.h"
#include "core/quant/quantizer.h"

#include <stdbool.h>

enum aciq_density { ACIQ_LAPLACE, ACIQ_GAUSS, ACIQ_COUNT, ACIQ_AUTO = ACIQ_COUNT };

/* clip = spread of the values * a constant of density and bits, > 0.
 *
 *   other grids    spread: mean |x| (Laplace), unbiased standard deviation (Gauss)
 *   unsigned       spread of the values above zero alone (outputs of a ReLU): mean x
 *                  (Laplace), root of the mean x^2 (Gauss); the constant is that of one
 *                  bit more, since all levels are on one side
 *   bits           2..8
 *
 * Fails (EXIT_INPUT) when the spread is zero.
 * Source: Banner et al. 2018, arXiv:1810.05723, with the constants and the spreads
 * (about zero for Laplace) of the code of Nahshan et al. 2019, arXiv:1911.07190.
 */
int clip_aciq(const struct distribution *distribution, enum grid grid, int bits,
              enum aciq_density density, double *clip, struct error *err);

/* The same for all tensors, and never a clip that clips nothing and wastes levels.
 *
 *   nonnegative  the values cannot be below zero: their spread is the one-sided one on signed
 *                grids too, whose levels on one side are those of a bit less
 *   density      ACIQ_AUTO: that of the two whose clip has the lower mean squared error
 *   largest      the largest magnitude: the clip is at most that */
int clip_aciq_within(const struct distribution *distribution, bool nonnegative,
                     enum grid grid, int bits, enum aciq_density density,
                     double largest, double *clip, struct error *err);

#endif
