#include "core/kernel/conv_finish_avx512.h"
#include "core/kernel/kernel_variants.h"
#include "core/kernel/quad_avx512.h"
#include "core/kernel/winograd_avx512.h"
#include "core/kernel/winograd_bytes.h"

/* ---- the products --------------------------------------------------------------------------- */

/* A tile of `groups` of four outputs x `panels`: for each a sum a place. Both are constants where
 * it is inlined. */
enum { GROUPS_MOST = 4, PANELS_MOST = 2, SUMS_MOST = 24 };

INLINE int sum_at(const int groups, const int panels, int place, int group, int panel)
{
    return (place * groups + group) * panels + panel;
}

/* Sums begin with what takes the input's offset out of them again: the sum of that of all runs, of which
 * there are none where a window is all padding. */
INLINE void begin_sums(const struct conv_tile *tile, ptrdiff_t channels,
                       const int groups, const int panels, __m512i sums[SUMS_MOST])
{
    const int8_t *offsets = tile->weights + WINOGRAD_PLACES * PANEL * channels;
    __m512i first[WINOGRAD_PLACES * PANELS_MOST];

#pragma GCC unroll 12
    for (int at = 0; at < WINOGRAD_PLACES * panels; at++)
        first[at] = _mm512_setzero_si512();
    for (int run = 0; run < tile->runs; run++, offsets += tile->run_weights)
#pragma GCC unroll 12
        for (int at = 0; at < WINOGRAD_PLACES * panels; at++) {
            const int8_t *offset = offsets + (ptrdiff_t)(at / panels) * PANEL * 4 +
                                   (size_t)(at % panels) * tile->panel_bytes;

            first[at] = _mm512_add_epi32(first[at], _mm512_load_si512(offset));
        }
#pragma GCC unroll 24
    for (int at = 0; at < WINOGRAD_PLACES * groups * panels; at++)
        sums[at] = first[at / (groups * panels) * panels + at % panels];
}

/* Half of a group's places are addressed from one base: more addresses do not fit the registers. */
enum { BASES = 2 * GROUPS_MOST };

INLINE void set_bases(const uint8_t *window, ptrdiff_t channels, const int groups,
                      const uint8_t *bases[BASES])
{
#pragma GCC unroll 8
    for (int base = 0; base < 2 * groups; base++)
        bases[base] = window + 3 * base * channels;
}

INLINE void advance(const uint8_t *bases[BASES], const int groups)
{
#pragma GCC unroll 8
    for (int base = 0; base < 2 * groups; base++) {
        bases[base] += QUAD;
        __asm__("" : "+r"(bases[base]));
    }
}

INLINE void multiply(const struct conv_tile *tile, ptrdiff_t channels, const int groups,
                     const int panels, __m512i sums[SUMS_MOST])
{
    for (int run = 0; run < tile->runs; run++) {
        const int8_t *weights = tile->weights + run * tile->run_weights;
        const int8_t *end = weights + WINOGRAD_PLACES * PANEL * channels;
        const uint8_t *bases[BASES];

        set_bases(tile->window + tile->run_offsets[run], channels, groups, bases);
        for (; weights < end; weights += WINOGRAD_PLACES * PANEL * QUAD) {
#pragma GCC unroll 6
            for (int place = 0; place < WINOGRAD_PLACES; place++) {
                const int8_t *from = weights + (ptrdiff_t)place * PANEL * QUAD;
                __m512i w[PANELS_MOST];

#pragma GCC unroll 2
                for (int panel = 0; panel < panels; panel++) {
                    w[panel] =
                        _mm512_load_si512(from + (size_t)panel * tile->panel_bytes);
                    /* or gcc loads them again for each group */
                    __asm__("" : "+v"(w[panel]));
                }
#pragma GCC unroll 4
                for (int group = 0; group < groups; group++) {
                    __m512i x =
                        quad(bases[2 * group + place / 3] + place % 3 * channels);

#pragma GCC unroll 2
                    for (int panel = 0; panel < panels; panel++) {
                        int at = sum_at(groups, panels, place, group, panel);

                        sums[at] = _mm512_dpbusd_epi32(sums[at], x, w[panel]);
                    }
                }
            }
            advance(bases, groups);
        }
    }
}

/* ---- tiles ------------------------------------------------------------------------------------- */

INLINE void tile_of(const struct epilogue *epilogue, const struct conv_tile *tile,
                    const int groups, const int panels)
{
    const ptrdiff_t channels = tile->window_step / WINOGRAD_PLACES;
    const struct conv_tile outputs = tile_of_outputs(tile, WINOGRAD_OUTPUTS);
    __m512i sums[SUMS_MOST], acc[VECTORS_MOST];

    begin_sums(tile, channels, groups, panels, sums);
    multiply(tile, channels, groups, panels, sums);
#pragma GCC unroll 24
    for (int at = 0; at < WINOGRAD_PLACES * groups * panels; at++)
        __asm__ volatile(""
                         : "+v"(sums[at])); /* or gcc spills them in the loop above */
#pragma GCC unroll 4
    for (int group = 0; group < groups; group++)
#pragma GCC unroll 2
        for (int panel = 0; panel < panels; panel++) {
            __m512i m[WINOGRAD_PLACES], y[WINOGRAD_OUTPUTS];

#pragma GCC unroll 6
            for (int place = 0; place < WINOGRAD_PLACES; place++)
                m[place] = sums[sum_at(groups, panels, place, group, panel)];
            four_outputs(m, y);
#pragma GCC unroll 4
            for (int output = 0; output < WINOGRAD_OUTPUTS; output++)
                acc[(group * WINOGRAD_OUTPUTS + output) * panels + panel] = y[output];
        }
    finish_tile_avx512(epilogue, &outputs, groups * WINOGRAD_OUTPUTS, panels, acc);
}

#define DEFINE_TILE(GROUPS, PANELS)                                                    \
    static void tile_##GROUPS##x##PANELS(const struct epilogue *epilogue,              \
                                         const struct conv_tile *tile)                 \
    {                                                                                  \
        tile_of(epilogue, tile, GROUPS, PANELS);                                       \
    }

DEFINE_TILE(4, 1)
DEFINE_TILE(2, 1)
DEFINE_TILE(1, 1)
DEFINE_TILE(2, 2)
DEFINE_TILE(1, 2)

/* Products of a quad, and something for the output. */
#define TILE(GROUPS, PANELS, COST)                                                     \
    {                                                                                  \
        GROUPS, PANELS, COST, ANY_WINDOWS, tile_##GROUPS##x##PANELS                    \
    }

static const struct conv_tile_size sizes[] = {
    TILE(2, 2, 24), TILE(1, 2, 18), TILE(4, 1, 30), TILE(2, 1, 18), TILE(1, 1, 12), {0},
};

void winograd_u8s8_avx512vnni(const struct conv_u8s8 *conv)
{
    winograd_run(conv, &winograd_four_bytes, transform_for_four, sizes);
}
