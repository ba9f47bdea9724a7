/* conv_finish_avx2.h - the epilogue for sums of pixels x one panel, which stand in memory. */
#ifndef CORE_KERNEL_CONV_FINISH_AVX2_H
#define CORE_KERNEL_CONV_FINISH_AVX2_H

#include "core/kernel/conv_tiles.h"
#include "core/kernel/epilogue_avx2.h"

#include <string.h>

/* The sums of a tile's pixels, `step` from one to the next, and where what belongs to them is. Local
 * copies: bytes that are stored could be anything that a pointer leads to. */
struct pixel_walk {
    const int32_t *sums;
    ptrdiff_t step;
    const float *window_sum; /* or NULL */
    ptrdiff_t window_sum_step;
    const uint8_t *addend; /* or NULL */
    ptrdiff_t addend_step;
};

INLINE struct pixel_walk walk_of(const struct epilogue *epilogue,
                                 const struct conv_tile *tile, const int32_t *sums,
                                 ptrdiff_t step)
{
    return (struct pixel_walk){
        .sums = sums,
        .step = step,
        .window_sum = epilogue->correction ? epilogue->window_sums + tile->sum : NULL,
        .window_sum_step = tile->sum_step,
        .addend = epilogue->residual_u8 ? epilogue->residual_u8 + tile->residual : NULL,
        .addend_step = tile->residual_step,
    };
}

/* Rounded values of 16 channels of the next pixel. */
INLINE void next_rounded(const struct linear8 linear[2], const int traits,
                         __m256 residual_scale, struct pixel_walk *walk,
                         __m256i rounded[2])
{
    const __m256 sum =
        traits & CORRECTS ? _mm256_broadcast_ss(walk->window_sum) : _mm256_setzero_ps();

#pragma GCC unroll 2
    for (int half = 0; half < 2; half++) {
        __m256i acc = _mm256_loadu_si256((const __m256i *)(walk->sums + 8 * half));
        __m256 v = linear_value(&linear[half], acc, traits & CORRECTS, sum);

        if (traits & ADDS)
            v = add_codes(walk->addend + 8 * half, residual_scale, v);
        rounded[half] = _mm256_cvtps_epi32(v);
    }
    walk->sums += walk->step;
    if (traits & CORRECTS)
        walk->window_sum += walk->window_sum_step;
    if (traits & ADDS)
        walk->addend += walk->addend_step;
}

/* Codes of pixels, two at a time; a last one alone is done twice. */
INLINE void finish_codes(const struct epilogue *epilogue, const struct conv_tile *tile,
                         int pixels, const int traits, struct pixel_walk walk,
                         uint8_t *out, ptrdiff_t step)
{
    const struct byte_rule rule = byte_rule_of(epilogue);
    const struct linear8 linear[2] = {
        linear_of(epilogue, tile->channel, traits & CORRECTS),
        linear_of(epilogue, tile->channel + 8, traits & CORRECTS)};

    for (; pixels > 0; pixels -= 2) {
        __m256i rounded[4], codes;

        next_rounded(linear, traits, rule.residual_scale, &walk, rounded);
        if (pixels > 1) {
            next_rounded(linear, traits, rule.residual_scale, &walk, rounded + 2);
        } else {
            rounded[2] = rounded[0];
            rounded[3] = rounded[1];
        }
        codes = codes_avx2(&rule, traits, rounded);
        _mm_storeu_si128((__m128i *)out, _mm256_castsi256_si128(codes));
        if (pixels > 1)
            _mm_storeu_si128((__m128i *)(out + step),
                             _mm256_extracti128_si256(codes, 1));
        out += 2 * step;
    }
}

#define DEFINE_FINISH(TRAITS)                                                          \
    static void finish_codes_##TRAITS(                                                 \
        const struct epilogue *epilogue, const struct conv_tile *tile, int pixels,     \
        const struct pixel_walk *walk, uint8_t *out, ptrdiff_t step)                   \
    {                                                                                  \
        finish_codes(epilogue, tile, pixels, TRAITS, *walk, out, step);                \
    }

DEFINE_FINISH(0)
DEFINE_FINISH(1)
DEFINE_FINISH(2)
DEFINE_FINISH(3)
DEFINE_FINISH(4)
DEFINE_FINISH(5)
DEFINE_FINISH(6)
DEFINE_FINISH(7)

static void (*const finish_codes_by_traits[TRAITS_COUNT])(const struct epilogue *,
                                                          const struct conv_tile *, int,
                                                          const struct pixel_walk *,
                                                          uint8_t *, ptrdiff_t) = {
    finish_codes_0, finish_codes_1, finish_codes_2, finish_codes_3,
    finish_codes_4, finish_codes_5, finish_codes_6, finish_codes_7,
};

enum { AT_ONCE = 16 }; /* pixels whose codes stand beside each other for a while */

/* Where not all channels of the panel are there. */
static void finish_part(const struct epilogue *epilogue, const struct conv_tile *tile,
                        int pixels, const int traits, struct pixel_walk walk,
                        uint8_t *out)
{
    uint8_t codes[AT_ONCE * PANEL];

    for (int done = 0; done < pixels; done += AT_ONCE) {
        int now = pixels - done < AT_ONCE ? pixels - done : AT_ONCE;

        finish_codes_by_traits[traits](epilogue, tile, now, &walk, codes, PANEL);
        for (int pixel = 0; pixel < now; pixel++, out += tile->out_step)
            memcpy(out, codes + pixel * PANEL, (size_t)tile->channels);
        walk.sums += AT_ONCE * walk.step;
        if (walk.window_sum)
            walk.window_sum += AT_ONCE * walk.window_sum_step;
        if (walk.addend)
            walk.addend += AT_ONCE * walk.addend_step;
    }
}

/* Any epilogue for up to 8 channels of all pixels. */
static void finish_any(const struct epilogue *epilogue, const struct conv_tile *tile,
                       int pixels, int first, const int32_t *sums, ptrdiff_t step)
{
    const struct any_epilogue any =
        any_epilogue_of(epilogue, tile->channel + first, tile->channels - first);
    const ptrdiff_t out = tile->out + first, out_step = tile->out_step;
    const ptrdiff_t residual = tile->residual + first;
    const ptrdiff_t residual_step = tile->residual_step, sum_step = tile->sum_step;
    const float *window_sums = any.corrects ? epilogue->window_sums + tile->sum : NULL;

    for (int pixel = 0; pixel < pixels; pixel++, sums += step) {
        float sum = any.corrects ? window_sums[pixel * sum_step] : 0;

        finish_any_avx2(&any, out + pixel * out_step, residual + pixel * residual_step,
                        _mm256_loadu_si256((const __m256i *)(sums + first)),
                        _mm256_set1_ps(sum));
    }
}

/* Sums of whole panels, as they are. */
static void store_sums(int32_t *out, ptrdiff_t out_step, const int32_t *sums,
                       ptrdiff_t step, int pixels)
{
    for (int pixel = 0; pixel < pixels; pixel++, out += out_step, sums += step) {
        __m256i first = _mm256_loadu_si256((const __m256i *)sums);
        __m256i second = _mm256_loadu_si256((const __m256i *)(sums + 8));

        _mm256_storeu_si256((__m256i *)out, first);
        _mm256_storeu_si256((__m256i *)(out + 8), second);
    }
}

/* Finishes a tile of one panel.
 *
 *   sums  of the first pixel, 16 channels and up to 8 more; `step` elements to the next pixel's
 */
static void finish_tile_avx2(const struct epilogue *epilogue,
                             const struct conv_tile *tile, int pixels,
                             const int32_t *sums, ptrdiff_t step)
{
    struct pixel_walk walk;
    int traits;

    if (epilogue->out_s32 && tile->channels >= PANEL) {
        store_sums(epilogue->out_s32 + tile->out, tile->out_step, sums, step, pixels);
        return;
    }
    if (!epilogue->out_u8 || epilogue->residual_f32 || !epilogue->is_tame) {
        for (int first = 0; first < PANEL && first < tile->channels; first += 8)
            finish_any(epilogue, tile, pixels, first, sums, step);
        return;
    }
    walk = walk_of(epilogue, tile, sums, step);
    traits = epilogue_traits(epilogue);
    if (tile->channels < PANEL)
        finish_part(epilogue, tile, pixels, traits, walk, epilogue->out_u8 + tile->out);
    else
        finish_codes_by_traits[traits](epilogue, tile, pixels, &walk,
                                       epilogue->out_u8 + tile->out, tile->out_step);
}

#endif
