#include "core/kernel/kernel_variants.h"

#include <immintrin.h>

size_t peak_u8s8_avxvnni(size_t rounds)
{
    enum { ACCUMULATORS = 12 }; /* enough to hide the latency of the instruction */
    __m256i acc[ACCUMULATORS], x = _mm256_setzero_si256(), w = x;

#pragma GCC unroll 12
    for (int i = 0; i < ACCUMULATORS; i++)
        acc[i] = x;
    for (size_t round = 0; round < rounds; round++)
#pragma GCC unroll 12
        for (int i = 0; i < ACCUMULATORS; i++) {
            acc[i] = _mm256_dpbusd_avx_epi32(acc[i], x, w);
            __asm__ volatile("" : "+x"(acc[i])); /* nobody asks for the result */
        }
    return rounds * ACCUMULATORS * sizeof x;
}
