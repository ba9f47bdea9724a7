#include "core/kernel/conv_tiles.h"
#include "core/kernel/epilogue_f32.h"
#include "core/kernel/kernel_variants.h"
#include "core/kernel/vector_clones.h"

/* The sums of a panel's channels. */
VECTOR_CLONES
static void dot(const struct conv_tile *tile, float acc[PANEL])
{
    for (int lane = 0; lane < PANEL; lane++)
        acc[lane] = 0;
    for (int run = 0; run < tile->runs; run++) {
        const float *input = (const float *)tile->window + tile->run_offsets[run];
        const float *weights = (const float *)(tile->weights + run * tile->run_weights);

        for (int at = 0; at < tile->run_bytes / QUAD; at++, weights += PANEL)
            for (int lane = 0; lane < PANEL; lane++)
                acc[lane] = fmaf(input[at], weights[lane], acc[lane]);
    }
}

static void tile_1x1(const struct epilogue *epilogue, const struct conv_tile *tile)
{
    float acc[PANEL];

    dot(tile, acc);
    for (int lane = 0; lane < PANEL && lane < tile->channels; lane++)
        epilogue_f32(epilogue, tile->channel + lane, tile->out + lane,
                     tile->residual + lane, acc[lane]);
}

static const struct conv_tile_size sizes[] = {
    {1, 1, 1, ANY_WINDOWS, tile_1x1},
    {0},
};

void conv_f32_scalar(const struct conv_f32 *conv)
{
    conv_tiles_run_f32(conv, sizes);
}
