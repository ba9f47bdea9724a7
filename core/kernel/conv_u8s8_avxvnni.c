#include "core/kernel/conv_finish_avx2.h"
#include "core/kernel/kernel_variants.h"

#include <string.h>

/* A tile of `pixels` x one panel, two accumulators a pixel; `pixels` is constant where it is
 * inlined. */
enum { PIXELS_MOST = 6 };

INLINE __m256i quad(const uint8_t *bytes)
{
    int32_t four;

    memcpy(&four, bytes, sizeof four);
    return _mm256_set1_epi32(four);
}

INLINE void multiply(const struct conv_tile *tile, const int pixels,
                     __m256i acc[2 * PIXELS_MOST])
{
    ptrdiff_t step = tile->window_step;

    for (int run = 0; run < tile->runs; run++) {
        const int8_t *weights = tile->weights + run * tile->run_weights;
        const int8_t *end = weights + (ptrdiff_t)PANEL * tile->run_bytes;
        /* Every third pixel has an address of its own; x86 adds once or twice the step. */
        const uint8_t *bases[2];

        bases[0] = tile->window + tile->run_offsets[run];
        bases[1] = bases[0] + 3 * step;
        for (; weights < end; weights += PANEL * QUAD) {
            __m256i w[2] = {
                _mm256_load_si256((const __m256i *)weights),
                _mm256_load_si256((const __m256i *)(weights + PANEL * QUAD / 2))};

#pragma GCC unroll 6
            for (int pixel = 0; pixel < pixels; pixel++) {
                __m256i x = quad(bases[pixel / 3] + pixel % 3 * step);

#pragma GCC unroll 2
                for (int half = 0; half < 2; half++)
                    acc[2 * pixel + half] =
                        _mm256_dpbusd_avx_epi32(acc[2 * pixel + half], x, w[half]);
            }
#pragma GCC unroll 2
            for (int base = 0; base < (pixels + 2) / 3; base++) {
                bases[base] += QUAD;
                __asm__("" : "+r"(bases[base])); /* no address a pixel, please */
            }
        }
    }
}

INLINE void tile_of(const struct epilogue *epilogue, const struct conv_tile *tile,
                    const int pixels)
{
    __m256i acc[2 * PIXELS_MOST], sums[2 * PIXELS_MOST];

#pragma GCC unroll 12
    for (int at = 0; at < 2 * pixels; at++)
        acc[at] = _mm256_setzero_si256();
    multiply(tile, pixels, acc);
#pragma GCC unroll 12
    for (int at = 0; at < 2 * pixels; at++) {
        __asm__ volatile("" : "+x"(acc[at])); /* or gcc spills it in the loop above */
        sums[at] = acc[at];
    }
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
    {6, 1, 6, false, tile_6x1},
    {5, 1, 5, false, tile_5x1},
    {4, 1, 5, false, tile_4x1},
    {3, 1, 5, false, tile_3x1},
    {2, 1, 5, false, tile_2x1},
    {1, 1, 5, false, tile_1x1},
    {0},
};

void conv_u8s8_avxvnni(const struct conv_u8s8 *conv)
{
    conv_tiles_run(conv, sizes, TILES_ALONG_COLUMNS_OR_SAMPLES, sizeof(int8_t));
}
