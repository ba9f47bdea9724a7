/* noise.h - how far apart two results may be by chance, which has drawn the samples that judge them. */
#ifndef CORE_REPORT_NOISE_H
#define CORE_REPORT_NOISE_H

#include "core/evaluate/score.h"

/* The standard error of the difference of a metric that is a share; NaN where it is none, or unknown.
 *
 * sqrt(p (1 - p) / n + q (1 - q) / n), as of samples that have nothing in common: at most, for both have
 * seen the same ones. Where a sample has several predictions, n counts samples. */
double noise_of_difference(const struct score *a, const struct score *b,
                           enum metric metric);

#endif
