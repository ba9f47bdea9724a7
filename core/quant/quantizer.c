#include "core/quant/quantizer.h"

#include "core/kernel/vector_clones.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

static const struct grid_rule {
    const char *name;
    int signed_codes;   /* codes on both sides of zero */
    int codes_left_out; /* at the low end */
    float centre;       /* value = step * (code + centre) */
} rules[GRID_COUNT] = {
    [GRID_MIDRISE] = {"midrise", 1, 0, 0.5f},
    [GRID_MIDTREAD] = {"midtread", 1, 0, 0},
    [GRID_NARROW] = {"narrow", 1, 1, 0},
    [GRID_UNSIGNED] = {"unsigned", 0, 0, 0},
    [GRID_ASYMMETRIC] = {"asymmetric", 0, 0, 0}, /* less its zero */
};

const char *grid_name(enum grid grid)
{
    assert(grid < GRID_COUNT);
    return rules[grid].name;
}

bool grid_named(const char *name, enum grid *grid)
{
    for (int i = 0; i < GRID_COUNT; i++)
        if (strcmp(rules[i].name, name) == 0) {
            *grid = (enum grid)i;
            return true;
        }
    return false;
}

float grid_centre(enum grid grid)
{
    assert(grid < GRID_COUNT);
    return rules[grid].centre;
}

enum grid grid_of_bits(enum grid grid, int bits)
{
    return bits_are_wide(bits) && grid == GRID_ASYMMETRIC ? GRID_MIDTREAD : grid;
}

bool bits_are_wide(int bits)
{
    return bits == BITS_WIDE;
}

static bool bits_are_known(int bits)
{
    return (bits >= BITS_LEAST && bits <= BITS_MOST) || bits_are_wide(bits);
}

static int lowest_code(enum grid grid, int bits)
{
    assert(grid < GRID_COUNT && bits_are_known(bits));
    return rules[grid].signed_codes ? rules[grid].codes_left_out - (1 << (bits - 1))
                                    : 0;
}

static int highest_code(enum grid grid, int bits)
{
    assert(grid < GRID_COUNT && bits_are_known(bits));
    return (1 << (bits - rules[grid].signed_codes)) - 1;
}

int quantizer_lowest(const struct quantizer *quantizer)
{
    return lowest_code(quantizer->grid, quantizer->bits) - quantizer->zero;
}

int quantizer_highest(const struct quantizer *quantizer)
{
    return highest_code(quantizer->grid, quantizer->bits) - quantizer->zero;
}

double quantizer_levels(const struct quantizer *quantizer)
{
    int highest = quantizer_highest(quantizer);

    if (quantizer->grid == GRID_ASYMMETRIC && quantizer->zero > highest)
        return quantizer->zero;
    return highest + (double)rules[quantizer->grid].centre;
}

double grid_levels(enum grid grid, int bits)
{
    return highest_code(grid, bits) + (double)rules[grid].centre;
}

static float step_of_clip(double clip, double levels)
{
    float step = (float)clip / (float)levels;

    return step > FLT_MIN ? step : FLT_MIN;
}

float quantizer_step_of_clip(const struct quantizer *quantizer, double clip)
{
    return step_of_clip(clip, quantizer_levels(quantizer));
}

float grid_step_of_clip(enum grid grid, int bits, double clip)
{
    return step_of_clip(clip, grid_levels(grid, bits));
}

int grid_zero_of_ends(int bits, double low, double high)
{
    int most = (1 << bits) - 1;

    assert(bits >= BITS_LEAST && bits <= BITS_MOST);
    low = low < 0 ? low : 0;
    high = high > 0 ? high : 0;
    return high > low ? (int)rint(-low / (high - low) * most) : (most + 1) / 2;
}

/* How a quantizer rounds: level = rint(clamp((value + offset) / step, least, most)),
 * and code = level + code_of_level.
 *
 * Midrise counts its levels from the lowest one, as the paper's code does: there offset
 * is the clip, here step * levels, which gives the same codes on exact ties too. (The
 * tie at the value zero may fall to either side, since both are equally far.) */
struct rounding {
    float offset, step;
    float least, most;
    int code_of_level;
};

static struct rounding rounding_of(const struct quantizer *quantizer)
{
    int from_lowest = rules[quantizer->grid].centre != 0;
    int lowest = quantizer_lowest(quantizer);
    int code_of_level = from_lowest ? lowest : 0;
    float levels = (float)quantizer_levels(quantizer);

    assert(quantizer->step > 0);
    return (struct rounding){
        .offset = from_lowest ? levels * quantizer->step : 0,
        .step = quantizer->step,
        .least = (float)(lowest - code_of_level),
        .most = (float)(quantizer_highest(quantizer) - code_of_level),
        .code_of_level = code_of_level,
    };
}

/* Half to even without a call, so that loops over it become vector code: at 1.5 * 2^23
 * floats are 1 apart, so the addition itself rounds, and the subtraction is exact.
 * Holds for |level| < 2^22; levels are clamped to at most 2^16 before. */
static inline int level_of(float value, const struct rounding *rounding)
{
    const float ones = 12582912.f;
    float level = (value + rounding->offset) / rounding->step;

    level = level > rounding->least ? level : rounding->least;
    level = level < rounding->most ? level : rounding->most;
    return (int)((level + ones) - ones);
}

int quantizer_code(const struct quantizer *quantizer, float value)
{
    struct rounding rounding = rounding_of(quantizer);

    return level_of(value, &rounding) + rounding.code_of_level;
}

float quantizer_value(const struct quantizer *quantizer, int code)
{
    return quantizer->step * ((float)code + rules[quantizer->grid].centre);
}

/* One loop for both kinds of codes, in bytes: signed codes are stored in two's
 * complement. Runs have a fixed length because the compiler vectorises those at -O2
 * already. */
VECTOR_CLONES
static void round_to_bytes(const struct rounding *rounding, int byte_of_level,
                           const float *restrict values, size_t count,
                           uint8_t *restrict bytes)
{
    enum { RUN = 64 };
    const struct rounding by = *rounding;
    size_t done = 0;

    for (; done + RUN <= count; done += RUN)
        for (int i = 0; i < RUN; i++)
            bytes[done + i] =
                (uint8_t)(level_of(values[done + i], &by) + byte_of_level);
    for (; done < count; done++)
        bytes[done] = (uint8_t)(level_of(values[done], &by) + byte_of_level);
}

void quantizer_codes(const struct quantizer *quantizer, const float *values,
                     size_t count, int8_t *codes)
{
    struct rounding rounding = rounding_of(quantizer);

    assert(quantizer->grid != GRID_UNSIGNED && quantizer->grid != GRID_ASYMMETRIC);
    round_to_bytes(&rounding, rounding.code_of_level, values, count, (uint8_t *)codes);
}

void quantizer_wide_codes(const struct quantizer *quantizer, const float *values,
                          size_t count, int16_t *codes)
{
    enum { SOME = 1024 };
    int8_t narrow[SOME];

    for (size_t done = 0; done < count; done += SOME) {
        size_t some = count - done < SOME ? count - done : SOME;

        quantizer_codes(quantizer, values + done, some, narrow);
        for (size_t i = 0; i < some; i++)
            codes[done + i] = narrow[i];
    }
}

void quantizer_stored_codes(const struct quantizer *quantizer, const float *values,
                            size_t count, uint8_t *stored)
{
    struct rounding rounding = rounding_of(quantizer);

    round_to_bytes(&rounding, rounding.code_of_level - quantizer_lowest(quantizer),
                   values, count, stored);
}

VECTOR_CLONES
static void round_floats(const struct rounding *rounding, float centre,
                         float *restrict values, size_t count)
{
    const struct rounding by = *rounding;

    for (size_t i = 0; i < count; i++)
        values[i] =
            by.step * ((float)(level_of(values[i], &by) + by.code_of_level) + centre);
}

void quantizer_round(const struct quantizer *quantizer, float *values, size_t count)
{
    struct rounding rounding = rounding_of(quantizer);

    round_floats(&rounding, grid_centre(quantizer->grid), values, count);
}
