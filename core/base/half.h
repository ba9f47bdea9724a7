/* half.h - numbers of 16 bits, IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
#ifndef CORE_BASE_HALF_H
#define CORE_BASE_HALF_H

#include <stdint.h>

float half_to_float(uint16_t half);

/* The nearest, ties to even; infinite beyond 65520. */
uint16_t half_of_float(float value);

#endif
