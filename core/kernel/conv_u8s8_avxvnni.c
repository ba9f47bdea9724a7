#include "core/kernel/conv_finish_avx2.h"
#include "core/kernel/kernel_variants.h"
#include "core/kernel/products_avxvnni.h"

INLINE void tile_of(const struct epilogue *epilogue, const struct conv_tile *tile,
                    const int pixels)
{
    const __m256i nothing[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    __m256i sums[2 * PIXELS_MOST];

    multiply(tile, pixels, nothing, sums);
    finish_tile_avx2(epilogue, tile, pixels, (const int32_t *)sums, PANEL);
}

#define DEFINE_TILE(PIXELS)                                                            \
    static void tile_##PIXELS##x1(const struct epilogue *epilogue,                     \
                                  const struct conv_tile *tile)                        \
    {                                                                                  \
        tile_of(epilogue, tile, PIXELS);                                               \
    }

DEFINE_TILE(6)
DEFINE_TILE(5)
DEFINE_TILE(4)
DEFINE_TILE(3)
DEFINE_TILE(2)
DEFINE_TILE(1)

/* Cycles for one quad: two products a cycle, but no less than the latency of one. */
static const struct conv_tile_size sizes[] = {
    {6, 1, 6, ANY_WINDOWS, tile_6x1},
    {5, 1, 5, ANY_WINDOWS, tile_5x1},
    {4, 1, 5, ANY_WINDOWS, tile_4x1},
    {3, 1, 5, ANY_WINDOWS, tile_3x1},
    {2, 1, 5, ANY_WINDOWS, tile_2x1},
    {1, 1, 5, ANY_WINDOWS, tile_1x1},
    {0},
};

void conv_u8s8_avxvnni(const struct conv_u8s8 *conv)
{
    conv_tiles_run(conv, sizes, TILES_ALONG_COLUMNS_OR_SAMPLES, sizeof(int8_t));
}
