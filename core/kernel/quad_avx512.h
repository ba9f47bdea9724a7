/* quad_avx512.h - four input bytes, as products with a panel take them. */
#ifndef CORE_KERNEL_QUAD_AVX512_H
#define CORE_KERNEL_QUAD_AVX512_H

#include "core/kernel/epilogue_avx512.h"

#include <string.h>

/* The bytes in all lanes. */
INLINE __m512i quad(const uint8_t *bytes)
{
    int32_t four;

    memcpy(&four, bytes, sizeof four);
    return _mm512_set1_epi32(four);
}

#endif
