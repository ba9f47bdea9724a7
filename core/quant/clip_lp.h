/* clip_lp.h - the step that loses least in the Lp norm, one tensor at a time. */
#ifndef CORE_QUANT_CLIP_LP_H
#define CORE_QUANT_CLIP_LP_H

#include "core/base/error.h"
#include "core/quant/histogram.h"
#include "core/quant/levels.h"

/* Finds the clip that minimises e(clip) = sum weights * |values - quantized(values)|^p.
 *
 *   distribution  of one tensor, finite values
 *   levels        of the grid
 *   p             > 0
 *   clip          out, > 0, in the unit of the values; at most 1.15 times the largest
 *                 magnitude, and at least a 3300th of it, or
 *                 distribution_least_clip() where that is less
 *
 * Fails (EXIT_INPUT) when every value is zero.
 * Source: Nahshan et al. 2019, arXiv:1911.07190, layer-wise optimisation. There one
 * bounded scalar minimiser is run, which may end in one of the many kinks of e; here a
 * scan of the whole range comes first, made finer wherever the minimum may hide, then a
 * golden section around the best point: this finds the global minimum. The time goes
 * with the number of points: 4000 take about 1 ms at 2 to 4 bits and 5 ms at 8.
 */
int clip_lp(const struct distribution *distribution, struct levels levels, double p,
            double *clip, struct error *err);

/* e(clip) / sum of weights, in double. */
double clip_lp_error(const struct distribution *distribution, struct levels levels,
                     double p, double clip);

#endif
