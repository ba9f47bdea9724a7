#include "core/layer/sine.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* How many quarters of a circle x holds, rounded, and what is left: at most pi / 4. Below 2^24 pi / 2 is
 * subtracted in three parts, of which the first two have so few bits that products are exact (Cody and
 * Waite). */
static double rest_of(double x, int *quarters)
{
    const double part[] = {0x1.921fb54000000p+0, 0x1.10b4611000000p-30,
                           0x1.4c4c6628b80dcp-59};
    double n = rint(x * 0x1.45f306dc9c883p-1);

    *quarters = (int)((int64_t)n & 3);
    return ((x - n * part[0]) - n * part[1]) - n * part[2];
}

/* The same of a large float, m 2^e: its m, a whole number, times those bits of 2^e 2 / pi that are worth
 * less than four quarters, 126 of them behind the point (Payne and Hanek). */
static double rest_of_large(float x, int *quarters)
{
    static const uint32_t two_by_pi[] = {0,          0xa2f9836e, 0x4e441529,
                                         0xfc2757d1, 0xf534ddc0, 0xdb629599,
                                         0x3c439041, 0xfe5163ab, 0xdebbc561};
    int exponent;
    int64_t m = (int64_t)ldexpf(frexpf(x, &exponent), 24);
    int first = exponent - 24 + 30; /* bit; the first of the second word is 1/2 */
    const uint32_t *word = &two_by_pi[first / 32];
    unsigned __int128 bits = 0;
    __int128 rest;

    for (int i = 0; i < 4; i++)
        bits = bits << 32 | word[i];
    if (first % 32 > 0)
        bits = bits << first % 32 | word[4] >> (32 - first % 32);
    bits *= (unsigned __int128)(m < 0 ? -m : m);
    *quarters = (int)((bits + ((unsigned __int128)1 << 125)) >> 126);
    rest = (__int128)(bits << 2) >> 2; /* the quarters' bits are those of the sign */
    *quarters = m < 0 ? -*quarters & 3 : *quarters;
    return (m < 0 ? -1 : 1) * (double)rest * 0x1p-126 * 0x1.921fb54442d18p+0;
}

/* Taylor's series of what is at most pi / 4. */
static double series(double x, int first)
{
    double square = x * x, sum = 0;

    for (int n = first + 16; n > 1; n -= 2)
        sum = (1 + sum) * -square / (n * (n - 1));
    return 1 + sum;
}

double sine_of(float x, int quarters)
{
    int more;
    double rest, value;

    if (!isfinite(x))
        return NAN;
    rest = fabsf(x) < 0x1p24f ? rest_of(x, &more) : rest_of_large(x, &more);
    quarters = (quarters + more) & 3;
    value = quarters % 2 == 0 ? rest * series(rest, 1) : series(rest, 0);
    return quarters < 2 ? value : -value;
}
