/* exponential.h - exp(x), and exp(x) - 1 below zero, with the same digits on all machines.
 *
 * Sums, products and bits alone: the library's functions differ from machine to machine.
 */
#ifndef CORE_LAYER_EXPONENTIAL_H
#define CORE_LAYER_EXPONENTIAL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* exp(x) of -110..700 within 1e-15 of itself; what is below, or no number, is as -110, where the
 * result is zero as a float. 2^n times the Taylor series of what is left of x, at most ln(2) / 2. */
static inline double exponential(double x)
{
    static const double factors[] = {1.0 / 6227020800,
                                     1.0 / 479001600,
                                     1.0 / 39916800,
                                     1.0 / 3628800,
                                     1.0 / 362880,
                                     1.0 / 40320,
                                     1.0 / 5040,
                                     1.0 / 720,
                                     1.0 / 120,
                                     1.0 / 24,
                                     1.0 / 6,
                                     0.5,
                                     1,
                                     1};
    const double to_integer = 0x1.8p52, log2_of_e = 0x1.71547652b82fep0;
    const double ln2_high = 0x1.62e42fefa0000p-1, ln2_low = 0x1.cf79abc9e3b3ap-40;
    double least = -110, within = x > least ? x : least;
    double shifted = within * log2_of_e + to_integer, n = shifted - to_integer;
    double rest = (within - n * ln2_high) - n * ln2_low, sum = 0, power;
    uint64_t bits;

    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
        sum = sum * rest + factors[i];
    memcpy(&bits, &shifted, sizeof bits); /* its last ones are those of n */
    bits = (bits + 1023) << 52;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

/* exp(x) - 1 of what is at most 0, within 1e-12 of itself. Near zero, where the difference would
 * lose digits, the first of its Taylor series. */
static inline double exponential_less_one(double x)
{
    double series = x * (1 + x * (0.5 + x / 6));

    return x > -1e-4 ? series : exponential(x) - 1;
}

#endif
