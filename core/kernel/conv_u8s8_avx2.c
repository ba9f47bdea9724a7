#include "core/kernel/conv_finish_avx2.h"
#include "core/kernel/kernel_variants.h"

#include <string.h>

/* Tiles are `pixels` x one panel; `pixels` is constant where they are inlined. */

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

enum { WIDE_MOST = 3, PARTS = PANEL / 4 };

/* A quad four times over. Loaded as a float, since gcc makes two instructions of the other ways. */
INLINE __m256i widened(const uint8_t *bytes)
{
    return _mm256_cvtepu8_epi16(
        _mm_castps_si128(_mm_broadcast_ss((const float *)(const void *)bytes)));
}

INLINE void multiply_wide(const struct conv_tile *tile, const int pixels,
                          __m256i acc[WIDE_MOST * PARTS])
{
    ptrdiff_t step = tile->window_step;

    for (int run = 0; run < tile->runs; run++) {
        const int16_t *weights =
            (const int16_t *)(tile->weights + run * tile->run_weights);
        const int16_t *end = weights + (ptrdiff_t)PANEL * tile->run_bytes;
        const uint8_t *input = tile->window + tile->run_offsets[run];

        for (; weights < end; weights += PANEL * QUAD, advance(&input)) {
            __m256i x[WIDE_MOST];

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
    __m256i acc[WIDE_MOST * PARTS], sums[2 * WIDE_MOST];

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
    finish_tile_avx2(epilogue, tile, pixels, (const int32_t *)sums, PANEL);
}

/* ---- small products ----------------------------------------------------------------------
 *
 * vpmaddubsw adds two products in 16 bits. With products up to P the sum of n such pairs fits where
 * 2 n P < 2^15, whatever their signs: n quads are added up in 16 bits before they are widened,
 * across runs. The 32-bit sums stand in memory, so that the 16-bit ones have the registers. */

enum { SMALL_MOST = 6 };

/* Quads whose sums fit 16 bits. */
INLINE long quads_in_16_bits(struct conv_most most)
{
    return INT16_MAX / (2 * most.weight * most.input);
}

INLINE void widen(__m256i pairs[2 * SMALL_MOST], const int pixels,
                  __m256i sums[2 * SMALL_MOST])
{
#pragma GCC unroll 12
    for (int at = 0; at < 2 * pixels; at++) {
        sums[at] = _mm256_add_epi32(sums[at],
                                    _mm256_madd_epi16(pairs[at], _mm256_set1_epi16(1)));
        pairs[at] = _mm256_setzero_si256();
    }
}

/* Quads until the weights' `end`; every third pixel has an address of its own. */
INLINE void add_quads(const int8_t *weights, const int8_t *end, const uint8_t *bases[2],
                      ptrdiff_t step, const int pixels, __m256i pairs[2 * SMALL_MOST])
{
    for (; weights < end; weights += PANEL * QUAD) {
        __m256i w[2] = {
            _mm256_load_si256((const __m256i *)weights),
            _mm256_load_si256((const __m256i *)(weights + PANEL * QUAD / 2))};

#pragma GCC unroll 6
        for (int pixel = 0; pixel < pixels; pixel++) {
            __m256i x = _mm256_set1_epi32(quad(bases[pixel / 3] + pixel % 3 * step));

#pragma GCC unroll 2
            for (int half = 0; half < 2; half++)
                pairs[2 * pixel + half] = _mm256_add_epi16(
                    pairs[2 * pixel + half], _mm256_maddubs_epi16(x, w[half]));
        }
#pragma GCC unroll 2
        for (int base = 0; base < (pixels + 2) / 3; base++)
            advance(&bases[base]);
    }
#pragma GCC unroll 12
    for (int at = 0; at < 2 * pixels; at++)
        __asm__ volatile("" : "+x"(pairs[at])); /* or gcc spills it in the loop above */
}

INLINE void multiply_small(const struct conv_tile *tile, const int pixels,
                           __m256i sums[2 * SMALL_MOST])
{
    const long most = quads_in_16_bits(tile->most);
    long left = most;
    __m256i pairs[2 * SMALL_MOST];

#pragma GCC unroll 12
    for (int at = 0; at < 2 * pixels; at++)
        pairs[at] = _mm256_setzero_si256();
    for (int run = 0; run < tile->runs; run++) {
        const int8_t *weights = tile->weights + run * tile->run_weights;
        long quads = tile->run_bytes / QUAD;
        const uint8_t *bases[2];

        bases[0] = tile->window + tile->run_offsets[run];
        bases[1] = bases[0] + 3 * tile->window_step;
        while (quads > 0) {
            long now = quads < left ? quads : left;
            const int8_t *end = weights + now * PANEL * QUAD;

            add_quads(weights, end, bases, tile->window_step, pixels, pairs);
            weights = end;
            quads -= now;
            left -= now;
            if (left == 0) {
                widen(pairs, pixels, sums);
                left = most;
            }
        }
    }
    widen(pairs, pixels, sums);
}

INLINE void tile_small(const struct epilogue *epilogue, const struct conv_tile *tile,
                       const int pixels)
{
    __m256i sums[2 * SMALL_MOST];

#pragma GCC unroll 12
    for (int at = 0; at < 2 * pixels; at++)
        sums[at] = _mm256_setzero_si256();
    multiply_small(tile, pixels, sums);
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
    {3, 1, 7, false, wide_3},
    {2, 1, 5, false, wide_2},
    {1, 1, 3, false, wide_1},
    {0},
};

/* Tenths of a cycle for one quad: two products a cycle, and something for the loop. */
static const struct conv_tile_size small_sizes[] = {
    {6, 1, 63, false, small_6},
    {5, 1, 53, false, small_5},
    {4, 1, 43, false, small_4},
    {3, 1, 33, false, small_3},
    {2, 1, 23, false, small_2},
    {1, 1, 18, false, small_1},
    {0},
};

void conv_u8s8_avx2(const struct conv_u8s8 *conv)
{
    if (conv->most.weight * conv->most.input <= CONV_U8S8_AVX2_WIDE_ABOVE)
        conv_tiles_run(conv, small_sizes, TILES_ALONG_COLUMNS_OR_SAMPLES,
                       sizeof(int8_t));
    else
        conv_tiles_run(conv, wide_sizes, TILES_ALONG_COLUMNS_OR_SAMPLES,
                       sizeof(int16_t));
}
