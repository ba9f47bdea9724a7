#include "core/kernel/conv_finish_avx512.h"
#include "core/kernel/kernel_variants.h"
#include "core/kernel/products_avx512.h"

INLINE void tile_wide(const struct epilogue *epilogue, const struct conv_tile *tile,
                      const int pixels, const int panels)
{
    __m512i sums[VECTORS_MOST];

    multiply_wide(tile, pixels, panels, false, sums);
    finish_tile_avx512(epilogue, tile, pixels, panels, sums);
}

INLINE void tile_small(const struct epilogue *epilogue, const struct conv_tile *tile,
                       const int pixels, const int panels)
{
    const __m512i zero = _mm512_setzero_si512(), nothing[] = {zero, zero, zero, zero};
    __m512i sums[VECTORS_MOST];

    multiply_small(tile, pixels, panels, nothing, sums);
    finish_tile_avx512(epilogue, tile, pixels, panels, sums);
}

#define DEFINE_TILE(KIND, PIXELS, PANELS)                                              \
    static void KIND##_##PIXELS##x##PANELS(const struct epilogue *epilogue,            \
                                           const struct conv_tile *tile)               \
    {                                                                                  \
        tile_##KIND(epilogue, tile, PIXELS, PANELS);                                   \
    }

DEFINE_TILE(small, 16, 1)
DEFINE_TILE(small, 14, 1)
DEFINE_TILE(small, 8, 1)
DEFINE_TILE(small, 4, 1)
DEFINE_TILE(small, 1, 1)
DEFINE_TILE(small, 12, 2)
DEFINE_TILE(small, 8, 2)
DEFINE_TILE(small, 7, 2)
DEFINE_TILE(small, 4, 2)
DEFINE_TILE(small, 1, 2)
DEFINE_TILE(small, 6, 4)
DEFINE_TILE(small, 4, 4)
DEFINE_TILE(small, 1, 4)
DEFINE_TILE(wide, 12, 1)
DEFINE_TILE(wide, 8, 1)
DEFINE_TILE(wide, 4, 1)
DEFINE_TILE(wide, 2, 1)
DEFINE_TILE(wide, 1, 1)
DEFINE_TILE(wide, 6, 2)
DEFINE_TILE(wide, 4, 2)
DEFINE_TILE(wide, 2, 2)
DEFINE_TILE(wide, 1, 2)

/* Quarters of a cycle for one quad: two vectors of products and two loads a cycle, and something for the loop. */
#define LARGER(a, b) ((a) > (b) ? (a) : (b))
#define TILE(KIND, PIXELS, PANELS, VECTORS)                                            \
    {                                                                                  \
        PIXELS, PANELS,                                                                \
            2 * LARGER((PIXELS) * (PANELS) * (VECTORS),                                \
                       (PIXELS) + (PANELS) * (VECTORS)) +                              \
                2,                                                                     \
            false, KIND##_##PIXELS##x##PANELS                                          \
    }

static const struct conv_tile_size small_sizes[] = {
    TILE(small, 12, 2, 1), TILE(small, 8, 2, 1),
    TILE(small, 7, 2, 1),  TILE(small, 4, 2, 1),
    TILE(small, 1, 2, 1),  TILE(small, 6, 4, 1),
    TILE(small, 4, 4, 1),  TILE(small, 1, 4, 1),
    TILE(small, 16, 1, 1), TILE(small, 14, 1, 1),
    TILE(small, 8, 1, 1),  TILE(small, 4, 1, 1),
    TILE(small, 1, 1, 1),  {0},
};

static const struct conv_tile_size wide_sizes[] = {
    TILE(wide, 6, 2, 2),  TILE(wide, 4, 2, 2),
    TILE(wide, 2, 2, 2),  TILE(wide, 1, 2, 2),
    TILE(wide, 12, 1, 2), TILE(wide, 8, 1, 2),
    TILE(wide, 4, 1, 2),  TILE(wide, 2, 1, 2),
    TILE(wide, 1, 1, 2),  {0},
};

void conv_u8s8_avx512(const struct conv_u8s8 *conv)
{
    if (conv->most.weight * conv->most.input <= SMALL_PRODUCT_MOST)
        conv_tiles_run(conv, small_sizes, TILES_ALONG_COLUMNS_OR_SAMPLES,
                       sizeof(int8_t));
    else
        conv_tiles_run(conv, wide_sizes, TILES_ALONG_COLUMNS_OR_SAMPLES,
                       sizeof(int16_t));
}
