#include "core/kernel/epilogue_avx512.h"
#include "core/kernel/kernel_variants.h"

/* The constants of `struct add_u8`, in all lanes. */
struct constants {
    __m512 left_scale, right_scale, step, shift, low, high, least, most;
    __m512i left_zero, right_zero, zero_code;
};

static struct constants constants_of(const struct add_u8 *add)
{
    return (struct constants){
        .left_scale = _mm512_set1_ps(add->left_scale),
        .right_scale = _mm512_set1_ps(add->right_scale),
        .step = _mm512_set1_ps(add->step),
        .shift = _mm512_set1_ps(add->shift),
        .low = _mm512_set1_ps(add->low),
        .high = _mm512_set1_ps(add->high),
        .least = _mm512_set1_ps(add->least),
        .most = _mm512_set1_ps(add->most),
        .left_zero = _mm512_set1_epi32(add->left_zero),
        .right_zero = _mm512_set1_epi32(add->right_zero),
        .zero_code = _mm512_set1_epi32(add->zero_code),
    };
}

INLINE __m512 value(const struct constants *by, const bool in_floats, __m512i left,
                    __m512i right)
{
    __m512 v;

    if (!in_floats) {
        v = _mm512_fmadd_ps(_mm512_cvtepi32_ps(right), by->right_scale, by->shift);
        return _mm512_fmadd_ps(_mm512_cvtepi32_ps(left), by->left_scale, v);
    }
    left = _mm512_sub_epi32(left, by->left_zero);
    right = _mm512_sub_epi32(right, by->right_zero);
    v = _mm512_add_ps(_mm512_mul_ps(by->left_scale, _mm512_cvtepi32_ps(left)),
                      _mm512_mul_ps(by->right_scale, _mm512_cvtepi32_ps(right)));
    v = _mm512_min_ps(_mm512_max_ps(v, by->low), by->high);
    return _mm512_div_ps(v, by->step);
}

/* 16 of 64 codes as integers; which of them is a constant once the loop around is unrolled. */
INLINE __m512i sixteen(__m512i codes, int which)
{
    switch (which) {
    case 0:
        return _mm512_cvtepu8_epi32(_mm512_castsi512_si128(codes));
    case 1:
        return _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(codes, 1));
    case 2:
        return _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(codes, 2));
    default:
        return _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(codes, 3));
    }
}

/* 64 codes. */
INLINE __m512i sums(const struct constants *by, const bool in_floats, __m512i left,
                    __m512i right)
{
    const struct byte_rule rule = {.high_code = _mm512_set1_epi8(-1)};
    __m512i rounded[4];

#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        __m512 v = value(by, in_floats, sixteen(left, i), sixteen(right, i));

        v = _mm512_min_ps(_mm512_max_ps(v, by->least), by->most);
        rounded[i] = _mm512_add_epi32(_mm512_cvtps_epi32(v), by->zero_code);
    }
    return codes_avx512(&rule, 0, rounded);
}

INLINE void run(const struct add_u8 *add, const bool in_floats)
{
    const struct constants by = constants_of(add);
    const uint8_t *left = add->left, *right = add->right;
    uint8_t *out = add->out;
    size_t at = 0, count = add->count;

    for (; at + 64 <= count; at += 64)
        _mm512_storeu_si512(out + at,
                            sums(&by, in_floats, _mm512_loadu_si512(left + at),
                                 _mm512_loadu_si512(right + at)));
    if (at < count) {
        __mmask64 mask = ((__mmask64)1 << (count - at)) - 1;

        _mm512_mask_storeu_epi8(out + at, mask,
                                sums(&by, in_floats,
                                     _mm512_maskz_loadu_epi8(mask, left + at),
                                     _mm512_maskz_loadu_epi8(mask, right + at)));
    }
}

void add_u8_avx512(const struct add_u8 *add)
{
    if (add->step > 0)
        run(add, true);
    else
        run(add, false);
}
