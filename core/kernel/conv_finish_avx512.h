/* conv_finish_avx512.h - the epilogue for tiles of pixels x panels, a vector of 16 sums each. */
#ifndef CORE_KERNEL_CONV_FINISH_AVX512_H
#define CORE_KERNEL_CONV_FINISH_AVX512_H

#include "core/kernel/conv_tiles.h"
#include "core/kernel/epilogue_avx512.h"

enum { VECTORS_MOST = 28 }; /* of sums in a tile */

/* Stores four vectors' codes, of which `count` are wanted: vector `at` of the tile and the
 * following ones, in pieces of as many channels as stand together. */
INLINE void store_codes(uint8_t *out, ptrdiff_t step, const int panels, const int at,
                        const int count, __m512i codes)
{
    if (panels == 4 || (count == 4 && step == panels * PANEL)) {
        _mm512_storeu_si512(panels == 4 ? out + at / 4 * step : out + at * PANEL,
                            codes);
    } else if (panels == 2) {
        _mm256_storeu_si256((__m256i *)(out + at / 2 * step),
                            _mm512_castsi512_si256(codes));
        if (count == 4)
            _mm256_storeu_si256((__m256i *)(out + (at / 2 + 1) * step),
                                _mm512_extracti64x4_epi64(codes, 1));
    } else {
        __m128i part[4] = {
            _mm512_castsi512_si128(codes), _mm512_extracti32x4_epi32(codes, 1),
            _mm512_extracti32x4_epi32(codes, 2), _mm512_extracti32x4_epi32(codes, 3)};

#pragma GCC unroll 4
        for (int i = 0; i < count; i++)
            _mm_storeu_si128(
                (__m128i *)(out + (at + i) / panels * step + (at + i) % panels * PANEL),
                part[i]);
    }
}

/* Codes of the whole tile, [pixels, panels * PANEL] with `step` bytes from a pixel to the next. */
INLINE void finish_codes(const struct epilogue *epilogue, const struct conv_tile *tile,
                         const int pixels, const int panels, const int traits,
                         const __m512i acc[VECTORS_MOST], uint8_t *out, ptrdiff_t step)
{
    const bool corrects = traits & CORRECTS, adds = traits & ADDS;
    const struct byte_rule rule = byte_rule_of(epilogue);
    const struct linear16 linear[TILE_PANELS_MOST] = {
        linear_of(epilogue, tile->channel, corrects),
        linear_of(epilogue, tile->channel + (panels > 1) * PANEL, corrects),
        linear_of(epilogue, tile->channel + (panels > 2) * 2 * PANEL, corrects),
        linear_of(epilogue, tile->channel + (panels > 3) * 3 * PANEL, corrects)};
    /* Local copies: bytes that are stored could be anything that a pointer leads to. */
    const float *sums = corrects ? epilogue->window_sums + tile->sum : NULL;
    const uint8_t *addend = adds ? epilogue->residual_u8 + tile->residual : NULL;
    const ptrdiff_t sum_step = tile->sum_step, addend_step = tile->residual_step;

#pragma GCC unroll 8
    for (int at = 0; at < pixels * panels; at += 4) {
        const int count = pixels * panels - at < 4 ? pixels * panels - at : 4;
        __m512i rounded[4];

#pragma GCC unroll 4
        for (int i = 0; i < count; i++) {
            const int pixel = (at + i) / panels, panel = (at + i) % panels;
            __m512 v =
                linear_value(&linear[panel], acc[at + i], corrects,
                             _mm512_set1_ps(corrects ? sums[pixel * sum_step] : 0));

            if (adds)
                v = add_codes(addend + pixel * addend_step + panel * PANEL,
                              rule.residual_scale, v);
            rounded[i] = _mm512_cvtps_epi32(v);
        }
#pragma GCC unroll 4
        for (int i = count; i < 4; i++)
            rounded[i] = rounded[0];
        store_codes(out, step, panels, at, count, codes_avx512(&rule, traits, rounded));
    }
}

/* Copies the channels that are there from codes [pixels, panels * PANEL]. */
static void copy_channels(const uint8_t *codes, const struct conv_tile *tile,
                          int pixels, int panels, uint8_t *out)
{
    __mmask64 mask = ((__mmask64)1 << tile->channels) - 1; /* fewer than 64 */

    for (int pixel = 0; pixel < pixels; pixel++)
        _mm512_mask_storeu_epi8(
            out + pixel * tile->out_step, mask,
            _mm512_maskz_loadu_epi8(mask, codes + (ptrdiff_t)pixel * panels * PANEL));
}

/* Any epilogue, from sums [pixels, panels] in memory: rarer, and not worth being made for every
 * tile. */
static void finish_any(const struct epilogue *epilogue, const struct conv_tile *tile,
                       int pixels, int panels, const __m512i *acc)
{
    const ptrdiff_t out_step = tile->out_step, residual_step = tile->residual_step;
    const ptrdiff_t sum_step = tile->sum_step;
    const float *sums = epilogue->window_sums;

    for (int panel = 0; panel * PANEL < tile->channels && panel < panels; panel++) {
        const int first = panel * PANEL;
        const struct any_epilogue any =
            any_epilogue_of(epilogue, tile->channel + first, tile->channels - first);
        const ptrdiff_t out = tile->out + first, residual = tile->residual + first;

        for (int pixel = 0; pixel < pixels; pixel++) {
            float sum = any.corrects ? sums[tile->sum + pixel * sum_step] : 0;

            finish_any_avx512(&any, out + pixel * out_step,
                              residual + pixel * residual_step,
                              acc[pixel * panels + panel], _mm512_set1_ps(sum));
        }
    }
}

/* Finishes a tile of constant size.
 *
 *   acc  [pixels][panels] 16 channels each
 */
INLINE void finish_tile_avx512(const struct epilogue *epilogue,
                               const struct conv_tile *tile, const int pixels,
                               const int panels, const __m512i acc[VECTORS_MOST])
{
    const bool is_part = tile->channels < panels * PANEL;
    uint8_t codes[VECTORS_MOST * PANEL], *out = codes;
    ptrdiff_t step = panels * PANEL;
    int traits;

    if (!epilogue->out_u8 || epilogue->residual_f32 || !epilogue->is_tame) {
        __m512i kept[VECTORS_MOST]; /* so that `acc` itself needs no address */

#pragma GCC unroll 28
        for (int at = 0; at < pixels * panels; at++)
            kept[at] = acc[at];
        finish_any(epilogue, tile, pixels, panels, kept);
        return;
    }
    if (!is_part) {
        out = epilogue->out_u8 + tile->out;
        step = tile->out_step;
    }
    traits = epilogue_traits(epilogue);
#pragma GCC unroll 8
    for (int known = 0; known < TRAITS_COUNT; known++)
        if (traits == known)
            finish_codes(epilogue, tile, pixels, panels, known, acc, out, step);
    if (is_part)
        copy_channels(codes, tile, pixels, panels, epilogue->out_u8 + tile->out);
}

#endif
