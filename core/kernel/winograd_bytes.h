/* winograd_bytes.h - the input of winograd_four_bytes, in vectors of the compiler. */
#ifndef CORE_KERNEL_WINOGRAD_BYTES_H
#define CORE_KERNEL_WINOGRAD_BYTES_H

#include "core/kernel/winograd.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/* e = B d of a row's tiles, for as many channels as a vector has bytes. What wraps comes back, as e
 * fits. */
#define DEFINE_TRANSFORM(BYTES)                                                        \
    typedef uint8_t bytes##BYTES __attribute__((vector_size(BYTES)));                  \
                                                                                       \
    INLINE bytes##BYTES load##BYTES(const uint8_t *from)                               \
    {                                                                                  \
        bytes##BYTES loaded;                                                           \
                                                                                       \
        memcpy(&loaded, from, BYTES);                                                  \
        return loaded;                                                                 \
    }                                                                                  \
                                                                                       \
    INLINE bytes##BYTES four_times##BYTES(bytes##BYTES x)                              \
    {                                                                                  \
        x += x;                                                                        \
        return x + x;                                                                  \
    }                                                                                  \
                                                                                       \
    static void transform##BYTES(const uint8_t *d, ptrdiff_t channels, int tiles,      \
                                 uint8_t *e)                                           \
    {                                                                                  \
        for (int tile = 0; tile < tiles; tile++) {                                     \
            const bytes##BYTES d0 = load##BYTES(d), d1 = load##BYTES(d + channels),    \
                               d2 = load##BYTES(d + 2 * channels),                     \
                               d3 = load##BYTES(d + 3 * channels),                     \
                               d4 = load##BYTES(d + 4 * channels) + WINOGRAD_OFFSET,   \
                               d5 = load##BYTES(d + 5 * channels) + WINOGRAD_OFFSET;   \
            const bytes##BYTES far = d4 - four_times##BYTES(d2), near = d4 - d2;       \
            const bytes##BYTES odd = d3 - four_times##BYTES(d1);                       \
            const bytes##BYTES twice = (d3 - d1) + (d3 - d1);                          \
            const bytes##BYTES found[6] = {four_times##BYTES(d0) + (far - d2),         \
                                           far + odd,                                  \
                                           far - odd,                                  \
                                           near + twice,                               \
                                           near - twice,                               \
                                           d5 - d3 - (twice + twice)};                 \
                                                                                       \
            _Pragma("GCC unroll 6") for (int at = 0; at < 6; at++)                     \
                memcpy(e + at * channels, &found[at], BYTES);                          \
            d += 4 * channels;                                                         \
            e += 6 * channels;                                                         \
        }                                                                              \
    }

DEFINE_TRANSFORM(16)
DEFINE_TRANSFORM(32)
#ifdef __AVX512F__
DEFINE_TRANSFORM(64)
#endif

/* In vectors as large as the channels allow. */
static void transform_for_four(const uint8_t *pixels, int channels, int tiles, int most,
                               uint8_t *transformed)
{
    int at = 0;

    (void)most;
#ifdef __AVX512F__
    for (; at + 64 <= channels; at += 64)
        transform64(pixels + at, channels, tiles, transformed + at);
#endif
    for (; at + 32 <= channels; at += 32)
        transform32(pixels + at, channels, tiles, transformed + at);
    if (channels & 16)
        transform16(pixels + at, channels, tiles, transformed + at);
}

#endif
