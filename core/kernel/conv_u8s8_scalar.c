#include "core/kernel/conv_tiles.h"
#include "core/kernel/epilogue_scalar.h"
#include "core/kernel/kernel_variants.h"

/* The sum for one channel of a panel. */
static int32_t dot(const struct conv_tile *tile, int lane)
{
    int32_t acc = 0;

    for (int run = 0; run < tile->runs; run++) {
        const uint8_t *input = tile->window + tile->run_offsets[run];
        const int8_t *weights =
            tile->weights + run * tile->run_weights + (ptrdiff_t)lane * QUAD;

        for (int byte = 0; byte < tile->run_bytes;
             byte += QUAD, weights += PANEL * QUAD)
            for (int i = 0; i < QUAD; i++)
                acc += (int32_t)input[byte + i] * weights[i];
    }
    return acc;
}

static void tile_1x1(const struct epilogue *epilogue, const struct conv_tile *tile)
{
    float sum = epilogue->correction ? epilogue->window_sums[tile->sum] : 0;

    for (int lane = 0; lane < PANEL && lane < tile->channels; lane++)
        epilogue_scalar(epilogue, tile->channel + lane, tile->out + lane,
                        tile->residual + lane, dot(tile, lane), sum);
}

static const struct conv_tile_size sizes[] = {
    {1, 1, 1, ANY_WINDOWS, tile_1x1},
    {0},
};

void conv_u8s8_scalar(const struct conv_u8s8 *conv)
{
    conv_tiles_run(conv, sizes, TILES_ALONG_COLUMNS_OR_SAMPLES, sizeof(int8_t));
}
