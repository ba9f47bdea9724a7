/* float_curves.h - exp, logistic and tanh for gates and softmaxes: in float, with the same digits on all
 * machines, and within 3e-7 of themselves.
 *
 * Sums, products and quotients of floats alone, each rounded once: twice as many in a vector as in double
 * (curves.h), and a polynomial of half the degree.
 */
#ifndef CORE_LAYER_FLOAT_CURVES_H
#define CORE_LAYER_FLOAT_CURVES_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FLOAT_EXPONENTIAL_LEAST (-87.0f) /* below, it is no normal float */

/* exp(x) of -87..88; what is below, or no number, is as -87. 2^n times a polynomial of what is left of x, at
 * most ln(2) / 2. Source of the polynomial: expf of Cephes (Moshier 1992). */
static inline float float_exponential(float x)
{
    static const float factors[] = {1.9875691500e-4f, 1.3981999507e-3f,
                                    8.3334519073e-3f, 4.1665795894e-2f,
                                    1.6666665459e-1f, 5.0000001201e-1f};
    const float to_integer = 0x1.8p23f, log2_of_e = 0x1.715476p0f;
    const float ln2_high = 0x1.63p-1f, ln2_low = -0x1.bd0106p-13f;
    float within = x > FLOAT_EXPONENTIAL_LEAST ? x : FLOAT_EXPONENTIAL_LEAST;
    float shifted = within * log2_of_e + to_integer, n = shifted - to_integer;
    float rest = (within - n * ln2_high) - n * ln2_low, sum = 0, power;
    uint32_t bits;

    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
        sum = sum * rest + factors[i];
    sum = (sum * (rest * rest) + rest) + 1;
    memcpy(&bits, &shifted, sizeof bits); /* its last ones are those of n */
    bits = (bits + 127) << 23;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

/* exp(x - most), 0 where that is no normal float. What the difference loses is put back. NaN stays. */
static inline float float_exponential_below(float x, float most)
{
    float less = x - most, added = less - x;
    float lost = (x - (less - added)) - (most + added);
    float e = float_exponential(less);
    float whole = e + e * (lost == lost ? lost : 0); /* infinities lose nothing */

    return less < FLOAT_EXPONENTIAL_LEAST ? 0 : less == less ? whole : less;
}

/* 1 / (1 + exp(-x)) */
static inline float float_logistic(float x)
{
    float e = float_exponential(-fabsf(x));
    float value = (x < 0 ? e : 1) / (1 + e);

    return x == x ? value : x;
}

/* tanh(x); near zero, where the difference would lose digits, the first of its Taylor series. */
static inline float float_tangent(float x)
{
    float size = fabsf(x), square = x * x, e = float_exponential(-2 * size);
    float series =
        square *
        (-1.0f / 3 +
         square * (2.0f / 15 + square * (-17.0f / 315 + square * (62.0f / 2835))));
    float value = square < 0.0625f ? size + size * series : (1 - e) / (1 + e);

    return x == x ? copysignf(value, x) : x;
}

#endif
