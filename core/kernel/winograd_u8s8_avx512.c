#include "core/kernel/conv_finish_avx512.h"
#include "core/kernel/kernel_variants.h"
#include "core/kernel/products_avx512.h"
#include "core/kernel/winograd_avx512.h"
#include "core/kernel/winograd_input_avx2.h"

/* Tiles of one panel go place by place: the sums of a place have the registers, and stand in memory until all
 * are there. */
enum { GROUPS_MOST = 7 };

/* Where a place's input and weights are. */
INLINE struct conv_tile tile_of_place(const struct conv_tile *tile, ptrdiff_t channels,
                                      int place)
{
    const ptrdiff_t bytes = channels * (ptrdiff_t)sizeof(int16_t);
    struct conv_tile of_place = *tile;

    of_place.window += place * bytes;
    of_place.weights += place * bytes * PANEL;
    of_place.run_bytes = (int)channels;
    return of_place;
}

INLINE void tile_of(const struct epilogue *epilogue, const struct conv_tile *tile,
                    const int groups)
{
    const ptrdiff_t channels = tile->window_step / (WINOGRAD_PLACES * 2);
    const struct conv_tile outputs = tile_of_outputs(tile, WINOGRAD_OUTPUTS);
    __m512i sums[WINOGRAD_PLACES][GROUPS_MOST], acc[VECTORS_MOST];

    for (int place = 0; place < WINOGRAD_PLACES; place++) {
        const struct conv_tile of_place = tile_of_place(tile, channels, place);

        multiply_wide(&of_place, groups, 1, true, sums[place]);
    }
#pragma GCC unroll 6
    for (int group = 0; group < groups; group++) {
        __m512i m[WINOGRAD_PLACES];

#pragma GCC unroll 6
        for (int place = 0; place < WINOGRAD_PLACES; place++)
            m[place] = sums[place][group];
        four_outputs(m, acc + WINOGRAD_OUTPUTS * group);
    }
    finish_tile_avx512(epilogue, &outputs, groups * WINOGRAD_OUTPUTS, 1, acc);
}

/* ---- the tables ------------------------------------------------------------------------------- */

#define DEFINE_TILE(GROUPS)                                                            \
    static void tile_##GROUPS(const struct epilogue *epilogue,                         \
                              const struct conv_tile *tile)                            \
    {                                                                                  \
        tile_of(epilogue, tile, GROUPS);                                               \
    }

DEFINE_TILE(7)
DEFINE_TILE(4)
DEFINE_TILE(2)
DEFINE_TILE(1)

/* Quarters of a cycle for one quad of a place, with something for the output. */
static const struct conv_tile_size sizes[] = {
    {7, 1, 36, false, tile_7},
    {4, 1, 21, false, tile_4},
    {2, 1, 13, false, tile_2},
    {1, 1, 9, false, tile_1},
    {0},
};

void winograd_u8s8_avx512(const struct conv_u8s8 *conv)
{
    winograd_run(conv, &winograd_four_words, transform_for_four, sizes);
}
