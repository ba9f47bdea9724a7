#include "core/kernel/kernel_variants.h"
#include "core/kernel/products_avxvnni.h"
#include "core/kernel/winograd_bytes.h"
#include "core/kernel/winograd_places_avx2.h"

static const struct places form = {6, 4, sizeof(uint8_t), true};

INLINE void multiply_place(const struct conv_tile *tile, const int groups,
                           const __m256i first[2], __m256i *sums)
{
    multiply(tile, groups, first, sums);
}

#define DEFINE_TILE(GROUPS)                                                            \
    static void tile_##GROUPS(const struct epilogue *epilogue,                         \
                              const struct conv_tile *tile)                            \
    {                                                                                  \
        tile_by_places(epilogue, tile, form, GROUPS, multiply_place, four_outputs);    \
    }

DEFINE_TILE(6)
DEFINE_TILE(5)
DEFINE_TILE(4)
DEFINE_TILE(3)
DEFINE_TILE(2)
DEFINE_TILE(1)

/* Cycles for one quad of a place: two products a cycle, but no less than the latency of one; and something
 * for the output. */
static const struct conv_tile_size sizes[] = {
    {6, 1, 8, ANY_WINDOWS, tile_6},
    {5, 1, 7, ANY_WINDOWS, tile_5},
    {4, 1, 6, ANY_WINDOWS, tile_4},
    {3, 1, 6, ANY_WINDOWS, tile_3},
    {2, 1, 6, ANY_WINDOWS, tile_2},
    {1, 1, 5, ANY_WINDOWS, tile_1},
    {0},
};

void winograd_u8s8_avxvnni(const struct conv_u8s8 *conv)
{
    winograd_run(conv, &winograd_four_bytes, transform_for_four, sizes);
}
