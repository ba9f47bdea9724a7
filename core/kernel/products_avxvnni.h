/* products_avxvnni.h - sums of products of tiles of pixels x one panel. */
#ifndef CORE_KERNEL_PRODUCTS_AVXVNNI_H
#define CORE_KERNEL_PRODUCTS_AVXVNNI_H

#include "core/kernel/conv_tiles.h"
#include "core/kernel/epilogue_avx2.h"

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

INLINE void add_products(const struct conv_tile *tile, const int pixels,
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

/* The sums of a tile, [pixels][2] of 8 channels in order, which begin with `first`. */
INLINE void multiply(const struct conv_tile *tile, const int pixels,
                     const __m256i first[2], __m256i sums[2 * PIXELS_MOST])
{
    __m256i acc[2 * PIXELS_MOST];

#pragma GCC unroll 12
    for (int at = 0; at < 2 * pixels; at++)
        acc[at] = first[at % 2];
    add_products(tile, pixels, acc);
#pragma GCC unroll 12
    for (int at = 0; at < 2 * pixels; at++) {
        __asm__ volatile("" : "+x"(acc[at])); /* or gcc spills it in the loop above */
        sums[at] = acc[at];
    }
}

#endif
