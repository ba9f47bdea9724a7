/* products_avx2.h - sums of products of tiles of `pixels` x one panel; `pixels` is constant where they are
 * inlined. */
#ifndef CORE_KERNEL_PRODUCTS_AVX2_H
#define CORE_KERNEL_PRODUCTS_AVX2_H

#include "core/kernel/conv_tiles.h"
#include "core/kernel/epilogue_avx2.h"

#include <string.h>

INLINE int32_t quad(const uint8_t *bytes)
{
    int32_t four;

    memcpy(&four, bytes, sizeof four);
    return four;
}

/* Moves to the next quad. The empty instruction keeps gcc from making an address a pixel of
 * it. */
INLINE void advance(const uint8_t **input, const int bytes)
{
    *input += bytes;
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

/* The quad at `input`: codes, or words already. */
INLINE __m256i wide_quad(const uint8_t *input, const bool in_words)
{
    return in_words ? _mm256_castpd_si256(
                          _mm256_broadcast_sd((const double *)(const void *)input))
                    : widened(input);
}

/* Adds to no more than WIDE_MOST pixels' sums.
 *
 *   in_words  the input is 16-bit numbers
 */
INLINE void add_wide(const struct conv_tile *tile, const int pixels,
                     const bool in_words, __m256i acc[WIDE_MOST * PARTS])
{
    ptrdiff_t step = tile->window_step;

    for (int run = 0; run < tile->runs; run++) {
        const int16_t *weights =
            (const int16_t *)(tile->weights + run * tile->run_weights);
        const int16_t *end = weights + (ptrdiff_t)PANEL * tile->run_bytes;
        const uint8_t *input = tile->window + tile->run_offsets[run];

        for (; weights < end; weights += PANEL * QUAD) {
            __m256i x[WIDE_MOST];

#pragma GCC unroll 3
            for (int pixel = 0; pixel < pixels; pixel++)
                x[pixel] = wide_quad(input + pixel * step, in_words);
#pragma GCC unroll 6
            for (int part = 0; part < PARTS; part++) {
                __m256i w =
                    _mm256_load_si256((const __m256i *)(weights + part * 4 * QUAD));

#pragma GCC unroll 3
                for (int pixel = 0; pixel < pixels; pixel++)
                    acc[pixel * PARTS + part] = _mm256_add_epi32(
                        acc[pixel * PARTS + part], _mm256_madd_epi16(x[pixel], w));
            }
            advance(&input, in_words ? QUAD * (int)sizeof(int16_t) : QUAD);
        }
    }
}

/* Adds neighbouring lanes of two parts: 8 channels in order. */
INLINE __m256i eight_channels(__m256i first, __m256i second)
{
    return _mm256_permute4x64_epi64(_mm256_hadd_epi32(first, second),
                                    _MM_SHUFFLE(3, 1, 2, 0));
}

/* The sums of a tile, [pixels][2] of 8 channels in order. */
INLINE void multiply_wide(const struct conv_tile *tile, const int pixels,
                          const bool in_words, __m256i sums[2 * WIDE_MOST])
{
    __m256i acc[WIDE_MOST * PARTS];

#pragma GCC unroll 12
    for (int at = 0; at < pixels * PARTS; at++)
        acc[at] = _mm256_setzero_si256();
    add_wide(tile, pixels, in_words, acc);
#pragma GCC unroll 12
    for (int at = 0; at < pixels * PARTS; at++)
        __asm__ volatile("" : "+x"(acc[at])); /* or gcc spills them in the loop above */
#pragma GCC unroll 6
    for (int at = 0; at < 2 * pixels; at++)
        sums[at] = eight_channels(acc[2 * at], acc[2 * at + 1]);
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

/* Sums are widened and added to others, by halves of a pixel or all in place. */
INLINE void widen(__m256i pairs[2 * SMALL_MOST], const int pixels, const __m256i *to,
                  const int to_count, __m256i sums[2 * SMALL_MOST])
{
#pragma GCC unroll 12
    for (int at = 0; at < 2 * pixels; at++) {
        sums[at] = _mm256_add_epi32(to[at % to_count],
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
            advance(&bases[base], QUAD);
    }
#pragma GCC unroll 12
    for (int at = 0; at < 2 * pixels; at++)
        __asm__ volatile("" : "+x"(pairs[at])); /* or gcc spills it in the loop above */
}

/* The sums of a tile, [pixels][2] of 8 channels in order, which begin with `first`. */
INLINE void multiply_small(const struct conv_tile *tile, const int pixels,
                           const __m256i first[2], __m256i sums[2 * SMALL_MOST])
{
    const long most = quads_in_16_bits(tile->most);
    const bool at_once = (long)tile->runs * (tile->run_bytes / QUAD) <= most;
    long left = most;
    __m256i pairs[2 * SMALL_MOST];

#pragma GCC unroll 12
    for (int at = 0; at < 2 * pixels; at++) {
        pairs[at] = _mm256_setzero_si256();
        if (!at_once)
            sums[at] = first[at % 2];
    }
    for (int run = 0; run < tile->runs; run++) {
        const int8_t *weights = tile->weights + run * tile->run_weights;
        long quads = tile->run_bytes / QUAD;
        const uint8_t *bases[2];

        bases[0] = tile->window + tile->run_offsets[run];
        bases[1] = bases[0] + 3 * tile->window_step;
        while (quads > 0) {
            const long now = quads < left ? quads : left;
            const int8_t *end = weights + now * PANEL * QUAD;

            add_quads(weights, end, bases, tile->window_step, pixels, pairs);
            weights = end;
            quads -= now;
            left -= now;
            if (left == 0 && !at_once) {
                widen(pairs, pixels, sums, 2 * pixels, sums);
                left = most;
            }
        }
    }
    if (at_once)
        widen(pairs, pixels, first, 2, sums);
    else
        widen(pairs, pixels, sums, 2 * pixels, sums);
}

#endif
