/* moments.h - mean and variance of a batch norm's input, as sums that merge exactly.
 *
 * What is summed is the input normalised by the trained statistics, u = (x - mean) / deviation:
 * near zero with a variance near one where quantization did not change much. Of each sample the
 * mean of u over its pixels, and that of u*u, are worked out in double in a fixed order and rounded
 * to 2^-24. The rest is integer arithmetic, exact for up to 2^17 samples, so it does not matter who
 * adds which samples in which order.
 *
 * A sample's share is off by 2^-25 at most, in units of the trained deviation and variance: like a
 * float32 of the size of the deviation. Means are as good as that; so are variances, down to 2^-24
 * of the trained one, and smaller ones are not told from it. Of a channel whose mean of u*u is
 * beyond 2^20 in some sample, or not finite, nothing is told.
 */
#ifndef CORE_EVALUATE_MOMENTS_H
#define CORE_EVALUATE_MOMENTS_H

#include "core/network/batchnorm.h"

/* Where the sums stand: the number of samples, and from MOMENTS_FIRST on the means [channels], the
 * mean squares [channels], and the samples beyond what can be told [channels]. */
enum { MOMENTS_SAMPLES, MOMENTS_FIRST };

/* How many sums there are. */
size_t moments_count(int channels);

/* Adds samples [samples, pixels, channels] of a batch norm's input to `sums`. */
void moments_add(const struct batchnorm *batchnorm, const float *input, int samples,
                 size_t pixels, int64_t *sums);

/* The mean and the variance [channels] of all samples that were added; every pixel counts alike,
 * and variances are those of the samples, not estimates of a larger population's. A variance below what
 * the sums can tell is raised to that. Both are NaN for a channel of which nothing is told, and
 * where no sample was added. */
void moments_statistics(const struct batchnorm *batchnorm, const int64_t *sums,
                        float *mean, float *variance);

#endif
