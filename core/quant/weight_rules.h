/* weight_rules.h - how the weights of a convolution become codes. */
#ifndef CORE_QUANT_WEIGHT_RULES_H
#define CORE_QUANT_WEIGHT_RULES_H

#include "core/quant/quantizer.h"

#include <stdbool.h>
#include <stdint.h>

/* Codes beyond those of the grid; all zero: there are none. */
struct wide_rules {
    int added;           /* input channels that outlier channel splitting adds, see
                  outlier_splitting.h; 0: none is split */
    bool halves_plainly; /* split values are halved, without minding the grid */
    double second_above; /* a second tensor of codes is added where the relative squared
                            error is above this, see second_codes.h; 0: never */
};

/* Codes that were found otherwise than by taking the nearest of each weight (gram_rounding.h). */
struct given_codes {
    int8_t *codes; /* [outputs, window, inputs] of the grid; NULL: there are none */
    float *
        shifts; /* [outputs] what their products lack, in units of the output; NULL: nothing */
    uint64_t signature; /* of both; 0: there are none */
};

/* How many a tensor has: those of each width, and at 0 those of whatever width has none of its own. */
enum { GIVEN_CODES = BITS_MOST + 1 };

static inline const struct given_codes *given_codes_of(const struct given_codes *given,
                                                       int bits)
{
    return bits > 0 && bits <= BITS_MOST && given[bits].codes ? &given[bits] : given;
}

struct weight_rules {
    bool corrects_mean;     /* bias correction of the mean */
    bool corrects_variance; /* and of the variance, which takes that of the mean */
    const float *ratios; /* of steps of channels or blocks, see step_ratios.h; NULL: one
                            step for all; borrowed */
    int block; /* of ratios: inputs that share a step; 0: a whole output does */
    struct wide_rules wide;
    const struct given_codes *given; /* [GIVEN_CODES], NULL: there are none; borrowed */
};

#endif
