/* logarithm.h - logarithms and powers, with the same digits on all machines.
 *
 * Sums, products and bits alone: the library's functions differ from machine to machine.
 */
#ifndef CORE_LAYER_LOGARITHM_H
#define CORE_LAYER_LOGARITHM_H

#include "core/layer/exponential.h"

#include <math.h>
#include <stdbool.h>

/* ln(x) within 1e-15 of itself, of what is no denormal; of 0, -infinity; below zero, NaN. x = 2^n m,
 * and ln(m) is twice the series of the inverse hyperbolic tangent of (m - 1) / (m + 1), which is at most
 * 0.172. */
static inline double logarithm(double x)
{
    const double ln2_high = 0x1.62e42fefa0000p-1, ln2_low = 0x1.cf79abc9e3b3ap-40;
    const uint64_t root_half = 0x3fe6a09e667f3bcd; /* the bits of sqrt(0.5) */
    double m, part, square, sum = 0, n;
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    bits -= root_half;
    n = (double)((int64_t)bits >> 52);
    bits = (bits & 0xfffffffffffff) + root_half;
    memcpy(&m, &bits, sizeof m);
    part = (m - 1) / (m + 1);
    square = part * part;
    for (int odd = 23; odd > 1; odd -= 2)
        sum = sum * square + 1.0 / odd;
    sum = 2 * part + 2 * part * square * sum;
    sum = n * ln2_high + (n * ln2_low + sum);
    sum = x == INFINITY ? x : sum;
    return x > 0 ? sum : x == 0 ? -INFINITY : (double)NAN;
}

/* exp(x) within 1e-15 of itself, where a float can hold it; else 0 or infinity as a float. */
static inline double exponential_of_any(double x)
{
    double most = 110;

    return x != x ? x : exponential(x < most ? x : most);
}

static inline bool is_odd(double x)
{
    return floor(x / 2) * 2 != x && floor(x) == x;
}

/* x to the power of y, both floats, within 1e-13 of itself, where a float can hold it; as C's pow() at
 * zero, one, the infinities, below zero and of NaN. */
static inline double raised(double x, double y)
{
    double size;

    if (y == 2)
        return x * x;
    if (x == 1 || y == 0)
        return 1;
    if (x < 0 && x != -INFINITY && floor(y) != y)
        return NAN;
    size = fabs(x) == 1 ? 1 : exponential_of_any(y * logarithm(fabs(x)));
    return signbit(x) && is_odd(y) ? -size : size;
}

#endif
