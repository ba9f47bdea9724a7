/* value_parts.h - outlier channel splitting of activations: channels with large values become several
 * channels with parts of them, each of which is rounded; whoever reads them adds the parts up again.
 *
 * In units of the step, a part u becomes u/2 - 1/4 and u/2 + 1/4, so that on a grid with a zero rounding
 * both gives what rounding u gives, as long as nothing is clipped; zeros stay zero. Split is the part
 * with the largest magnitude, again and again, as of weights (outlier_splitting.h).
 *
 * Source: Zhao et al. 2019, arXiv:1901.09504, who name it and publish no code for it; which channels
 * are split statically is our reading of it.
 */
#ifndef CORE_QUANT_VALUE_PARTS_H
#define CORE_QUANT_VALUE_PARTS_H

#include "core/quant/quantizer.h"

#include <stddef.h>

/* What the values of each channel become: in steps, part = scale * u + shift. */
struct value_parts {
    size_t channels;
    size_t *first;        /* [channels + 1] of each channel's parts; owned */
    float *scale, *shift; /* [first[channels]] owned */
    float most;           /* the largest magnitude of any part, without the shifts */
};

/* Splits `added` times.
 *
 *   maxima  [channels] magnitudes of the channels' values, finite
 *   parts   out; clear with value_parts_clear()
 */
void value_parts_init(struct value_parts *parts, const float *maxima, size_t channels,
                      size_t added);
void value_parts_clear(struct value_parts *parts);

/* values [count, channels] = step * the sums of the codes of their parts. */
void value_parts_round(const struct value_parts *parts,
                       const struct quantizer *quantizer, float *values, size_t count);

#endif
