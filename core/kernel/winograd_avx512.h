/* winograd_avx512.h - what becomes of the sums of F(4, 3). */
#ifndef CORE_KERNEL_WINOGRAD_AVX512_H
#define CORE_KERNEL_WINOGRAD_AVX512_H

#include "core/kernel/epilogue_avx512.h"
#include "core/kernel/winograd.h"

enum { WINOGRAD_PLACES = 6, WINOGRAD_OUTPUTS = 4 };

/* x / (3 << shift), which has no remainder: the inverse of 3 modulo 2^32 divides. Sums may have wrapped
 * around before, as long as what is left fits. */
INLINE __m512i third(__m512i x, const int shift)
{
    return _mm512_srai_epi32(_mm512_mullo_epi32(x, _mm512_set1_epi32((int)0xaaaaaaab)),
                             shift);
}

/* y = A m. */
INLINE void four_outputs(const __m512i m[WINOGRAD_PLACES], __m512i y[WINOGRAD_OUTPUTS])
{
    __m512i sum1 = _mm512_add_epi32(m[1], m[2]), sum2 = _mm512_add_epi32(m[3], m[4]);
    __m512i difference1 = _mm512_sub_epi32(m[1], m[2]);
    __m512i difference2 = _mm512_sub_epi32(m[3], m[4]);
    __m512i sums = _mm512_sub_epi32(sum2, _mm512_slli_epi32(sum1, 2));

    y[0] = third(_mm512_add_epi32(_mm512_mullo_epi32(m[0], _mm512_set1_epi32(6)), sums),
                 3);
    y[1] = third(_mm512_sub_epi32(difference2, _mm512_slli_epi32(difference1, 1)), 2);
    y[2] = third(_mm512_sub_epi32(sum2, sum1), 1);
    y[3] = _mm512_add_epi32(
        third(_mm512_sub_epi32(_mm512_slli_epi32(difference2, 1), difference1), 1),
        m[5]);
}

/* A tile whose pixels are groups becomes one of outputs. */
INLINE struct conv_tile tile_of_outputs(const struct conv_tile *groups,
                                        const int outputs)
{
    struct conv_tile tile = *groups;

    tile.out_step /= outputs;
    tile.residual_step /= outputs;
    tile.sum *= outputs;
    return tile;
}

#endif
