/* clip_percentile.h - the clip that all but a few magnitudes stay within. */
#ifndef CORE_QUANT_CLIP_PERCENTILE_H
#define CORE_QUANT_CLIP_PERCENTILE_H

#include "core/base/error.h"
#include "core/quant/histogram.h"

/* The smallest magnitude in the distribution that at least `percentile` % of all magnitudes, those
 * of zeros too, do not exceed.
 *
 *   percentile  > 0, at most 100
 *   clip        out, > 0; of a histogram right to half a bin (see histogram_is_coarse())
 *
 * Fails (EXIT_INPUT) when that is zero. */
int clip_percentile(const struct distribution *distribution, double percentile,
                    double *clip, struct error *err);

#endif
