/* winograd_input_avx2.h - the transformed input of winograd_two_bytes and winograd_four_words. */
#ifndef CORE_KERNEL_WINOGRAD_INPUT_AVX2_H
#define CORE_KERNEL_WINOGRAD_INPUT_AVX2_H

#include "core/kernel/winograd.h"

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

/* ---- F(2, 3) in bytes ------------------------------------------------------------------------- */

/* e = B d of a row's tiles, for as many channels as a vector has bytes. */
#define DEFINE_TRANSFORM(BYTES, TYPE, LOAD, STORE, ADD, SUBTRACT)                      \
    INLINE void transform_for_two##BYTES(const uint8_t *d, ptrdiff_t channels,         \
                                         int tiles, TYPE offset, uint8_t *e)           \
    {                                                                                  \
        for (int tile = 0; tile < tiles; tile++) {                                     \
            TYPE d0 = LOAD((const TYPE *)d);                                           \
            TYPE d1 = LOAD((const TYPE *)(d + channels));                              \
            TYPE d2 = LOAD((const TYPE *)(d + 2 * channels));                          \
            TYPE d3 = LOAD((const TYPE *)(d + 3 * channels));                          \
                                                                                       \
            STORE((TYPE *)e, ADD(SUBTRACT(d0, d2), offset));                           \
            STORE((TYPE *)(e + channels), ADD(d1, d2));                                \
            STORE((TYPE *)(e + 2 * channels), ADD(SUBTRACT(d2, d1), offset));          \
            STORE((TYPE *)(e + 3 * channels), ADD(SUBTRACT(d1, d3), offset));          \
            d += 2 * channels;                                                         \
            e += 4 * channels;                                                         \
        }                                                                              \
    }

DEFINE_TRANSFORM(16, __m128i, _mm_loadu_si128, _mm_storeu_si128, _mm_add_epi8,
                 _mm_sub_epi8)
DEFINE_TRANSFORM(32, __m256i, _mm256_loadu_si256, _mm256_storeu_si256, _mm256_add_epi8,
                 _mm256_sub_epi8)

static inline void transform_for_two(const uint8_t *pixels, int channels, int tiles,
                                     int most, uint8_t *transformed)
{
    int at = 0;

    for (; at + 32 <= channels; at += 32)
        transform_for_two32(pixels + at, channels, tiles, _mm256_set1_epi8((char)most),
                            transformed + at);
    if (channels & 16)
        transform_for_two16(pixels + at, channels, tiles, _mm_set1_epi8((char)most),
                            transformed + at);
}

/* ---- in words --------------------------------------------------------------------------------- */

INLINE __m256i word_codes(const uint8_t *codes)
{
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)codes));
}

INLINE __m256i four_times(__m256i x)
{
    return _mm256_slli_epi16(x, 2);
}

/* e = B d of a tile, for 16 channels. */
INLINE void transform_tile(const uint8_t *pixels, ptrdiff_t channels, int16_t *e)
{
    const __m256i d0 = word_codes(pixels), d1 = word_codes(pixels + channels);
    const __m256i d2 = word_codes(pixels + 2 * channels);
    const __m256i d3 = word_codes(pixels + 3 * channels);
    const __m256i d4 = word_codes(pixels + 4 * channels);
    const __m256i d5 = word_codes(pixels + 5 * channels);
    const __m256i far = _mm256_sub_epi16(d4, four_times(d2));
    const __m256i near = _mm256_sub_epi16(d4, d2);
    const __m256i odd = _mm256_sub_epi16(d3, four_times(d1));
    const __m256i twice = _mm256_slli_epi16(_mm256_sub_epi16(d3, d1), 1);
    const __m256i found[] = {
        _mm256_add_epi16(four_times(d0), _mm256_sub_epi16(far, d2)),
        _mm256_add_epi16(far, odd),
        _mm256_sub_epi16(far, odd),
        _mm256_add_epi16(near, twice),
        _mm256_sub_epi16(near, twice),
        _mm256_sub_epi16(_mm256_sub_epi16(d5, d3), _mm256_slli_epi16(twice, 1))};

#pragma GCC unroll 6
    for (int place = 0; place < 6; place++)
        _mm256_storeu_si256((__m256i *)(e + place * channels), found[place]);
}

static inline void transform_for_four(const uint8_t *pixels, int channels, int tiles,
                                      int most, uint8_t *transformed)
{
    int16_t *e = (int16_t *)transformed;

    (void)most;
    for (int tile = 0; tile < tiles; tile++)
        for (int at = 0; at < channels; at += 16)
            transform_tile(pixels + (ptrdiff_t)4 * tile * channels + at, channels,
                           e + (ptrdiff_t)6 * tile * channels + at);
}

/* F(2, 3). */
static inline void transform_for_two_words(const uint8_t *pixels, int channels,
                                           int tiles, int most, uint8_t *transformed)
{
    (void)most;
    for (int tile = 0; tile < tiles; tile++)
        for (int at = 0; at < channels; at += 16) {
            const uint8_t *d = pixels + (ptrdiff_t)2 * tile * channels + at;
            int16_t *e = (int16_t *)transformed + (ptrdiff_t)4 * tile * channels + at;
            const __m256i d0 = word_codes(d), d1 = word_codes(d + channels);
            const __m256i d2 = word_codes(d + 2 * (ptrdiff_t)channels);
            const __m256i d3 = word_codes(d + 3 * (ptrdiff_t)channels);
            const __m256i found[] = {_mm256_sub_epi16(d0, d2), _mm256_add_epi16(d1, d2),
                                     _mm256_sub_epi16(d2, d1),
                                     _mm256_sub_epi16(d1, d3)};

#pragma GCC unroll 4
            for (int place = 0; place < 4; place++)
                _mm256_storeu_si256((__m256i *)(e + (ptrdiff_t)place * channels),
                                    found[place]);
        }
}

#endif
