/* clip_kld.h - the clip whose quantized histogram is the closest, by relative entropy (KLD). */
#ifndef CORE_QUANT_CLIP_KLD_H
#define CORE_QUANT_CLIP_KLD_H

#include "core/base/error.h"
#include "core/quant/histogram.h"

/* The bins of the histograms that published results were made with. */
enum { CLIP_KLD_BINS = 2001, CLIP_KLD_MAGNITUDE_BINS = 2048 };

/* Of both sides: tries the ends of the bins right of the centre one as clips. What is clipped
 * away goes into the end bins of the histogram P, while Q, made of `levels` runs of equal bins,
 * knows nothing of it: so it costs.
 *
 *   histogram  of an odd number of bins over [-most, most], the zeros in their bin
 *   levels     of the quantized tensor: 2^bits - 1; at most as many as there are bins
 *   clip       out, > 0; of equal divergences the first wins
 *
 * Fails (EXIT_INPUT) when there is nothing in the histogram, or its range is zero.
 * Source: Migacz, GTC 2017, in the form of MXNet (2018) that Nahshan et al. 2019 compare with, with
 * its quirk that the last bin is left out of Q. In double; there in float. */
int clip_kld(const struct histogram *histogram, int levels, double *clip,
             struct error *err);

/* Of one side, for tensors that cannot be negative: tries the centres of the bins.
 *
 *   histogram  over [0, most]; zeros are not looked at
 *   levels     at or above zero, fewer than there are bins
 *
 * Fails likewise.
 * Source: the same method in the form of ncnn (tools/quantize/ncnn2table.cpp): bins that lie in
 * two runs are divided between them, and every bin of P and Q gets 10^-4. */
int clip_kld_one_sided(const struct histogram *histogram, int levels, double *clip,
                       struct error *err);

#endif
