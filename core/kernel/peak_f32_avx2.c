#include "core/kernel/kernel_variants.h"

#include <immintrin.h>

size_t peak_f32_avx2(size_t rounds)
{
    enum { ACCUMULATORS = 12 }; /* enough to hide the latency of the instruction */
    __m256 acc[ACCUMULATORS], x = _mm256_setzero_ps(), w = x;

#pragma GCC unroll 12
    for (int i = 0; i < ACCUMULATORS; i++)
        acc[i] = x;
    for (size_t round = 0; round < rounds; round++)
#pragma GCC unroll 12
        for (int i = 0; i < ACCUMULATORS; i++) {
            acc[i] = _mm256_fmadd_ps(x, w, acc[i]);
            __asm__ volatile("" : "+x"(acc[i])); /* nobody asks for the result */
        }
    return rounds * ACCUMULATORS * (sizeof x / sizeof(float));
}
