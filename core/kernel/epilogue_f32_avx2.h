/* epilogue_f32_avx2.h - the epilogue of epilogue_f32.h for vectors of 8 channels. */
#ifndef CORE_KERNEL_EPILOGUE_F32_AVX2_H
#define CORE_KERNEL_EPILOGUE_F32_AVX2_H

#include "core/kernel/epilogue_avx.h"
#include "core/kernel/epilogue_f32.h"

enum { VECTOR = 8 };

INLINE __m256 finished(const struct epilogue *epilogue, int channel,
                       const float *residual, __m256 v)
{
    if (epilogue->scale)
        v = _mm256_fmadd_ps(v, _mm256_loadu_ps(epilogue->scale + channel),
                            _mm256_loadu_ps(epilogue->shift + channel));
    if (residual)
        v = _mm256_add_ps(v, _mm256_loadu_ps(residual));
    v = _mm256_max_ps(v, _mm256_set1_ps(epilogue->low)); /* NaN becomes low */
    return _mm256_min_ps(v, _mm256_set1_ps(epilogue->high));
}

INLINE void store_eight(uint8_t *out, __m256i codes)
{
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(codes),
                                    _mm256_extracti128_si256(codes, 1));

    _mm_storel_epi64((__m128i *)out, _mm_packus_epi16(words, words));
}

static void finish_some(const struct epilogue *epilogue, int channel, int count,
                        ptrdiff_t out, ptrdiff_t residual, __m256 acc)
{
    float sums[VECTOR];

    _mm256_storeu_ps(sums, acc);
    for (int lane = 0; lane < count; lane++)
        epilogue_f32(epilogue, channel + lane, out + lane, residual + lane, sums[lane]);
}

/* Finishes channels [channel, channel + count) of one pixel, at most 8. */
INLINE void finish_eight(const struct epilogue *epilogue, int channel, int count,
                         ptrdiff_t out, ptrdiff_t residual, __m256 acc)
{
    __m256 v;

    if (count < VECTOR) {
        finish_some(epilogue, channel, count, out, residual, acc);
        return;
    }
    v = finished(epilogue, channel,
                 epilogue->residual_f32 ? epilogue->residual_f32 + residual : NULL,
                 acc);

    if (epilogue->out_u8)
        store_eight(epilogue->out_u8 + out,
                    _mm256_add_epi32(_mm256_cvtps_epi32(_mm256_div_ps(
                                         v, _mm256_set1_ps(epilogue->step))),
                                     _mm256_set1_epi32(epilogue->zero_code)));
    else
        _mm256_storeu_ps(epilogue->out_f32 + out, v);
}

#endif
