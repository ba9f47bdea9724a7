#include "core/kernel/kernel_variants.h"
#include "core/kernel/products_avx2.h"
#include "core/kernel/winograd_input_avx2.h"
#include "core/kernel/winograd_places_avx2.h"

/* ---- F(2, 3) in bytes ------------------------------------------------------------------------- */

static const struct places two = {4, 2, sizeof(uint8_t), true};

/* Products of transformed codes are up to 3 x 2 times as large. */
INLINE void multiply_bytes(const struct conv_tile *tile, const int groups,
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

/* ---- in words --------------------------------------------------------------------------------- */

static const struct places four = {6, 4, sizeof(int16_t), false};
static const struct places two_words = {4, 2, sizeof(int16_t), false};

INLINE void multiply_words(const struct conv_tile *tile, const int groups,
                           const __m256i first[2], __m256i *sums)
{
    (void)first; /* there is no offset */
    multiply_wide(tile, groups, true, sums);
}

/* ---- the tables ------------------------------------------------------------------------------- */

#define DEFINE_TILE(FORM, GROUPS, MULTIPLY, OUTPUTS)                                   \
    static void FORM##_##GROUPS(const struct epilogue *epilogue,                       \
                                const struct conv_tile *tile)                          \
    {                                                                                  \
        tile_by_places(epilogue, tile, FORM, GROUPS, MULTIPLY, OUTPUTS);               \
    }

DEFINE_TILE(two, 6, multiply_bytes, two_outputs)
DEFINE_TILE(two, 5, multiply_bytes, two_outputs)
DEFINE_TILE(two, 4, multiply_bytes, two_outputs)
DEFINE_TILE(two, 3, multiply_bytes, two_outputs)
DEFINE_TILE(two, 2, multiply_bytes, two_outputs)
DEFINE_TILE(two, 1, multiply_bytes, two_outputs)
DEFINE_TILE(four, 3, multiply_words, four_outputs)
DEFINE_TILE(four, 2, multiply_words, four_outputs)
DEFINE_TILE(four, 1, multiply_words, four_outputs)
DEFINE_TILE(two_words, 3, multiply_words, two_outputs)
DEFINE_TILE(two_words, 2, multiply_words, two_outputs)
DEFINE_TILE(two_words, 1, multiply_words, two_outputs)

/* Tenths of a cycle for one quad of a place, with something for the output. */
static const struct conv_tile_size two_sizes[] = {
    {6, 1, 68, ANY_WINDOWS, two_6},
    {5, 1, 58, ANY_WINDOWS, two_5},
    {4, 1, 48, ANY_WINDOWS, two_4},
    {3, 1, 38, ANY_WINDOWS, two_3},
    {2, 1, 28, ANY_WINDOWS, two_2},
    {1, 1, 20, ANY_WINDOWS, two_1},
    {0},
};

/* The same in cycles. */
static const struct conv_tile_size four_sizes[] = {
    {3, 1, 7, ANY_WINDOWS, four_3},
    {2, 1, 5, ANY_WINDOWS, four_2},
    {1, 1, 3, ANY_WINDOWS, four_1},
    {0},
};

static const struct conv_tile_size two_words_sizes[] = {
    {3, 1, 7, false, two_words_3},
    {2, 1, 5, false, two_words_2},
    {1, 1, 3, false, two_words_1},
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

void winograd_two_words_u8s8_avx2(const struct conv_u8s8 *conv)
{
    winograd_run(conv, &winograd_two_words, transform_for_two_words, two_words_sizes);
}
