/* epilogue_avx2.h - the epilogue of epilogue_scalar.h for vectors of 8 channels.
 *
 * Of channels that are not there, lanes hold anything; only stores leave them out.
 */
#ifndef CORE_KERNEL_EPILOGUE_AVX2_H
#define CORE_KERNEL_EPILOGUE_AVX2_H

#include "core/kernel/epilogue_avx.h"

/* The constants of 8 channels. */
struct linear8 {
    __m256i bias;
    __m256 scale, shift, correction;
};

INLINE struct linear8 linear_of(const struct epilogue *epilogue, int channel,
                                const bool corrects)
{
    return (struct linear8){
        .bias = _mm256_loadu_si256((const __m256i *)(epilogue->bias + channel)),
        .scale = _mm256_loadu_ps(epilogue->scale + channel),
        .shift = _mm256_loadu_ps(epilogue->shift + channel),
        .correction = corrects ? _mm256_loadu_ps(epilogue->correction + channel)
                               : _mm256_setzero_ps(),
    };
}

INLINE __m256 linear_value(const struct linear8 *linear, __m256i acc,
                           const bool corrects, __m256 window_sums)
{
    __m256 v = linear->shift;

    if (corrects)
        v = _mm256_fmadd_ps(window_sums, linear->correction, v);
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(_mm256_add_epi32(acc, linear->bias)),
                           linear->scale, v);
}

/* v + scale * codes. */
INLINE __m256 add_codes(const uint8_t *codes, __m256 scale, __m256 v)
{
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(
                               _mm_loadl_epi64((const __m128i *)codes))),
                           scale, v);
}

/* What turns the values of a tame epilogue into bytes. The clamp is applied to bytes, where it
 * costs a quarter: rounding is monotone, so the order does not matter. */
struct byte_rule {
    __m256 residual_scale;
    __m256i zero_code;           /* 16-bit */
    __m256i low_code, high_code; /* 8-bit */
};

INLINE struct byte_rule byte_rule_of(const struct epilogue *epilogue)
{
    return (struct byte_rule){
        .residual_scale = _mm256_set1_ps(epilogue->residual_scale),
        .zero_code = _mm256_set1_epi16((short)epilogue->zero_code),
        .low_code = _mm256_set1_epi8((char)code_of(epilogue, epilogue->low)),
        .high_code = _mm256_set1_epi8((char)code_of(epilogue, epilogue->high)),
    };
}

/* Codes of four vectors of 8 rounded values, in order. */
INLINE __m256i codes_avx2(const struct byte_rule *rule, const int traits,
                          const __m256i rounded[4])
{
    const __m256i in_order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i ab = _mm256_packs_epi32(rounded[0], rounded[1]);
    __m256i cd = _mm256_packs_epi32(rounded[2], rounded[3]);
    __m256i codes;

    if (traits & SHIFTS) {
        codes = _mm256_packus_epi16(_mm256_adds_epi16(ab, rule->zero_code),
                                    _mm256_adds_epi16(cd, rule->zero_code));
        codes = _mm256_max_epu8(codes, rule->low_code);
    } else { /* what is below 0 becomes 0 */
        codes = _mm256_packus_epi16(ab, cd);
    }
    return _mm256_permutevar8x32_epi32(_mm256_min_epu8(codes, rule->high_code),
                                       in_order);
}

/* Any epilogue, for 8 channels of which `count` are there: a copy, since what is stored could be
 * anything that a pointer leads to. */
struct any_epilogue {
    struct linear8 linear;
    bool corrects;
    int count;
    const float *residual_f32;
    const uint8_t *residual_u8;
    __m256 residual_scale, low, high;
    __m256i zero_code;
    int32_t *out_s32;
    uint8_t *out_u8;
    float *out_f32;
};

INLINE struct any_epilogue any_epilogue_of(const struct epilogue *epilogue, int channel,
                                           int count)
{
    struct any_epilogue any = {
        .corrects = epilogue->correction != NULL,
        .count = count < 8 ? count : 8,
        .residual_f32 = epilogue->residual_f32,
        .residual_u8 = epilogue->residual_u8,
        .residual_scale = _mm256_set1_ps(epilogue->residual_scale),
        .low = _mm256_set1_ps(epilogue->low),
        .high = _mm256_set1_ps(epilogue->high),
        .zero_code = _mm256_set1_epi32(epilogue->zero_code),
        .out_s32 = epilogue->out_s32,
        .out_u8 = epilogue->out_u8,
        .out_f32 = epilogue->out_f32,
    };

    if (!epilogue->out_s32) /* sums alone need no constants */
        any.linear = linear_of(epilogue, channel, any.corrects);
    return any;
}

INLINE __m256 any_value(const struct any_epilogue *any, ptrdiff_t residual, __m256i acc,
                        __m256 window_sums)
{
    __m256 v = linear_value(&any->linear, acc, any->corrects, window_sums);

    if (any->residual_f32)
        v = _mm256_fmadd_ps(_mm256_loadu_ps(any->residual_f32 + residual),
                            any->residual_scale, v);
    else if (any->residual_u8)
        v = add_codes(any->residual_u8 + residual, any->residual_scale, v);
    v = _mm256_max_ps(v, any->low); /* NaN becomes low */
    return _mm256_min_ps(v, any->high);
}

INLINE void store32(const struct any_epilogue *any, void *out, __m256i values)
{
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);

    if (any->count == 8)
        _mm256_storeu_si256(out, values);
    else
        _mm256_maskstore_epi32(
            out, _mm256_cmpgt_epi32(_mm256_set1_epi32(any->count), lanes), values);
}

INLINE void store8(const struct any_epilogue *any, uint8_t *out, __m256i codes)
{
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(codes),
                                    _mm256_extracti128_si256(codes, 1));
    __m128i bytes = _mm_packus_epi16(words, words);
    uint8_t some[8];

    if (any->count == 8) {
        _mm_storel_epi64((__m128i *)out, bytes);
        return;
    }
    _mm_storel_epi64((__m128i *)some, bytes);
    for (int lane = 0; lane < any->count; lane++)
        out[lane] = some[lane];
}

/* Finishes and stores one vector of sums. */
INLINE void finish_any_avx2(const struct any_epilogue *any, ptrdiff_t out,
                            ptrdiff_t residual, __m256i acc, __m256 window_sums)
{
    __m256 v;

    if (any->out_s32) {
        store32(any, any->out_s32 + out, acc);
        return;
    }
    v = any_value(any, residual, acc, window_sums);
    if (any->out_u8)
        store8(any, any->out_u8 + out,
               _mm256_add_epi32(_mm256_cvtps_epi32(v), any->zero_code));
    else
        store32(any, any->out_f32 + out, _mm256_castps_si256(v));
}

#endif
