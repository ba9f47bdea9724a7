/* epilogue_avx2.h - the epilogue of epilogue_scalar.h for vectors of 8 channels. */
#ifndef CORE_KERNEL_EPILOGUE_AVX2_H
#define CORE_KERNEL_EPILOGUE_AVX2_H

#include "core/kernel/epilogue_scalar.h"

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

/* The clamped value of 8 channels. */
INLINE __m256 epilogue_value_avx2(const struct epilogue *epilogue, int channel,
                                  ptrdiff_t residual, __m256i acc, __m256 window_sums)
{
    __m256 v = _mm256_loadu_ps(epilogue->shift + channel);

    if (epilogue->correction)
        v = _mm256_fmadd_ps(window_sums,
                            _mm256_loadu_ps(epilogue->correction + channel), v);
    acc = _mm256_add_epi32(
        acc, _mm256_loadu_si256((const __m256i *)(epilogue->bias + channel)));
    v = _mm256_fmadd_ps(_mm256_cvtepi32_ps(acc),
                        _mm256_loadu_ps(epilogue->scale + channel), v);
    if (epilogue->residual_f32)
        v = _mm256_fmadd_ps(_mm256_loadu_ps(epilogue->residual_f32 + residual),
                            _mm256_set1_ps(epilogue->residual_scale), v);
    else if (epilogue->residual_u8)
        v = _mm256_fmadd_ps(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(
                                (const __m128i *)(epilogue->residual_u8 + residual)))),
                            _mm256_set1_ps(epilogue->residual_scale), v);
    v = _mm256_max_ps(v, _mm256_set1_ps(epilogue->low)); /* NaN becomes low */
    return _mm256_min_ps(v, _mm256_set1_ps(epilogue->high));
}

INLINE void store_u8_avx2(uint8_t *out, __m256i codes)
{
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(codes),
                                    _mm256_extracti128_si256(codes, 1));

    _mm_storel_epi64((__m128i *)out, _mm_packus_epi16(words, words));
}

/* Finishes channels [channel, channel + count) of one pixel, at most 8. */
INLINE void epilogue_avx2(const struct epilogue *epilogue, int channel, int count,
                          ptrdiff_t out, ptrdiff_t residual, __m256i acc,
                          __m256 window_sums)
{
    __m256 v;

    if (count < 8) {
        int32_t accs[8];
        float sums[8];

        _mm256_storeu_si256((__m256i *)accs, acc);
        _mm256_storeu_ps(sums, window_sums);
        for (int lane = 0; lane < count; lane++)
            epilogue_scalar(epilogue, channel + lane, out + lane, residual + lane,
                            accs[lane], sums[lane]);
        return;
    }
    if (epilogue->out_s32) {
        _mm256_storeu_si256((__m256i *)(epilogue->out_s32 + out), acc);
        return;
    }
    v = epilogue_value_avx2(epilogue, channel, residual, acc, window_sums);
    if (epilogue->out_u8)
        store_u8_avx2(epilogue->out_u8 + out,
                      _mm256_add_epi32(_mm256_cvtps_epi32(v),
                                       _mm256_set1_epi32(epilogue->zero_code)));
    else
        _mm256_storeu_ps(epilogue->out_f32 + out, v);
}

#endif
