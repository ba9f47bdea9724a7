#include "core/kernel/kernel_variants.h"

#include <immintrin.h>

/* Pairs of products in 16 bits, widened at once: what any 7-bit weights allow. */
size_t peak_u8s8_avx2(size_t rounds)
{
    enum { ACCUMULATORS = 8 };
    __m256i acc[ACCUMULATORS], x = _mm256_setzero_si256(), w = x;
    const __m256i ones = _mm256_set1_epi16(1);

#pragma GCC unroll 8
    for (int i = 0; i < ACCUMULATORS; i++)
        acc[i] = x;
    for (size_t round = 0; round < rounds; round++)
#pragma GCC unroll 8
        for (int i = 0; i < ACCUMULATORS; i++) {
            __m256i pairs = _mm256_maddubs_epi16(x, w);

            __asm__ volatile("" : "+x"(pairs)); /* or it is computed once */
            acc[i] = _mm256_add_epi32(acc[i], _mm256_madd_epi16(pairs, ones));
            __asm__ volatile("" : "+x"(acc[i]), "+x"(x));
        }
    return rounds * ACCUMULATORS * sizeof x;
}
