/* quantizer.h - grid + bits + step of one tensor: values to integer codes, and back.
 *
 * Rounding is half to even, by division with the step in float. With M bits:
 *
 *   midrise    code -2^(M-1) .. 2^(M-1)-1       value = step * (code + 1/2), no zero
 *   midtread   code -2^(M-1) .. 2^(M-1)-1       value = step * code
 *   narrow     code -(2^(M-1)-1) .. 2^(M-1)-1   value = step * code
 *   unsigned   code 0 .. 2^M-1                  value = step * code
 *   asymmetric code -zero .. 2^M-1-zero         value = step * code, of activations alone
 *
 * Activations may have 16 bits: more than a byte holds, so they are kept as the floats that their codes
 * stand for, and never in asymmetric codes, whose zero is a byte.
 *
 * Source: Nahshan et al. 2019, arXiv:1911.07190, eq. 1-3 (midrise for weights, unsigned
 * for ReLU outputs). There the clip is the parameter, here the step: clip = step *
 * levels. Asymmetric: Jacob et al. 2018, arXiv:1712.05877, section 2.1, the zero-point as an
 * integer, so that the value zero is a code.
 */
#ifndef CORE_QUANT_QUANTIZER_H
#define CORE_QUANT_QUANTIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum grid {
    GRID_MIDRISE,
    GRID_MIDTREAD,
    GRID_NARROW,
    GRID_UNSIGNED,
    GRID_ASYMMETRIC,
    GRID_COUNT
};

enum { BITS_LEAST = 2, BITS_MOST = 8, BITS_WIDE = 16, BITS_FLOAT = 32 };

struct quantizer {
    enum grid grid;
    int bits;   /* 2..8, or 16 */
    float step; /* > 0, in the unit of the tensor */
    int zero;   /* of asymmetric: the stored code of zero, 0 .. 2^bits-1; of others 0 */
};

const char *grid_name(enum grid grid);

/* The grid of a name; false, and nothing is changed: there is none. */
bool grid_named(const char *name, enum grid *grid);

/* Whether a byte holds no such code: values are rounded, and stay floats. */
bool bits_are_wide(int bits);

/* The grid of codes of so many bits: those of 16 have zero in the middle. */
enum grid grid_of_bits(enum grid grid, int bits);

/* The lowest and the highest code. */
int quantizer_lowest(const struct quantizer *quantizer);
int quantizer_highest(const struct quantizer *quantizer);

/* Where a code's value lies: value = step * (code + centre). */
float grid_centre(enum grid grid);

/* clip / step: the highest value in steps, e.g. 7.5 for midrise at 4 bits; of asymmetric that of the
 * longer side. */
double quantizer_levels(const struct quantizer *quantizer);

/* The same of grids that are not asymmetric. */
double grid_levels(enum grid grid, int bits);

/* The float step of a clip, as the reference computes it (numerator and divisor in
 * float), but never below FLT_MIN; there never below 1e-8, too much for small values.
 */
float quantizer_step_of_clip(const struct quantizer *quantizer, double clip);
float grid_step_of_clip(enum grid grid, int bits, double clip);

/* The zero of asymmetric codes whose ends are in the ratio of `low` and `high`, of which that on the
 * other side of zero counts as zero; in the middle where both do: round(-low / step) of the step
 * (high - low) / (2^bits - 1). */
int grid_zero_of_ends(int bits, double low, double high);

/* The code of one value; beyond the clip that is the end code; NaN is not allowed. */
int quantizer_code(const struct quantizer *quantizer, float value);

/* The value of one code. */
float quantizer_value(const struct quantizer *quantizer, int code);

/* Codes of many values. Signed codes of weights fit int8. */
void quantizer_codes(const struct quantizer *quantizer, const float *values,
                     size_t count,
                     int8_t *codes /* [count] out; grids midrise, midtread, narrow */);

/* The same as 16 bits, for those who add codes up. */
void quantizer_wide_codes(const struct quantizer *quantizer, const float *values,
                          size_t count, int16_t *codes /* [count] out */);

/* Replaces values by those of their codes. */
void quantizer_round(const struct quantizer *quantizer, float *values, size_t count);

/* Codes of activations, stored as u8: code - lowest code, so the value zero of midtread
 * is 2^(M-1), that of unsigned is 0, and that of asymmetric is what it says. */
void quantizer_stored_codes(const struct quantizer *quantizer, const float *values,
                            size_t count, uint8_t *stored /* [count] out */);

#endif
