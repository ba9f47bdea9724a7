/* clip_ocs.h - the clip rules of the paper on outlier channel splitting, as its code has them. */
#ifndef CORE_QUANT_CLIP_OCS_H
#define CORE_QUANT_CLIP_OCS_H

#include "core/base/error.h"
#include "core/quant/histogram.h"

/* The bins that the rules want: MSE over [low, high], ACIQ and KL over [-most, most], where most
 * is the largest magnitude; the zeros in their bin. KL is clip_kld() with these bins. */
enum { CLIP_OCS_MSE_BINS = 201, CLIP_OCS_ACIQ_BINS = 101, CLIP_OCS_KL_BINS = 1001 };

/* All errors are those of centres of bins on one grid whatever the tensor's: codes from
 * -2^(bits-1) to 2^(bits-1)-1, step = clip / (2^(bits-1)-1).
 *
 * Source: Zhao et al. 2019, arXiv:1901.09504, and their code; like there no clip is that of
 * clipping nothing, and nothing caps ACIQ's. */

/* The clip of least mean squared error among 0.01, 0.02, ... 0.99 of the largest magnitude; the
 * first of equals. Fails (EXIT_INPUT) when that is zero. */
int clip_ocs_mse(const struct histogram *histogram, int bits, double *clip,
                 struct error *err);

/* The better, by squared error, of the clips for Gauss and for Laplace. Constants times a
 * deviation that is guessed from the range and the number of values, and times the mean distance
 * from the mean.
 *
 *   distribution  of the tensor: for the mean distance
 *   range         of the tensor
 *
 * Fails (EXIT_INPUT) when all values are the same. */
int clip_ocs_aciq(const struct histogram *histogram,
                  const struct distribution *distribution, struct range range, int bits,
                  double *clip, struct error *err);

#endif
