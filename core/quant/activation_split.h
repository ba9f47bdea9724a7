/* activation_split.h - outlier channel splitting of an activation tensor: an experiment, done in
 * floats. Whatever reads the tensor would have as many input channels more. */
#ifndef CORE_QUANT_ACTIVATION_SPLIT_H
#define CORE_QUANT_ACTIVATION_SPLIT_H

#include "core/quant/value_parts.h"

#include <stdbool.h>
#include <stdint.h>

struct activation_split {
    int added; /* channels; 0: none is split */
    bool
        by_block; /* those with the largest values of the block at hand; else calibrated */
    float *maxima; /* [channels + 1] calibrated, see below; NULL: not yet; owned */
    struct value_parts parts; /* of these */
    uint64_t signature;       /* of what is split; 0: nothing yet */
};

/* What there is to calibrate with: the largest magnitude of each channel, and behind them the largest
 * part of any block, were its channels chosen by what it holds. Raises maxima [channels + 1] by
 * the values [count, channels] of a block. */
void activation_split_look(const struct activation_split *split, const float *values,
                           size_t count, size_t channels, float *maxima);

/* Calibrates it; what was known before is replaced. Maxima [channels + 1] are copied. */
void activation_split_calibrate(struct activation_split *split, const float *maxima,
                                size_t channels);
void activation_split_clear(struct activation_split *split);

/* How much smaller the largest part is than the largest value; 1: nothing is known. */
double activation_split_gain(const struct activation_split *split);

/* Rounds the values of a block [count, channels] in place. Not calibrated: as they are. */
void activation_split_round(const struct activation_split *split,
                            const struct quantizer *quantizer, float *values,
                            size_t count);

#endif
