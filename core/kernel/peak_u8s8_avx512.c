#include "core/kernel/kernel_variants.h"

#include <immintrin.h>

/* Pairs of products in 16 bits, widened at once: what any 7-bit weights allow. */
size_t peak_u8s8_avx512(size_t rounds)
{
    enum { ACCUMULATORS = 8 };
    __m512i acc[ACCUMULATORS], x = _mm512_setzero_si512(), w = x;
    const __m512i ones = _mm512_set1_epi16(1);

#pragma GCC unroll 8
    for (int i = 0; i < ACCUMULATORS; i++)
        acc[i] = x;
    for (size_t round = 0; round < rounds; round++)
#pragma GCC unroll 8
        for (int i = 0; i < ACCUMULATORS; i++) {
            __m512i pairs = _mm512_maddubs_epi16(x, w);

            __asm__ volatile("" : "+v"(pairs)); /* or it is computed once */
            acc[i] = _mm512_add_epi32(acc[i], _mm512_madd_epi16(pairs, ones));
            __asm__ volatile("" : "+v"(acc[i]), "+v"(x));
        }
    return rounds * ACCUMULATORS * sizeof x;
}
