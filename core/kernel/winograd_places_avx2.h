/* winograd_places_avx2.h - tiles of Winograd's convolutions, one place after the other: the sums of a place have
 * the registers, and stand in memory until all are there. */
#ifndef CORE_KERNEL_WINOGRAD_PLACES_AVX2_H
#define CORE_KERNEL_WINOGRAD_PLACES_AVX2_H

#include "core/kernel/conv_finish_avx2.h"
#include "core/kernel/winograd.h"

enum { GROUPS_MOST = 6, OUTPUTS_MOST = 4 };

/* A form's numbers, as constants where it is inlined. */
struct places {
    int places, outputs, code_bytes;
    bool has_offsets;
};

/* The sums of a place of `groups`, [groups][2] of 8 channels, which begin with `first`. */
typedef void (*multiply_place_fn)(const struct conv_tile *tile, const int groups,
                                  const __m256i first[2], __m256i *sums);
/* y = A m. */
typedef void (*outputs_fn)(const __m256i *m, __m256i *y);

/* Where a place's input and weights are. */
INLINE struct conv_tile tile_of_place(const struct conv_tile *tile,
                                      const struct places form, ptrdiff_t channels,
                                      int place)
{
    const ptrdiff_t bytes = channels * form.code_bytes;
    struct conv_tile of_place = *tile;

    of_place.window += place * bytes;
    of_place.weights += place * bytes * PANEL;
    of_place.run_bytes = (int)channels;
    return of_place;
}

/* Sums begin with what takes the input's offset out of them again: the sum of that of all runs, of which
 * there are none where a window is all padding. */
INLINE void first_of_place(const struct conv_tile *tile, const struct places form,
                           ptrdiff_t channels, int place, __m256i first[2])
{
    const int8_t *offsets =
        tile->weights + (form.places * channels * form.code_bytes + place * 4) * PANEL;

    first[0] = first[1] = _mm256_setzero_si256();
    if (form.has_offsets)
        for (int run = 0; run < tile->runs; run++, offsets += tile->run_weights) {
            const __m256i *offset = (const __m256i *)offsets;

            first[0] = _mm256_add_epi32(first[0], _mm256_load_si256(offset));
            first[1] = _mm256_add_epi32(first[1], _mm256_load_si256(offset + 1));
        }
}

/* A tile whose pixels are groups becomes one of outputs. */
INLINE struct conv_tile tile_of_outputs(const struct conv_tile *groups,
                                        const int outputs)
{
    struct conv_tile tile = *groups;

    tile.out_step /= outputs;
    tile.residual_step /= outputs;
    tile.sum *= outputs;
    return tile;
}

INLINE void finish_groups(const struct epilogue *epilogue, const struct conv_tile *tile,
                          const struct places form, const int groups,
                          outputs_fn outputs_of,
                          __m256i sums[WINOGRAD_PLACES_MOST][2 * GROUPS_MOST])
{
    const struct conv_tile outputs = tile_of_outputs(tile, form.outputs);
    __m256i acc[2 * GROUPS_MOST * OUTPUTS_MOST];

    for (int at = 0; at < 2 * groups; at++) {
        __m256i m[WINOGRAD_PLACES_MOST], y[OUTPUTS_MOST];

#pragma GCC unroll 6
        for (int place = 0; place < form.places; place++)
            m[place] = sums[place][at];
        outputs_of(m, y);
#pragma GCC unroll 4
        for (int output = 0; output < form.outputs; output++)
            acc[2 * (at / 2 * form.outputs + output) + at % 2] = y[output];
    }
    finish_tile_avx2(epilogue, &outputs, groups * form.outputs, (const int32_t *)acc,
                     PANEL);
}

INLINE void tile_by_places(const struct epilogue *epilogue,
                           const struct conv_tile *tile, const struct places form,
                           const int groups, multiply_place_fn multiply_place,
                           outputs_fn outputs_of)
{
    const ptrdiff_t channels = tile->window_step / (form.places * form.code_bytes);
    __m256i sums[WINOGRAD_PLACES_MOST][2 * GROUPS_MOST];

    for (int place = 0; place < form.places; place++) {
        const struct conv_tile of_place = tile_of_place(tile, form, channels, place);
        __m256i first[2];

        first_of_place(tile, form, channels, place, first);
        multiply_place(&of_place, groups, first, sums[place]);
    }
    finish_groups(epilogue, tile, form, groups, outputs_of, sums);
}

/* ---- F(4, 3) ---------------------------------------------------------------------------------- */

/* x / (3 << shift), which has no remainder: the inverse of 3 modulo 2^32 divides. Sums may have wrapped
 * around before, as long as what is left fits. */
INLINE __m256i third(__m256i x, const int shift)
{
    return _mm256_srai_epi32(_mm256_mullo_epi32(x, _mm256_set1_epi32((int)0xaaaaaaab)),
                             shift);
}

INLINE void four_outputs(const __m256i *m, __m256i *y)
{
    __m256i sum1 = _mm256_add_epi32(m[1], m[2]), sum2 = _mm256_add_epi32(m[3], m[4]);
    __m256i difference1 = _mm256_sub_epi32(m[1], m[2]);
    __m256i difference2 = _mm256_sub_epi32(m[3], m[4]);
    __m256i sums = _mm256_sub_epi32(sum2, _mm256_slli_epi32(sum1, 2));
    __m256i twice = _mm256_slli_epi32(m[0], 1);
    __m256i six_times = _mm256_add_epi32(_mm256_slli_epi32(twice, 1), twice);

    y[0] = third(_mm256_add_epi32(six_times, sums), 3);
    y[1] = third(_mm256_sub_epi32(difference2, _mm256_slli_epi32(difference1, 1)), 2);
    y[2] = third(_mm256_sub_epi32(sum2, sum1), 1);
    y[3] = _mm256_add_epi32(
        third(_mm256_sub_epi32(_mm256_slli_epi32(difference2, 1), difference1), 1),
        m[5]);
}

#endif
