#include "core/kernel/conv_few.h"
#include "core/kernel/conv_finish_avx512.h"
#include "core/kernel/kernel_variants.h"
#include "core/kernel/pixel_bases.h"
#include "core/kernel/quad_avx512.h"

/* A tile of `pixels` x `panels` accumulators; both are constants where it is inlined, so that all
 * loops over them unroll and the accumulators stay in registers. */

INLINE void multiply(const struct conv_tile *tile, const int pixels, const int panels,
                     __m512i acc[VECTORS_MOST])
{
    ptrdiff_t step = tile->window_step;

    for (int run = 0; run < tile->runs; run++) {
        const int8_t *weights = tile->weights + run * tile->run_weights;
        const int8_t *end = weights + (ptrdiff_t)PANEL * tile->run_bytes;
        const uint8_t *bases[BASES];

        set_bases(tile, run, sizeof(uint8_t), bases);
        for (; weights < end; weights += PANEL * QUAD) {
            __m512i w[TILE_PANELS_MOST];

#pragma GCC unroll 4
            for (int panel = 0; panel < panels; panel++)
                w[panel] =
                    _mm512_load_si512(weights + (size_t)panel * tile->panel_bytes);
#pragma GCC unroll 16
            for (int pixel = 0; pixel < pixels; pixel++) {
                __m512i x = quad(pixel_at(bases, step, pixel));

#pragma GCC unroll 4
                for (int panel = 0; panel < panels; panel++)
                    acc[pixel * panels + panel] =
                        _mm512_dpbusd_epi32(acc[pixel * panels + panel], x, w[panel]);
            }
            advance(bases, pixels);
        }
    }
}

/* One panel of windows of three neighbouring pixels: an input byte is loaded once and
 * multiplied with the weights of all three places that it takes in windows. One panel alone
 * would wait for its loads otherwise. */
INLINE void multiply_three(const struct conv_tile *tile, const int pixels,
                           __m512i acc[VECTORS_MOST])
{
    ptrdiff_t step = tile->window_step, place = step * PANEL;

    for (int run = 0; run < tile->runs; run++) {
        const int8_t *weights = tile->weights + 3 * place * run, *end = weights + place;
        const uint8_t *bases[BASES];

        set_bases(tile, run, sizeof(uint8_t), bases);
        for (; weights < end; weights += PANEL * QUAD) {
            __m512i w[3] = {_mm512_load_si512(weights),
                            _mm512_load_si512(weights + place),
                            _mm512_load_si512(weights + 2 * place)};

#pragma GCC unroll 18
            for (int at = 0; at < pixels + 2; at++) {
                __m512i x = quad(pixel_at(bases, step, at));

#pragma GCC unroll 3
                for (int i = 0; i < 3; i++)
                    if (at - i >= 0 && at - i < pixels)
                        acc[at - i] = _mm512_dpbusd_epi32(acc[at - i], x, w[i]);
            }
            advance(bases, pixels + 2);
        }
    }
}

INLINE void tile_of(const struct epilogue *epilogue, const struct conv_tile *tile,
                    const int pixels, const int panels, const bool three)
{
    __m512i acc[VECTORS_MOST];

#pragma GCC unroll 28
    for (int at = 0; at < pixels * panels; at++)
        acc[at] = _mm512_setzero_si512();
    if (three)
        multiply_three(tile, pixels, acc);
    else
        multiply(tile, pixels, panels, acc);
#pragma GCC unroll 28
    for (int at = 0; at < pixels * panels; at++)
        __asm__ volatile("" : "+v"(acc[at])); /* or gcc spills them in the loop above */
    finish_tile_avx512(epilogue, tile, pixels, panels, acc);
}

#define DEFINE_TILE(PIXELS, PANELS)                                                    \
    static void tile_##PIXELS##x##PANELS(const struct epilogue *epilogue,              \
                                         const struct conv_tile *tile)                 \
    {                                                                                  \
        tile_of(epilogue, tile, PIXELS, PANELS, false);                                \
    }

DEFINE_TILE(16, 1)
DEFINE_TILE(14, 1)
DEFINE_TILE(8, 1)
DEFINE_TILE(4, 1)
DEFINE_TILE(1, 1)
DEFINE_TILE(14, 2)
DEFINE_TILE(12, 2)
DEFINE_TILE(10, 2)
DEFINE_TILE(8, 2)
DEFINE_TILE(7, 2)
DEFINE_TILE(4, 2)
DEFINE_TILE(1, 2)
DEFINE_TILE(8, 3)
DEFINE_TILE(4, 3)
DEFINE_TILE(1, 3)
DEFINE_TILE(6, 4)
DEFINE_TILE(4, 4)
DEFINE_TILE(1, 4)

static void tile_16x1_three(const struct epilogue *epilogue,
                            const struct conv_tile *tile)
{
    tile_of(epilogue, tile, 16, 1, true);
}

/* Quarters of a cycle for one quad: two products and two loads a cycle, but no less than the
 * latency of a product, and something for the loop. */
#define LARGER(a, b) ((a) > (b) ? (a) : (b))
#define COST(pixels, panels)                                                           \
    (LARGER(LARGER(2 * (pixels) * (panels), 2 * ((pixels) + (panels))), 20) + 1)
#define TILE(PIXELS, PANELS)                                                           \
    {                                                                                  \
        PIXELS, PANELS, COST(PIXELS, PANELS), ANY_WINDOWS, tile_##PIXELS##x##PANELS    \
    }

/* Next to nothing beside the products. */
#define FEW(QUADS, PANELS)                                                             \
    {                                                                                  \
        1, PANELS, (PANELS) + 1, QUADS, conv_few_##QUADS##x##PANELS##_avx512vnni       \
    }

static const struct conv_tile_size sizes[] = {
    {16, 1, 2 * 16 + 1, THREE_PIXELS, tile_16x1_three},
    FEW(2, 4),
    FEW(2, 2),
    FEW(2, 1),
    FEW(4, 4),
    TILE(14, 2),
    TILE(12, 2),
    TILE(10, 2),
    TILE(8, 2),
    TILE(7, 2),
    TILE(4, 2),
    TILE(1, 2),
    TILE(8, 3),
    TILE(4, 3),
    TILE(1, 3),
    TILE(6, 4),
    TILE(4, 4),
    TILE(1, 4),
    TILE(16, 1),
    TILE(14, 1),
    TILE(8, 1),
    TILE(4, 1),
    TILE(1, 1),
    {0},
};

void conv_u8s8_avx512vnni(const struct conv_u8s8 *conv)
{
    conv_tiles_run(conv, sizes, TILES_ALONG_COLUMNS_OR_SAMPLES, sizeof(int8_t));
}
