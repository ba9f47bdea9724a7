#include "core/base/half.h"

#include <math.h>
#include <string.h>

float half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half >> 15) << 31, exponent = half >> 10 & 31;
    uint32_t fraction = half & 1023;
    float value = (float)fraction / (1 << 24); /* a subnormal */
    uint32_t bits;

    if (exponent > 0) {
        bits = (exponent == 31 ? 255u : exponent + 127 - 15) << 23 | fraction << 13;
        memcpy(&value, &bits, sizeof value);
    }
    memcpy(&bits, &value, sizeof bits);
    bits |= sign;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Of a magnitude. A fraction that is rounded up to 2048 carries into the exponent, as it should. */
static int half_of_magnitude(float value)
{
    int exponent;

    if (isnan(value))
        return 0x7e00;
    if (value >= 65520)
        return 0x7c00;
    if (value < 0x1p-14f)
        return (int)rintf(value * 0x1p24f);
    frexpf(value, &exponent);
    return ((exponent + 13) << 10) + (int)rintf(ldexpf(value, 11 - exponent));
}

uint16_t half_of_float(float value)
{
    return (uint16_t)(half_of_magnitude(fabsf(value)) | (signbit(value) ? 0x8000 : 0));
}
