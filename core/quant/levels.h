/* levels.h - the levels of a grid as plain numbers, in units of its step. */
#ifndef CORE_QUANT_LEVELS_H
#define CORE_QUANT_LEVELS_H

#include "core/quant/quantizer.h"

/* lowest + centre, lowest + centre + 1, ..., highest + centre */
struct levels {
    double lowest, highest, centre;
};

static inline struct levels levels_of(enum grid grid, int bits)
{
    struct quantizer unit = {.grid = grid, .bits = bits, .step = 1};
    double highest = quantizer_highest(&unit);

    return (struct levels){.lowest = quantizer_lowest(&unit),
                           .highest = highest,
                           .centre = grid_levels(grid, bits) - highest};
}

/* The code of the level that is nearest to `position`, which is a value less the centre. Adding
 * 1.5 * 2^52 rounds a small double to a whole number. On a tie quantizer.h may take the other
 * level; it is as far. */
static inline double levels_code(const struct levels *levels, double position)
{
    const double ones = 0x1.8p52;
    double code = position > levels->lowest ? position : levels->lowest;

    code = code < levels->highest ? code : levels->highest;
    return (code + ones) - ones;
}

/* The level nearest to a value. */
static inline double levels_nearest(const struct levels *levels, double value)
{
    return levels_code(levels, value - levels->centre) + levels->centre;
}

#endif
