/* epilogue_avx512.h - the epilogue of epilogue_scalar.h for vectors of 16 channels.
 *
 * Of channels that are not there, lanes hold anything; only stores are masked.
 */
#ifndef CORE_KERNEL_EPILOGUE_AVX512_H
#define CORE_KERNEL_EPILOGUE_AVX512_H

#include "core/kernel/epilogue_avx.h"

/* The constants of 16 channels. */
struct linear16 {
    __m512i bias;
    __m512 scale, shift, correction;
};

INLINE struct linear16 linear_of(const struct epilogue *epilogue, int channel,
                                 const bool corrects)
{
    return (struct linear16){
        .bias = _mm512_loadu_si512(epilogue->bias + channel),
        .scale = _mm512_loadu_ps(epilogue->scale + channel),
        .shift = _mm512_loadu_ps(epilogue->shift + channel),
        .correction = corrects ? _mm512_loadu_ps(epilogue->correction + channel)
                               : _mm512_setzero_ps(),
    };
}

INLINE __m512 linear_value(const struct linear16 *linear, __m512i acc,
                           const bool corrects, __m512 window_sums)
{
    __m512 v = linear->shift;

    if (corrects)
        v = _mm512_fmadd_ps(window_sums, linear->correction, v);
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_add_epi32(acc, linear->bias)),
                           linear->scale, v);
}

/* v + scale * codes. */
INLINE __m512 add_codes(const uint8_t *codes, __m512 scale, __m512 v)
{
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(
                               _mm_loadu_si128((const __m128i *)codes))),
                           scale, v);
}

INLINE __mmask16 mask_of(int count)
{
    return count >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << count) - 1);
}

/* What turns the values of a tame epilogue into bytes. The clamp is applied to bytes, where it
 * costs a quarter: rounding is monotone, so the order does not matter. */
struct byte_rule {
    __m512 residual_scale;
    __m512i zero_code;           /* 16-bit */
    __m512i low_code, high_code; /* 8-bit */
};

INLINE struct byte_rule byte_rule_of(const struct epilogue *epilogue)
{
    return (struct byte_rule){
        .residual_scale = _mm512_set1_ps(epilogue->residual_scale),
        .zero_code = _mm512_set1_epi16((short)epilogue->zero_code),
        .low_code = _mm512_set1_epi8((char)code_of(epilogue, epilogue->low)),
        .high_code = _mm512_set1_epi8((char)code_of(epilogue, epilogue->high)),
    };
}

/* Codes of four vectors a, b, c, d of 16 rounded values. In each quarter of the register stand 4
 * codes of a, 4 of b, 4 of c, 4 of d. */
INLINE __m512i interleaved_codes_avx512(const struct byte_rule *rule, const int traits,
                                        const __m512i rounded[4])
{
    __m512i ab = _mm512_packs_epi32(rounded[0], rounded[1]);
    __m512i cd = _mm512_packs_epi32(rounded[2], rounded[3]);
    __m512i codes;

    if (!(traits & SHIFTS)) /* what is below 0 has become 0 */
        return _mm512_min_epu8(_mm512_packus_epi16(ab, cd), rule->high_code);
    codes = _mm512_packus_epi16(_mm512_adds_epi16(ab, rule->zero_code),
                                _mm512_adds_epi16(cd, rule->zero_code));
    return _mm512_min_epu8(_mm512_max_epu8(codes, rule->low_code), rule->high_code);
}

/* The same in order: 16 codes of a, of b, of c, of d. */
INLINE __m512i codes_avx512(const struct byte_rule *rule, const int traits,
                            const __m512i rounded[4])
{
    const __m512i in_order =
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);

    return _mm512_permutexvar_epi32(in_order,
                                    interleaved_codes_avx512(rule, traits, rounded));
}

/* Any epilogue, for 16 channels of which `mask` are there: a copy, since what is stored could be
 * anything that a pointer leads to. */
struct any_epilogue {
    struct linear16 linear;
    bool corrects;
    __mmask16 mask;
    const float *residual_f32;
    const uint8_t *residual_u8;
    __m512 residual_scale, low, high;
    __m512i zero_code;
    int32_t *out_s32;
    uint8_t *out_u8;
    float *out_f32;
};

INLINE struct any_epilogue any_epilogue_of(const struct epilogue *epilogue, int channel,
                                           int count)
{
    struct any_epilogue any = {
        .corrects = epilogue->correction != NULL,
        .mask = mask_of(count),
        .residual_f32 = epilogue->residual_f32,
        .residual_u8 = epilogue->residual_u8,
        .residual_scale = _mm512_set1_ps(epilogue->residual_scale),
        .low = _mm512_set1_ps(epilogue->low),
        .high = _mm512_set1_ps(epilogue->high),
        .zero_code = _mm512_set1_epi32(epilogue->zero_code),
        .out_s32 = epilogue->out_s32,
        .out_u8 = epilogue->out_u8,
        .out_f32 = epilogue->out_f32,
    };

    if (!epilogue->out_s32) /* sums alone need no constants */
        any.linear = linear_of(epilogue, channel, any.corrects);
    return any;
}

INLINE __m512 any_value(const struct any_epilogue *any, ptrdiff_t residual, __m512i acc,
                        __m512 window_sums)
{
    __m512 v = linear_value(&any->linear, acc, any->corrects, window_sums);

    if (any->residual_f32)
        v = _mm512_fmadd_ps(_mm512_loadu_ps(any->residual_f32 + residual),
                            any->residual_scale, v);
    else if (any->residual_u8)
        v = add_codes(any->residual_u8 + residual, any->residual_scale, v);
    v = _mm512_max_ps(v, any->low); /* NaN becomes low */
    return _mm512_min_ps(v, any->high);
}

/* Finishes and stores one vector of sums. */
INLINE void finish_any_avx512(const struct any_epilogue *any, ptrdiff_t out,
                              ptrdiff_t residual, __m512i acc, __m512 window_sums)
{
    __m512 v;

    if (any->out_s32) {
        _mm512_mask_storeu_epi32(any->out_s32 + out, any->mask, acc);
        return;
    }
    v = any_value(any, residual, acc, window_sums);
    if (any->out_u8)
        _mm512_mask_cvtepi32_storeu_epi8(
            any->out_u8 + out, any->mask,
            _mm512_add_epi32(_mm512_cvtps_epi32(v), any->zero_code));
    else
        _mm512_mask_storeu_ps(any->out_f32 + out, any->mask, v);
}

#endif
