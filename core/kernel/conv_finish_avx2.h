/* conv_finish_avx2.h - the epilogue for tiles of pixels x one panel, two vectors of 8 sums a
 * pixel. */
#ifndef CORE_KERNEL_CONV_FINISH_AVX2_H
#define CORE_KERNEL_CONV_FINISH_AVX2_H

#include "core/kernel/conv_tiles.h"
#include "core/kernel/epilogue_avx2.h"

/* The constants of a tile's 16 channels, for a tame epilogue that makes bytes. */
struct tame16 {
    __m256i bias[2];
    __m256 scale[2], shift[2], correction[2], residual_scale;
    __m128i zero_code;           /* 16-bit */
    __m128i low_code, high_code; /* 8-bit */
};

/* Rounds half to even, without a call. */
INLINE int code_of(const struct epilogue *epilogue, float end)
{
    return _mm_cvtss_si32(_mm_set_ss(end)) + epilogue->zero_code;
}

/* Field by field: an initializer would first clear it all, which takes longer. */
INLINE struct tame16 tame_of(const struct epilogue *epilogue, int channel)
{
    struct tame16 tame;

    tame.residual_scale = _mm256_set1_ps(epilogue->residual_scale);
    tame.zero_code = _mm_set1_epi16((short)epilogue->zero_code);
    tame.low_code = _mm_set1_epi8((char)code_of(epilogue, epilogue->low));
    tame.high_code = _mm_set1_epi8((char)code_of(epilogue, epilogue->high));
    for (int half = 0; half < 2; half++) {
        int first = channel + 8 * half;

        tame.bias[half] = _mm256_loadu_si256((const __m256i *)(epilogue->bias + first));
        tame.scale[half] = _mm256_loadu_ps(epilogue->scale + first);
        tame.shift[half] = _mm256_loadu_ps(epilogue->shift + first);
        tame.correction[half] = epilogue->correction
                                    ? _mm256_loadu_ps(epilogue->correction + first)
                                    : _mm256_setzero_ps();
    }
    return tame;
}

/* Rounded values of 8 channels. */
INLINE __m256i tame_rounded(const struct tame16 *tame, int half, __m256i acc,
                            const float *window_sum, const uint8_t *residual)
{
    __m256 v = tame->shift[half];

    if (window_sum)
        v = _mm256_fmadd_ps(_mm256_set1_ps(*window_sum), tame->correction[half], v);
    acc = _mm256_add_epi32(acc, tame->bias[half]);
    v = _mm256_fmadd_ps(_mm256_cvtepi32_ps(acc), tame->scale[half], v);
    if (residual)
        v = _mm256_fmadd_ps(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(
                                _mm_loadl_epi64((const __m128i *)residual))),
                            tame->residual_scale, v);
    return _mm256_cvtps_epi32(v);
}

/* The clamp is applied to bytes: rounding is monotone, so the order does not matter. */
INLINE void store_tame(const struct tame16 *tame, __m256i first, __m256i second,
                       uint8_t *out)
{
    __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(first, second),
                                             _MM_SHUFFLE(3, 1, 2, 0));
    __m128i low = _mm_adds_epi16(_mm256_castsi256_si128(words), tame->zero_code);
    __m128i high = _mm_adds_epi16(_mm256_extracti128_si256(words, 1), tame->zero_code);
    __m128i codes = _mm_max_epu8(_mm_packus_epi16(low, high), tame->low_code);

    _mm_storeu_si128((__m128i *)out, _mm_min_epu8(codes, tame->high_code));
}

INLINE void finish_tame(const struct epilogue *epilogue, const struct conv_tile *tile,
                        int pixels, const __m256i *acc)
{
    const struct tame16 tame = tame_of(epilogue, tile->channel);
    const float *sum = epilogue->correction ? epilogue->window_sums + tile->sum : NULL;
    const uint8_t *residual =
        epilogue->residual_u8 ? epilogue->residual_u8 + tile->residual : NULL;
    uint8_t *out = epilogue->out_u8 + tile->out;

    for (int pixel = 0; pixel < pixels; pixel++) {
        __m256i first = tame_rounded(&tame, 0, acc[2 * pixel], sum, residual);
        __m256i second = tame_rounded(&tame, 1, acc[2 * pixel + 1], sum,
                                      residual ? residual + 8 : NULL);

        store_tame(&tame, first, second, out);
        out += tile->out_step;
        if (sum)
            sum += tile->sum_step;
        if (residual)
            residual += tile->residual_step;
    }
}

INLINE void finish_any(const struct epilogue *epilogue, const struct conv_tile *tile,
                       int pixels, const __m256i *acc)
{
    for (int pixel = 0; pixel < pixels; pixel++) {
        __m256 sum = _mm256_set1_ps(
            epilogue->correction
                ? epilogue->window_sums[tile->sum + pixel * tile->sum_step]
                : 0);

        for (int half = 0; half < 2 && 8 * half < tile->channels; half++) {
            int left = tile->channels - 8 * half;

            epilogue_avx2(epilogue, tile->channel + 8 * half, left < 8 ? left : 8,
                          tile->out + pixel * tile->out_step + 8 * half,
                          tile->residual + pixel * tile->residual_step + 8 * half,
                          acc[2 * pixel + half], sum);
        }
    }
}

/* Finishes a tile of one panel.
 *
 *   acc  [pixels][2] channels 0..7 and 8..15 of the panel
 */
static void finish_tile_avx2(const struct epilogue *epilogue,
                             const struct conv_tile *tile, int pixels,
                             const __m256i *acc)
{
    if (epilogue->is_tame && epilogue->out_u8 && !epilogue->residual_f32 &&
        tile->channels >= PANEL)
        finish_tame(epilogue, tile, pixels, acc);
    else
        finish_any(epilogue, tile, pixels, acc);
}

#endif
