#include "core/kernel/conv_finish_avx2.h"
#include "core/kernel/kernel_variants.h"
#include "core/kernel/products_avx2.h"

INLINE void tile_wide(const struct epilogue *epilogue, const struct conv_tile *tile,
                      const int pixels)
{
    __m256i sums[2 * WIDE_MOST];

    multiply_wide(tile, pixels, false, sums);
    finish_tile_avx2(epilogue, tile, pixels, (const int32_t *)sums, PANEL);
}

INLINE void tile_small(const struct epilogue *epilogue, const struct conv_tile *tile,
                       const int pixels)
{
    const __m256i nothing[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    __m256i sums[2 * SMALL_MOST];

    multiply_small(tile, pixels, nothing, sums);
    finish_tile_avx2(epilogue, tile, pixels, (const int32_t *)sums, PANEL);
}

/* ---- the tables ---------------------------------------------------------------------------- */

#define DEFINE_TILE(KIND, PIXELS)                                                      \
    static void KIND##_##PIXELS(const struct epilogue *epilogue,                       \
                                const struct conv_tile *tile)                          \
    {                                                                                  \
        tile_##KIND(epilogue, tile, PIXELS);                                           \
    }

DEFINE_TILE(wide, 3)
DEFINE_TILE(wide, 2)
DEFINE_TILE(wide, 1)
DEFINE_TILE(small, 6)
DEFINE_TILE(small, 5)
DEFINE_TILE(small, 4)
DEFINE_TILE(small, 3)
DEFINE_TILE(small, 2)
DEFINE_TILE(small, 1)

/* Cycles for one quad, about. */
static const struct conv_tile_size wide_sizes[] = {
    {3, 1, 7, ANY_WINDOWS, wide_3},
    {2, 1, 5, ANY_WINDOWS, wide_2},
    {1, 1, 3, ANY_WINDOWS, wide_1},
    {0},
};

/* Tenths of a cycle for one quad: two products a cycle, and something for the loop. */
static const struct conv_tile_size small_sizes[] = {
    {6, 1, 63, ANY_WINDOWS, small_6},
    {5, 1, 53, ANY_WINDOWS, small_5},
    {4, 1, 43, ANY_WINDOWS, small_4},
    {3, 1, 33, ANY_WINDOWS, small_3},
    {2, 1, 23, ANY_WINDOWS, small_2},
    {1, 1, 18, ANY_WINDOWS, small_1},
    {0},
};

void conv_u8s8_avx2(const struct conv_u8s8 *conv)
{
    if (conv->most.weight * conv->most.input <= SMALL_PRODUCT_MOST)
        conv_tiles_run(conv, small_sizes, TILES_ALONG_COLUMNS_OR_SAMPLES,
                       sizeof(int8_t));
    else
        conv_tiles_run(conv, wide_sizes, TILES_ALONG_COLUMNS_OR_SAMPLES,
                       sizeof(int16_t));
}
