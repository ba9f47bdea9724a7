/* product_means.h - the mean of a convolution's products by channel, as sums that merge exactly.
 *
 * Of each sample the mean over its pixels is worked out in double in a fixed order, and rounded to
 * 2^-56 in two integers: multiples of 2^-16, and what they leave. The rest is integer arithmetic,
 * exact for up to 2^17 samples, so it does not matter who adds which samples in which order. Of a
 * channel whose mean is beyond 2^28 in some sample, or not finite, nothing is told.
 */
#ifndef CORE_EVALUATE_PRODUCT_MEANS_H
#define CORE_EVALUATE_PRODUCT_MEANS_H

#include <stddef.h>
#include <stdint.h>

/* Where the sums stand: the number of samples, and from PRODUCT_MEANS_FIRST on the coarse parts
 * [channels], the fine parts [channels], and the samples beyond what can be told [channels]. */
enum { PRODUCT_MEANS_SAMPLES, PRODUCT_MEANS_FIRST };

/* How many sums there are. */
size_t product_means_count(int channels);

/* Adds products [samples, pixels, channels] to `sums`. */
void product_means_add(const float *products, int samples, size_t pixels, int channels,
                       int64_t *sums);

/* The mean [channels] of all samples that were added; every pixel counts alike. NaN for a channel of
 * which nothing is told, and where no sample was added. */
void product_means_of(const int64_t *sums, int channels, double *means);

#endif
