/* pixel_bases.h - the addresses of a tile's pixels, as many as fit into the registers. */
#ifndef CORE_KERNEL_PIXEL_BASES_H
#define CORE_KERNEL_PIXEL_BASES_H

#include "core/kernel/conv_tiles.h"

#ifndef INLINE
#define INLINE static inline __attribute__((always_inline))
#endif

enum { WINDOWS_MOST = 18, BASES = 6 };

/* Pixels are addressed as base + {0, 1, 2, 4} * step from every third pixel on: that many
 * addresses fit into the registers, and x86 multiplies by 2 and 4 in an address for nothing. */
INLINE const uint8_t *pixel_at(const uint8_t *const bases[BASES], ptrdiff_t step,
                               const int pixel)
{
    static const signed char base_of[WINDOWS_MOST] = {0, 0, 0, 1, 0, 1, 2, 1, 2,
                                                      3, 2, 3, 4, 3, 4, 5, 5, 5};

    return bases[base_of[pixel]] + (pixel - 3 * base_of[pixel]) * step;
}

/* Moves to the next quad. The empty instruction keeps gcc from making an address a pixel of
 * it. */
INLINE void advance(const uint8_t *bases[BASES], const int pixels)
{
#pragma GCC unroll 6
    for (int base = 0; base < (pixels + 2) / 3; base++) {
        bases[base] += QUAD;
        __asm__("" : "+r"(bases[base]));
    }
}

/* Where a run begins; `element_bytes` are those of what its offset counts. */
INLINE void set_bases(const struct conv_tile *tile, int run, const int element_bytes,
                      const uint8_t *bases[BASES])
{
    const uint8_t *first =
        tile->window + (ptrdiff_t)tile->run_offsets[run] * element_bytes;

#pragma GCC unroll 6
    for (int base = 0; base < BASES; base++)
        bases[base] = first + 3 * base * tile->window_step;
}

#endif
