#include "core/quant/power.h"

#include <assert.h>
#include <math.h>

void power_init(struct power *power, double p)
{
    const int exponent_of_one = 1023;

    assert(p > 0);
    for (int i = 0; i < POWER_EXPONENTS; i++)
        power->of_exponent[i] = exp2(p * (i - exponent_of_one));
    for (int i = 0; i <= POWER_MANTISSAS; i++)
        power->of_mantissa[i] = pow(1 + (double)i / POWER_MANTISSAS, p);
}
