#include "core/kernel/kernel_variants.h"
#include "core/kernel/products_avx2.h"
#include "core/kernel/winograd_places_avx2.h"

/* ---- F(2, 3) in bytes ------------------------------------------------------------------------- */

static const struct places two = {4, 2, sizeof(uint8_t), true};

/* Products of transformed codes are up to 3 x 2 times as large. */
INLINE void multiply_place_of_two(const struct conv_tile *tile, const int groups,
                                  const __m256i first[2], __m256i *sums)
{
    struct conv_tile transformed = *tile;

    transformed.most.weight *= 3;
    transformed.most.input *= 2;
    multiply_small(&transformed, groups, first, sums);
}

INLINE void two_outputs(const __m256i *m, __m256i *y)
{
    y[0] = _mm256_add_epi32(m[0], _mm256_srai_epi32(_mm256_add_epi32(m[1], m[2]), 1));
    y[1] = _mm256_sub_epi32(_mm256_srai_epi32(_mm256_sub_epi32(m[1], m[2]), 1), m[3]);
}

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

static void transform_for_two(const uint8_t *pixels, int channels, int tiles, int most,
                              uint8_t *transformed)
{
    int at = 0;

    for (; at + 32 <= channels; at += 32)
        transform_for_two32(pixels + at, channels, tiles, _mm256_set1_epi8((char)most),
                            transformed + at);
    if (channels & 16)
        transform_for_two16(pixels + at, channels, tiles, _mm_set1_epi8((char)most),
                            transformed + at);
}

/* ---- F(4, 3) in words ------------------------------------------------------------------------- */

static const struct places four = {6, 4, sizeof(int16_t), false};

INLINE void multiply_place_of_four(const struct conv_tile *tile, const int groups,
                                   const __m256i first[2], __m256i *sums)
{
    (void)first; /* there is no offset */
    multiply_wide(tile, groups, true, sums);
}

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

static void transform_for_four(const uint8_t *pixels, int channels, int tiles, int most,
                               uint8_t *transformed)
{
    int16_t *e = (int16_t *)transformed;

    (void)most;
    for (int tile = 0; tile < tiles; tile++)
        for (int at = 0; at < channels; at += 16)
            transform_tile(pixels + (ptrdiff_t)4 * tile * channels + at, channels,
                           e + (ptrdiff_t)6 * tile * channels + at);
}

/* ---- the tables ------------------------------------------------------------------------------- */

#define DEFINE_TILE(FORM, GROUPS)                                                      \
    static void FORM##_##GROUPS(const struct epilogue *epilogue,                       \
                                const struct conv_tile *tile)                          \
    {                                                                                  \
        tile_by_places(epilogue, tile, FORM, GROUPS, multiply_place_of_##FORM,         \
                       FORM##_outputs);                                                \
    }

DEFINE_TILE(two, 6)
DEFINE_TILE(two, 5)
DEFINE_TILE(two, 4)
DEFINE_TILE(two, 3)
DEFINE_TILE(two, 2)
DEFINE_TILE(two, 1)
DEFINE_TILE(four, 3)
DEFINE_TILE(four, 2)
DEFINE_TILE(four, 1)

/* Tenths of a cycle for one quad of a place, with something for the output. */
static const struct conv_tile_size two_sizes[] = {
    {6, 1, 68, false, two_6},
    {5, 1, 58, false, two_5},
    {4, 1, 48, false, two_4},
    {3, 1, 38, false, two_3},
    {2, 1, 28, false, two_2},
    {1, 1, 20, false, two_1},
    {0},
};

/* The same in cycles. */
static const struct conv_tile_size four_sizes[] = {
    {3, 1, 7, false, four_3},
    {2, 1, 5, false, four_2},
    {1, 1, 3, false, four_1},
    {0},
};

void winograd_two_u8s8_avx2(const struct conv_u8s8 *conv)
{
    winograd_run(conv, &winograd_two_bytes, transform_for_two, two_sizes);
}

void winograd_four_u8s8_avx2(const struct conv_u8s8 *conv)
{
    winograd_run(conv, &winograd_four_words, transform_for_four, four_sizes);
}
