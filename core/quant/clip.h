/* clip.h - the rules that choose the clip of a tensor: one table of all. */
#ifndef CORE_QUANT_CLIP_H
#define CORE_QUANT_CLIP_H

#include "core/base/error.h"
#include "core/quant/clip_aciq.h"
#include "core/quant/histogram.h"
#include "core/quant/quantizer.h"

#include <stdbool.h>

/* Journals of earlier runs know the rules by these numbers. */
enum clip_kind {
    CLIP_MINMAX,
    CLIP_LP,
    CLIP_PERCENTILE,
    CLIP_COSINE,
    CLIP_ACIQ,
    CLIP_KLD, /* one-sided for tensors that cannot be negative */
    CLIP_KLD_SYMMETRIC,
    CLIP_OCS_MSE,
    CLIP_OCS_ACIQ,
    CLIP_OCS_KL,
    CLIP_KIND_COUNT
};

struct clip_rule {
    enum clip_kind kind;
    double number;             /* p of CLIP_LP, per cent of CLIP_PERCENTILE */
    enum aciq_density density; /* of CLIP_ACIQ */
};

/* What a rule looks at, beside the range. */
struct clip_sight {
    bool distribution; /* values with their weights */
    int bins;          /* of the histogram, the zeros in their bin; 0: none */
    bool symmetric;    /* the histogram is over [-most, most], not [low, high] */
    bool skips_zeros;  /* the histogram is without zeros, over [0, most] */
};

/* `nonnegative`: of a tensor that cannot be below zero. */
struct clip_sight clip_sight(const struct clip_rule *rule, bool nonnegative);

/* The range of the histogram that a rule looks at. */
struct range clip_histogram_range(const struct clip_sight *sight, struct range range);

/* A tensor as its rule sees it; what the rule does not look at may be empty. */
struct clip_view {
    enum grid grid;
    int bits;           /* 2..8 */
    int zero;           /* of GRID_ASYMMETRIC, see clip_find(); else 0 */
    bool nonnegative;   /* it cannot be below zero */
    struct range range; /* of the values that the rule looks at, see clip_look.h */
    struct distribution distribution; /* owned */
    struct histogram *histogram;      /* owned, or NULL */
};

void clip_view_clear(struct clip_view *view);

/* Finds the clip by the rule: out, > 0.
 *
 * On an asymmetric grid that is where the longer side ends, and the view's zero is found with it.
 * The ends are in the ratio of the smallest and the largest value (grid_zero_of_ends()), or of what is
 * left of these within the clip, or equal: rules that look at the grid take what serves them best, all
 * others the second. An end of its own for each side was tried on HardSwish, SiLU, GELU, ELU and LeakyRelu of
 * normal and of heavy-tailed values: beside that ratio it lowers the squared error by less than 2 % at
 * 8 bits, and by 15 % at most at 4.
 *
 * Fails (EXIT_INPUT) where the values allow none, as when all are zero. */
int clip_find(const struct clip_rule *rule, struct clip_view *view, double *clip,
              struct error *err);

#endif
