#include "core/kernel/conv_finish_avx2.h"
#include "core/kernel/kernel_variants.h"

#include <string.h>

/* A tile of `pixels` x one panel; `pixels` is constant where it is inlined. */
enum { PIXELS_MOST = 3 };

INLINE int32_t quad(const uint8_t *bytes)
{
    int32_t four;

    memcpy(&four, bytes, sizeof four);
    return four;
}

/* Moves to the next quad. The empty instruction keeps gcc from making an address a pixel of
 * it. */
INLINE void advance(const uint8_t **input)
{
    *input += QUAD;
    __asm__("" : "+r"(*input));
}

/* ---- any weights -------------------------------------------------------------------------
 *
 * Weights are packed as 16 bits (see `wide_above`), the input is widened, and vpmaddwd multiplies
 * exactly. An accumulator holds two partial sums (even and odd pairs of bytes) for each of 4
 * channels. */

enum { PARTS = PANEL / 4 };

/* A quad four times over. Loaded as a float, since gcc makes two instructions of the other ways. */
INLINE __m256i widened(const uint8_t *bytes)
{
    return _mm256_cvtepu8_epi16(
        _mm_castps_si128(_mm_broadcast_ss((const float *)(const void *)bytes)));
}

INLINE void multiply_wide(const struct conv_tile *tile, const int pixels,
                          __m256i acc[PIXELS_MOST * PARTS])
{
    ptrdiff_t step = tile->window_step;

    for (int run = 0; run < tile->runs; run++) {
        const int16_t *weights =
            (const int16_t *)(tile->weights + run * tile->run_weights);
        const int16_t *end = weights + (ptrdiff_t)PANEL * tile->run_bytes;
        const uint8_t *input = tile->window + tile->run_offsets[run];

        for (; weights < end; weights += PANEL * QUAD, advance(&input)) {
            __m256i x[PIXELS_MOST];

#pragma GCC unroll 3
            for (int pixel = 0; pixel < pixels; pixel++)
                x[pixel] = widened(input + pixel * step);
#pragma GCC unroll 6
            for (int part = 0; part < PARTS; part++) {
                __m256i w =
                    _mm256_load_si256((const __m256i *)(weights + part * 4 * QUAD));

#pragma GCC unroll 3
                for (int pixel = 0; pixel < pixels; pixel++)
                    acc[pixel * PARTS + part] = _mm256_add_epi32(
                        acc[pixel * PARTS + part], _mm256_madd_epi16(x[pixel], w));
            }
        }
    }
}

/* Adds neighbouring lanes of two parts: 8 channels in order. */
INLINE __m256i eight_channels(__m256i first, __m256i second)
{
    return _mm256_permute4x64_epi64(_mm256_hadd_epi32(first, second),
                                    _MM_SHUFFLE(3, 1, 2, 0));
}

INLINE void tile_wide(const struct epilogue *epilogue, const struct conv_tile *tile,
                      const int pixels)
{
    __m256i acc[PIXELS_MOST * PARTS], sums[2 * PIXELS_MOST];

#pragma GCC unroll 12
    for (int at = 0; at < pixels * PARTS; at++)
        acc[at] = _mm256_setzero_si256();
    multiply_wide(tile, pixels, acc);
#pragma GCC unroll 12
    for (int at = 0; at < pixels * PARTS; at++)
        __asm__ volatile("" : "+x"(acc[at])); /* or gcc spills them in the loop above */
#pragma GCC unroll 6
    for (int at = 0; at < 2 * pixels; at++)
        sums[at] = eight_channels(acc[2 * at], acc[2 * at + 1]);
    finish_tile_avx2(epilogue, tile, pixels, sums);
}

/* ---- small weights -----------------------------------------------------------------------
 *
 * With |w| <= 64 the sum of two products of vpmaddubsw fits 16 bits, and with |w| <= 64/n that of
 * n such pairs: they are added up in 16 bits before they are widened. */

enum { PAIR_MOST = CONV_U8S8_AVX2_WIDE_ABOVE };

INLINE void widen(__m256i pairs[2 * PIXELS_MOST], const int pixels,
                  __m256i acc[2 * PIXELS_MOST])
{
#pragma GCC unroll 6
    for (int at = 0; at < 2 * pixels; at++) {
        __asm__ volatile(""
                         : "+x"(pairs[at])); /* or gcc spills it in the loop before */
        acc[at] = _mm256_add_epi32(acc[at],
                                   _mm256_madd_epi16(pairs[at], _mm256_set1_epi16(1)));
    }
}

INLINE void multiply_small(const struct conv_tile *tile, const int pixels,
                           ptrdiff_t piece_bytes, __m256i acc[2 * PIXELS_MOST])
{
    ptrdiff_t step = tile->window_step;

    for (int run = 0; run < tile->runs; run++) {
        const int8_t *weights = tile->weights + run * tile->run_weights;
        const int8_t *end = weights + (ptrdiff_t)PANEL * tile->run_bytes;
        const uint8_t *input = tile->window + tile->run_offsets[run];

        while (weights < end) {
            const int8_t *piece =
                end - weights < piece_bytes ? end : weights + piece_bytes;
            __m256i pairs[2 * PIXELS_MOST];

#pragma GCC unroll 6
            for (int at = 0; at < 2 * pixels; at++)
                pairs[at] = _mm256_setzero_si256();
            for (; weights < piece; weights += PANEL * QUAD, advance(&input)) {
                __m256i w[2] = {
                    _mm256_load_si256((const __m256i *)weights),
                    _mm256_load_si256((const __m256i *)(weights + PANEL * QUAD / 2))};

#pragma GCC unroll 3
                for (int pixel = 0; pixel < pixels; pixel++) {
                    __m256i x = _mm256_set1_epi32(quad(input + pixel * step));

#pragma GCC unroll 3
                    for (int half = 0; half < 2; half++)
                        pairs[2 * pixel + half] = _mm256_add_epi16(
                            pairs[2 * pixel + half], _mm256_maddubs_epi16(x, w[half]));
                }
            }
            widen(pairs, pixels, acc);
        }
    }
}

INLINE void tile_small(const struct epilogue *epilogue, const struct conv_tile *tile,
                       const int pixels, int pairs)
{
    __m256i acc[2 * PIXELS_MOST], sums[2 * PIXELS_MOST];

#pragma GCC unroll 6
    for (int at = 0; at < 2 * pixels; at++)
        acc[at] = _mm256_setzero_si256();
    multiply_small(tile, pixels, (ptrdiff_t)pairs * PANEL * QUAD, acc);
#pragma GCC unroll 6
    for (int at = 0; at < 2 * pixels; at++)
        sums[at] = acc[at];
    finish_tile_avx2(epilogue, tile, pixels, sums);
}

/* ---- the tables ---------------------------------------------------------------------------- */

#define DEFINE_WIDE(PIXELS)                                                            \
    static void wide_##PIXELS(const struct epilogue *epilogue,                         \
                              const struct conv_tile *tile)                            \
    {                                                                                  \
        tile_wide(epilogue, tile, PIXELS);                                             \
    }

#define DEFINE_SMALL(PIXELS)                                                           \
    static void small_##PIXELS(const struct epilogue *epilogue,                        \
                               const struct conv_tile *tile)                           \
    {                                                                                  \
        tile_small(epilogue, tile, PIXELS, PAIR_MOST / tile->weight_most);             \
    }

DEFINE_WIDE(3)
DEFINE_WIDE(2)
DEFINE_WIDE(1)
DEFINE_SMALL(3)
DEFINE_SMALL(2)
DEFINE_SMALL(1)

/* Cycles for one quad, about. */
static const struct conv_tile_size wide_sizes[] = {
    {3, 1, 7, false, wide_3},
    {2, 1, 5, false, wide_2},
    {1, 1, 3, false, wide_1},
    {0},
};

static const struct conv_tile_size small_sizes[] = {
    {3, 1, 4, false, small_3},
    {2, 1, 3, false, small_2},
    {1, 1, 2, false, small_1},
    {0},
};

void conv_u8s8_avx2(const struct conv_u8s8 *conv)
{
    if (conv->weight_most <= PAIR_MOST)
        conv_tiles_run(conv, small_sizes, TILES_ALONG_COLUMNS_OR_SAMPLES,
                       sizeof(int8_t));
    else
        conv_tiles_run(conv, wide_sizes, TILES_ALONG_COLUMNS_OR_SAMPLES,
                       sizeof(int16_t));
}
