#include "core/kernel/kernel_variants.h"

#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum { VECTOR = 8, PIECE = 32 };

/* The constants of `struct add_u8`, in all lanes. */
struct constants {
    __m256 left_scale, right_scale, step, shift, low, high, least, most;
    __m256i left_zero, right_zero, zero_code;
};

static struct constants constants_of(const struct add_u8 *add)
{
    return (struct constants){
        .left_scale = _mm256_set1_ps(add->left_scale),
        .right_scale = _mm256_set1_ps(add->right_scale),
        .step = _mm256_set1_ps(add->step),
        .shift = _mm256_set1_ps(add->shift),
        .low = _mm256_set1_ps(add->low),
        .high = _mm256_set1_ps(add->high),
        .least = _mm256_set1_ps(add->least),
        .most = _mm256_set1_ps(add->most),
        .left_zero = _mm256_set1_epi32(add->left_zero),
        .right_zero = _mm256_set1_epi32(add->right_zero),
        .zero_code = _mm256_set1_epi32(add->zero_code),
    };
}

INLINE __m256i eight(const uint8_t *codes)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)codes));
}

INLINE __m256 value(const struct constants *by, const bool in_floats, __m256i left,
                    __m256i right)
{
    __m256 v;

    if (!in_floats) {
        v = _mm256_fmadd_ps(_mm256_cvtepi32_ps(right), by->right_scale, by->shift);
        return _mm256_fmadd_ps(_mm256_cvtepi32_ps(left), by->left_scale, v);
    }
    left = _mm256_sub_epi32(left, by->left_zero);
    right = _mm256_sub_epi32(right, by->right_zero);
    v = _mm256_add_ps(_mm256_mul_ps(by->left_scale, _mm256_cvtepi32_ps(left)),
                      _mm256_mul_ps(by->right_scale, _mm256_cvtepi32_ps(right)));
    v = _mm256_min_ps(_mm256_max_ps(v, by->low), by->high);
    return _mm256_div_ps(v, by->step);
}

/* PIECE codes. */
INLINE __m256i sums(const struct constants *by, const bool in_floats,
                    const uint8_t *left, const uint8_t *right)
{
    const __m256i in_order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i rounded[PIECE / VECTOR];

#pragma GCC unroll 4
    for (int i = 0; i < PIECE / VECTOR; i++) {
        __m256 v =
            value(by, in_floats, eight(left + i * VECTOR), eight(right + i * VECTOR));

        v = _mm256_min_ps(_mm256_max_ps(v, by->least), by->most);
        rounded[i] = _mm256_add_epi32(_mm256_cvtps_epi32(v), by->zero_code);
    }
    return _mm256_permutevar8x32_epi32(
        _mm256_packus_epi16(_mm256_packs_epi32(rounded[0], rounded[1]),
                            _mm256_packs_epi32(rounded[2], rounded[3])),
        in_order);
}

INLINE void run(const struct add_u8 *add, const bool in_floats)
{
    const struct constants by = constants_of(add);
    const uint8_t *left = add->left, *right = add->right;
    uint8_t *out = add->out, last[3][PIECE] = {0};
    size_t at = 0, count = add->count;

    for (; at + PIECE <= count; at += PIECE)
        _mm256_storeu_si256((__m256i *)(out + at),
                            sums(&by, in_floats, left + at, right + at));
    if (at < count) {
        memcpy(last[0], left + at, count - at);
        memcpy(last[1], right + at, count - at);
        _mm256_storeu_si256((__m256i *)last[2], sums(&by, in_floats, last[0], last[1]));
        memcpy(out + at, last[2], count - at);
    }
}

void add_u8_avx2(const struct add_u8 *add)
{
    if (add->step > 0)
        run(add, true);
    else
        run(add, false);
}
