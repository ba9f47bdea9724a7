/* levels.h - the levels of a grid as plain numbers, in units of its step. */
#ifndef CORE_QUANT_LEVELS_H
#define CORE_QUANT_LEVELS_H

#include "core/quant/quantizer.h"

/* lowest + centre, lowest + centre + 1, ..., highest + centre */
struct levels {
    double lowest, highest, centre;
    double clip; /* where the clip lies, see quantizer_levels() */
};

/* Of asymmetric codes with that zero; else `zero` is 0. */
static inline struct levels levels_about(enum grid grid, int bits, int zero)
{
    struct quantizer unit = {.grid = grid, .bits = bits, .step = 1, .zero = zero};

    return (struct levels){.lowest = quantizer_lowest(&unit),
                           .highest = quantizer_highest(&unit),
                           .centre = grid_centre(grid),
                           .clip = quantizer_levels(&unit)};
}

static inline struct levels levels_of(enum grid grid, int bits)
{
    return levels_about(grid, bits, 0);
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
