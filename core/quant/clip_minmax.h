/* clip_minmax.h - the clip that clips nothing: the largest magnitude. */
#ifndef CORE_QUANT_CLIP_MINMAX_H
#define CORE_QUANT_CLIP_MINMAX_H

#include "core/base/error.h"
#include "core/quant/histogram.h"

/* clip = max |values|, out, > 0. Both fail (EXIT_INPUT) when every value is zero. The
 * range is exact; a distribution of a histogram has lost up to half a bin. */
int clip_minmax(const struct distribution *distribution, double *clip,
                struct error *err);
int clip_minmax_of_range(struct range range, double *clip, struct error *err);

#endif
