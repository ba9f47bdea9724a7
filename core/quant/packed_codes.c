#include "core/quant/packed_codes.h"

#include <math.h>

static const double base = UINT8_MAX + 1;

size_t packed_codes_count(size_t codes)
{
    return (codes + CODES_A_NUMBER - 1) / CODES_A_NUMBER;
}

void packed_codes_pack(const int8_t *codes, size_t count, double *numbers)
{
    for (size_t first = 0; first < count; first += CODES_A_NUMBER) {
        double number = 0;

        for (size_t i = first + CODES_A_NUMBER; i-- > first;)
            number = number * base + (i < count ? codes[i] - INT8_MIN : 0);
        *numbers++ = number;
    }
}

void packed_codes_unpack(const double *numbers, size_t count, int8_t *codes)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t number = (uint64_t)numbers[i / CODES_A_NUMBER];

        codes[i] =
            (int8_t)((int)(number >> i % CODES_A_NUMBER * 8 & UINT8_MAX) + INT8_MIN);
    }
}

bool packed_codes_fit(double number)
{
    return number >= 0 && number < pow(base, CODES_A_NUMBER) && number == rint(number);
}
