/* outlier_splitting.h - outlier channel splitting: input channels with large weights become two
 * channels with half the weights, so that a clip cuts less, or a step can be finer.
 *
 * The copies of a channel see the same input, hence the split layer equals one of the original
 * shape whose codes are the sums over the copies: the folded codes. They may lie beyond the grid.
 *
 * Source: Zhao et al. 2019, arXiv:1901.09504, with the details of the authors' code: the channel
 * with the largest magnitude is split, again and again, and copies compete with everybody else.
 * Differences: a channel becomes at most SPLIT_COPIES_MOST channels; channels of equal magnitude
 * are taken from the highest index down, which there is up to an unstable sort; values are divided
 * by the step, not multiplied by its inverse.
 */
#ifndef CORE_QUANT_OUTLIER_SPLITTING_H
#define CORE_QUANT_OUTLIER_SPLITTING_H

#include "core/quant/quantizer.h"

#include <stddef.h>
#include <stdint.h>

/* So that folded codes fit 16 bits. */
enum { SPLIT_COPIES_MOST = 60 };

/* Weights [outputs, inputs, window], e.g. of a convolution; window 1: fully connected. */
struct split_shape {
    size_t outputs, inputs, window;
};

/* Weights after splitting. */
struct split_weights {
    struct split_shape shape; /* before */
    size_t added;             /* channels more */
    size_t *roots;  /* [inputs + added] the original channel of each channel; owned */
    size_t *copies; /* [inputs] how many channels an original one is now; owned */
    /* [outputs, inputs + added, window] the original channels first, then the others as they
     * were made; owned */
    float *values;
};

/* Channels that a layer gains: ratio * inputs, rounded up. `ratio` is in [0, 1). */
size_t outlier_splitting_count(double ratio, size_t inputs);

/* Splits `added` times, each time the channel with the largest magnitude. A value v becomes
 *
 *   step 0     v/2 and v/2
 *   step > 0   step * (u/2 - 1/4) and step * (u/2 + 1/4) with u = v / step: on a grid that has a
 *              zero, rounding both gives what rounding v gives, where nothing is clipped
 *
 * of which the first stays in place; zeros stay zero in both.
 *
 *   weights  [outputs, inputs, window] finite
 *   split    out; clear with outlier_splitting_clear()
 */
void outlier_splitting_init(struct split_weights *split, const float *weights,
                            struct split_shape shape, size_t added, float step);
void outlier_splitting_clear(struct split_weights *split);

/* The largest magnitude of the weights after splitting. */
float outlier_splitting_most(const struct split_weights *split);

/* folded [outputs, inputs, window] = the sums of the codes of all copies of a channel.
 *
 *   codes  [outputs, inputs + added, window]
 */
void outlier_splitting_fold(const struct split_weights *split, const int8_t *codes,
                            int32_t *folded);

/* The same on a grid without a zero: values are step * (code + 1/2), hence the sum over the copies is
 * step/2 * folded with folded = the sum of 2*code + 1. */
void outlier_splitting_fold_halves(const struct split_weights *split,
                                   const int8_t *codes, int32_t *folded);

#endif
