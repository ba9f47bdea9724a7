/* products_avx512.h - sums of products of tiles of `pixels` x `panels`, without VNNI; both are constants where
 * they are inlined. */
#ifndef CORE_KERNEL_PRODUCTS_AVX512_H
#define CORE_KERNEL_PRODUCTS_AVX512_H

#include "core/kernel/conv_tiles.h"
#include "core/kernel/quad_avx512.h"

enum {
    WINDOWS_MOST = 16,
    BASES = (WINDOWS_MOST + 2) / 3
}; /* a base for three pixels */

/* Moves to the next quad. The empty instruction keeps gcc from making an address a pixel of
 * it. */
INLINE void advance(const uint8_t *bases[], const int pixels, const int bytes)
{
#pragma GCC unroll 6
    for (int base = 0; base < (pixels + 2) / 3; base++) {
        bases[base] += bytes;
        __asm__("" : "+r"(bases[base]));
    }
}

INLINE void set_bases(const struct conv_tile *tile, int run, const int pixels,
                      const uint8_t *bases[])
{
#pragma GCC unroll 6
    for (int base = 0; base < (pixels + 2) / 3; base++)
        bases[base] =
            tile->window + tile->run_offsets[run] + 3 * base * tile->window_step;
}

/* ---- any weights -------------------------------------------------------------------------
 *
 * Both sides are 16 bits. A panel has two vectors for each quad, of 8 channels; an accumulator holds two
 * partial sums for each of them. */

enum { PARTS = 2, WIDE_MOST = 24 };

/* The quad at `input`, as 16 bits eight times over: codes, or words already. */
INLINE __m512i wide_quad(const uint8_t *input, const bool in_words)
{
    long long words;
    int32_t codes;

    if (in_words) {
        memcpy(&words, input, sizeof words);
        return _mm512_set1_epi64(words);
    }
    memcpy(&codes, input, sizeof codes);
    return _mm512_cvtepu8_epi16(_mm256_set1_epi32(codes));
}

INLINE void add_wide(const struct conv_tile *tile, const int pixels, const int panels,
                     const bool in_words, __m512i acc[WIDE_MOST])
{
    const ptrdiff_t step = tile->window_step;

    for (int run = 0; run < tile->runs; run++) {
        const int8_t *weights = tile->weights + run * tile->run_weights;
        const int8_t *end = weights + (ptrdiff_t)PANEL * tile->run_bytes * 2;
        const uint8_t *bases[BASES];

        set_bases(tile, run, pixels, bases);
        for (; weights < end; weights += PANEL * QUAD * 2) {
            __m512i w[2 * PARTS];

#pragma GCC unroll 4
            for (int at = 0; at < panels * PARTS; at++)
                w[at] = _mm512_load_si512(weights +
                                          (size_t)(at / PARTS) * tile->panel_bytes +
                                          at % PARTS * 64);
#pragma GCC unroll 12
            for (int pixel = 0; pixel < pixels; pixel++) {
                const __m512i x =
                    wide_quad(bases[pixel / 3] + pixel % 3 * step, in_words);

#pragma GCC unroll 4
                for (int at = 0; at < panels * PARTS; at++) {
                    __m512i *sum = &acc[pixel * panels * PARTS + at];

                    *sum = _mm512_add_epi32(*sum, _mm512_madd_epi16(x, w[at]));
                }
            }
            advance(bases, pixels, in_words ? QUAD * 2 : QUAD);
        }
    }
}

/* Adds neighbouring lanes of two vectors: 16 channels in order. */
INLINE __m512i sixteen_channels(__m512i first, __m512i second)
{
    const __m512i even =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd =
        _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);

    return _mm512_add_epi32(_mm512_permutex2var_epi32(first, even, second),
                            _mm512_permutex2var_epi32(first, odd, second));
}

/* The sums of a tile, [pixels][panels]. */
INLINE void multiply_wide(const struct conv_tile *tile, const int pixels,
                          const int panels, const bool in_words, __m512i *sums)
{
    __m512i acc[WIDE_MOST];

#pragma GCC unroll 24
    for (int at = 0; at < pixels * panels * PARTS; at++)
        acc[at] = _mm512_setzero_si512();
    add_wide(tile, pixels, panels, in_words, acc);
#pragma GCC unroll 24
    for (int at = 0; at < pixels * panels * PARTS; at++)
        __asm__ volatile("" : "+v"(acc[at])); /* or gcc spills them in the loop above */
#pragma GCC unroll 12
    for (int at = 0; at < pixels * panels; at++)
        sums[at] = sixteen_channels(acc[2 * at], acc[2 * at + 1]);
}

/* ---- small products ----------------------------------------------------------------------
 *
 * As in products_avx2.h: sums of pairs in 16 bits as long as they fit, those of 32 bits in memory. */

enum { SMALL_MOST = 24 };

/* Quads whose sums fit 16 bits. */
INLINE long quads_in_16_bits(struct conv_most most)
{
    return INT16_MAX / (2 * most.weight * most.input);
}

/* Sums are widened and added to others, by panels or all in place. */
INLINE void widen(__m512i pairs[SMALL_MOST], const int count, const __m512i *to,
                  const int to_count, __m512i *sums)
{
#pragma GCC unroll 24
    for (int at = 0; at < count; at++) {
        sums[at] = _mm512_add_epi32(to[at % to_count],
                                    _mm512_madd_epi16(pairs[at], _mm512_set1_epi16(1)));
        pairs[at] = _mm512_setzero_si512();
    }
}

/* Quads until the weights' `end`. */
INLINE void add_quads(const struct conv_tile *tile, const int8_t *weights,
                      const int8_t *end, const uint8_t *bases[BASES], const int pixels,
                      const int panels, __m512i pairs[SMALL_MOST])
{
    const ptrdiff_t step = tile->window_step;

    for (; weights < end; weights += PANEL * QUAD) {
        __m512i w[TILE_PANELS_MOST];

#pragma GCC unroll 4
        for (int panel = 0; panel < panels; panel++)
            w[panel] = _mm512_load_si512(weights + (size_t)panel * tile->panel_bytes);
#pragma GCC unroll 16
        for (int pixel = 0; pixel < pixels; pixel++) {
            const __m512i x = quad(bases[pixel / 3] + pixel % 3 * step);

#pragma GCC unroll 4
            for (int panel = 0; panel < panels; panel++) {
                __m512i *sum = &pairs[pixel * panels + panel];

                *sum = _mm512_add_epi16(*sum, _mm512_maddubs_epi16(x, w[panel]));
            }
        }
        advance(bases, pixels, QUAD);
    }
#pragma GCC unroll 24
    for (int at = 0; at < pixels * panels; at++)
        __asm__ volatile("" : "+v"(pairs[at])); /* or gcc spills it in the loop above */
}

/* The sums of a tile, [pixels][panels], which begin with `first`, [panels]. */
INLINE void multiply_small(const struct conv_tile *tile, const int pixels,
                           const int panels, const __m512i *first, __m512i *sums)
{
    const long most = quads_in_16_bits(tile->most);
    const int count = pixels * panels;
    /* Few sums have registers in any case. */
    const bool at_once =
        count >= 4 && (long)tile->runs * (tile->run_bytes / QUAD) <= most;
    long left = most;
    __m512i pairs[SMALL_MOST];

#pragma GCC unroll 24
    for (int at = 0; at < count; at++) {
        pairs[at] = _mm512_setzero_si512();
        if (!at_once)
            sums[at] = first[at % panels];
    }
    for (int run = 0; run < tile->runs; run++) {
        const int8_t *weights = tile->weights + run * tile->run_weights;
        long quads = tile->run_bytes / QUAD;
        const uint8_t *bases[BASES];

        set_bases(tile, run, pixels, bases);
        while (quads > 0) {
            const long now = quads < left ? quads : left;
            const int8_t *end = weights + now * PANEL * QUAD;

            add_quads(tile, weights, end, bases, pixels, panels, pairs);
            weights = end;
            quads -= now;
            left -= now;
            /* Said to be likely, so that it stays where it belongs. */
            if (__builtin_expect(left == 0 && !at_once, true)) {
                widen(pairs, count, sums, count, sums);
                left = most;
            }
        }
    }
    if (at_once)
        widen(pairs, count, first, panels, sums);
    else
        widen(pairs, count, sums, count, sums);
}

#endif
