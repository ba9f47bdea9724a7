#include "core/quant/wide_codes.h"

#include <assert.h>
#include <stdlib.h>

int wide_codes_most(const int16_t *codes, size_t count)
{
    int lowest = 0, highest = 0;

    for (size_t i = 0; i < count; i++) {
        lowest = codes[i] < lowest ? codes[i] : lowest;
        highest = codes[i] > highest ? codes[i] : highest;
    }
    return -lowest > highest ? -lowest : highest;
}

void wide_codes_narrow(const int16_t *codes, size_t count, int8_t *parts)
{
    for (size_t i = 0; i < count; i++)
        parts[i] = (int8_t)codes[i];
}

int wide_codes_part(const int16_t *codes, size_t count, int8_t *low, int8_t *high)
{
    int most = 0;

    for (size_t i = 0; i < count; i++) {
        int rest = ((codes[i] + WIDE_LOW_MOST) & (WIDE_BASE - 1)) - WIDE_LOW_MOST;
        int times = (codes[i] - rest) / WIDE_BASE;

        assert(abs(times) <= INT8_MAX);
        low[i] = (int8_t)rest;
        high[i] = (int8_t)times;
        most = abs(times) > most ? abs(times) : most;
    }
    return most;
}

/* Sums between may wrap around; without signs that is defined, and undone by the rest. */
void wide_codes_add_sums(int32_t *sums, const int32_t *high, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sums[i] = (int32_t)((uint32_t)sums[i] + WIDE_BASE * (uint32_t)high[i]);
}
