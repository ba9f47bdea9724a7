/* epilogue_avx512.h - the epilogue of epilogue_scalar.h for 16 channels at a time. */
#ifndef CORE_KERNEL_EPILOGUE_AVX512_H
#define CORE_KERNEL_EPILOGUE_AVX512_H

#include "core/kernel/kernel.h"

#include <immintrin.h>

/* Finishes channels [channel, channel + 16) under `mask` at output elements from `at` on. */
static inline void epilogue_avx512(const struct epilogue *epilogue, int channel,
                                   size_t at, __mmask16 mask, __m512i acc,
                                   __m512i window_sums)
{
    __m512 v = _mm512_maskz_loadu_ps(mask, epilogue->shift + channel);

    if (epilogue->correction)
        v = _mm512_fmadd_ps(_mm512_cvtepi32_ps(window_sums),
                            _mm512_maskz_loadu_ps(mask, epilogue->correction + channel),
                            v);
    v = _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc),
                        _mm512_maskz_loadu_ps(mask, epilogue->scale + channel), v);
    if (epilogue->residual_f32)
        v = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, epilogue->residual_f32 + at),
                            _mm512_set1_ps(epilogue->residual_scale), v);
    else if (epilogue->residual_u8)
        v = _mm512_fmadd_ps(
            _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(
                _mm_maskz_loadu_epi8(mask, epilogue->residual_u8 + at))),
            _mm512_set1_ps(epilogue->residual_scale), v);
    v = _mm512_max_ps(v, _mm512_set1_ps(epilogue->low));
    v = _mm512_min_ps(v, _mm512_set1_ps(epilogue->high));
    if (epilogue->out_u8)
        _mm512_mask_cvtepi32_storeu_epi8(
            epilogue->out_u8 + at, mask,
            _mm512_add_epi32(_mm512_cvtps_epi32(v),
                             _mm512_set1_epi32(epilogue->zero_code)));
    else
        _mm512_mask_storeu_ps(epilogue->out_f32 + at, mask, v);
}

/* The lanes of the channels that exist, from `channel` on. */
static inline __mmask16 channels_mask(int channels, int channel)
{
    int left = channels - channel;

    return left >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << left) - 1);
}

#endif
