#include "core/kernel/conv_finish_avx512.h"
#include "core/kernel/epilogue_f32_avx512.h"
#include "core/kernel/kernel_variants.h"
#include "core/kernel/pixel_bases.h"

/* ---- sums ----------------------------------------------------------------------------------
 *
 * A tile of `pixels` x `panels` accumulators; both are constants where it is inlined, so that all
 * loops over them unroll and the accumulators stay in registers. */

INLINE __m512 in_all_lanes(const uint8_t *input)
{
    return _mm512_set1_ps(*(const float *)(const void *)input);
}

INLINE void multiply(const struct conv_tile *tile, const int pixels, const int panels,
                     __m512 acc[VECTORS_MOST])
{
    ptrdiff_t step = tile->window_step;

    for (int run = 0; run < tile->runs; run++) {
        const int8_t *weights = tile->weights + run * tile->run_weights;
        const int8_t *end = weights + (ptrdiff_t)PANEL * tile->run_bytes;
        const uint8_t *bases[BASES];

        set_bases(tile, run, sizeof(float), bases);
        for (; weights < end; weights += PANEL * sizeof(float)) {
            __m512 w[TILE_PANELS_MOST];

#pragma GCC unroll 4
            for (int panel = 0; panel < panels; panel++)
                w[panel] = _mm512_load_ps(weights + (size_t)panel * tile->panel_bytes);
#pragma GCC unroll 16
            for (int pixel = 0; pixel < pixels; pixel++) {
                __m512 x = in_all_lanes(pixel_at(bases, step, pixel));

#pragma GCC unroll 4
                for (int panel = 0; panel < panels; panel++)
                    acc[pixel * panels + panel] =
                        _mm512_fmadd_ps(x, w[panel], acc[pixel * panels + panel]);
            }
            advance(bases, pixels);
        }
    }
}

/* ---- the epilogue ------------------------------------------------------------------------- */

INLINE const float *residual_at(const struct epilogue *epilogue,
                                const struct conv_tile *tile, const bool adds,
                                const int pixel, const int panel)
{
    return adds ? epilogue->residual_f32 + tile->residual +
                      pixel * tile->residual_step + panel * PANEL
                : NULL;
}

INLINE void write_floats(const struct epilogue *epilogue, const struct conv_tile *tile,
                         const int pixels, const int panels, const bool adds,
                         const __m512 acc[VECTORS_MOST])
{
#pragma GCC unroll 4
    for (int panel = 0; panel < panels; panel++) {
        const int first = panel * PANEL;
        const __mmask16 mask = mask_of(tile->channels - first);
        const struct finish16 finish = finish16_of(epilogue, tile->channel + first);
        float *out = epilogue->out_f32 + tile->out + first;

#pragma GCC unroll 16
        for (int pixel = 0; pixel < pixels; pixel++)
            _mm512_mask_storeu_ps(
                out + pixel * tile->out_step, mask,
                finished(&finish, residual_at(epilogue, tile, adds, pixel, panel), mask,
                         acc[pixel * panels + panel]));
    }
}

/* Codes of the whole tile, [pixels, panels * PANEL] with `step` bytes from a pixel to the next. */
INLINE void write_codes(const struct epilogue *epilogue, const struct conv_tile *tile,
                        const int pixels, const int panels, const bool adds,
                        const __m512 acc[VECTORS_MOST], uint8_t *out, ptrdiff_t step)
{
    const struct byte_rule rule = {
        .zero_code = _mm512_set1_epi16((short)epilogue->zero_code),
        .low_code = _mm512_setzero_si512(), /* the clamp is done */
        .high_code = _mm512_set1_epi8(-1)};
    const __m512 unit = _mm512_set1_ps(epilogue->step);
    struct finish16 finish[TILE_PANELS_MOST];

#pragma GCC unroll 4
    for (int panel = 0; panel < panels; panel++)
        finish[panel] = finish16_of(epilogue, tile->channel + panel * PANEL);
#pragma GCC unroll 8
    for (int at = 0; at < pixels * panels; at += 4) {
        const int count = pixels * panels - at < 4 ? pixels * panels - at : 4;
        __m512i rounded[4];

#pragma GCC unroll 4
        for (int i = 0; i < count; i++) {
            const int pixel = (at + i) / panels, panel = (at + i) % panels;

            rounded[i] = levels_of(
                finished(&finish[panel],
                         residual_at(epilogue, tile, adds, pixel, panel),
                         mask_of(tile->channels - panel * PANEL), acc[at + i]),
                unit);
        }
#pragma GCC unroll 4
        for (int i = count; i < 4; i++)
            rounded[i] = rounded[0];
        store_codes(out, step, panels, at, count, codes_avx512(&rule, SHIFTS, rounded));
    }
}

/* Where channels are missing, to a buffer of its own first. */
INLINE void put_codes(const struct epilogue *epilogue, const struct conv_tile *tile,
                      const int pixels, const int panels, const bool adds,
                      const __m512 acc[VECTORS_MOST])
{
    uint8_t codes[VECTORS_MOST * PANEL];

    if (tile->channels >= panels * PANEL) {
        write_codes(epilogue, tile, pixels, panels, adds, acc,
                    epilogue->out_u8 + tile->out, tile->out_step);
        return;
    }
    write_codes(epilogue, tile, pixels, panels, adds, acc, codes, panels * PANEL);
    copy_channels(codes, tile, pixels, panels, epilogue->out_u8 + tile->out);
}

INLINE void finish(const struct epilogue *epilogue, const struct conv_tile *tile,
                   const int pixels, const int panels, const bool adds,
                   const __m512 acc[VECTORS_MOST])
{
    if (epilogue->out_u8)
        put_codes(epilogue, tile, pixels, panels, adds, acc);
    else
        write_floats(epilogue, tile, pixels, panels, adds, acc);
}

/* ---- tiles --------------------------------------------------------------------------------- */

INLINE void tile_of(const struct epilogue *epilogue, const struct conv_tile *tile,
                    const int pixels, const int panels)
{
    __m512 acc[VECTORS_MOST];

#pragma GCC unroll 28
    for (int at = 0; at < pixels * panels; at++)
        acc[at] = _mm512_setzero_ps();
    multiply(tile, pixels, panels, acc);
#pragma GCC unroll 28
    for (int at = 0; at < pixels * panels; at++)
        __asm__ volatile("" : "+v"(acc[at])); /* or gcc spills them in the loop above */
    if (epilogue->residual_f32)
        finish(epilogue, tile, pixels, panels, true, acc);
    else
        finish(epilogue, tile, pixels, panels, false, acc);
}

#define DEFINE_TILE(PIXELS, PANELS)                                                    \
    static void tile_##PIXELS##x##PANELS(const struct epilogue *epilogue,              \
                                         const struct conv_tile *tile)                 \
    {                                                                                  \
        tile_of(epilogue, tile, PIXELS, PANELS);                                       \
    }

DEFINE_TILE(16, 1)
DEFINE_TILE(14, 1)
DEFINE_TILE(8, 1)
DEFINE_TILE(4, 1)
DEFINE_TILE(1, 1)
DEFINE_TILE(14, 2)
DEFINE_TILE(13, 2)
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

/* Quarters of a cycle for one element: two products and two loads a cycle, but no less than the
 * latency of a product, and something for the loop. */
#define LARGER(a, b) ((a) > (b) ? (a) : (b))
#define COST(pixels, panels)                                                           \
    (LARGER(LARGER(2 * (pixels) * (panels), 2 * ((pixels) + (panels))), 16) + 1)
#define TILE(PIXELS, PANELS)                                                           \
    {                                                                                  \
        PIXELS, PANELS, COST(PIXELS, PANELS), ANY_WINDOWS, tile_##PIXELS##x##PANELS    \
    }

static const struct conv_tile_size sizes[] = {
    TILE(14, 2), TILE(13, 2), TILE(12, 2), TILE(10, 2), TILE(8, 2),
    TILE(7, 2),  TILE(4, 2),  TILE(1, 2),  TILE(8, 3),  TILE(4, 3),
    TILE(1, 3),  TILE(6, 4),  TILE(4, 4),  TILE(1, 4),  TILE(16, 1),
    TILE(14, 1), TILE(8, 1),  TILE(4, 1),  TILE(1, 1),  {0},
};

void conv_f32_avx512(const struct conv_f32 *conv)
{
    conv_tiles_run_f32(conv, sizes);
}
