#include "core/kernel/conv_tiles.h"
#include "core/kernel/epilogue_f32_avx2.h"
#include "core/kernel/kernel_variants.h"

/* A tile of `pixels` x `panels`, two accumulators of 8 channels each; both are constants where it
 * is inlined. */
enum { VECTORS_MOST = 12 };

INLINE void multiply(const struct conv_tile *tile, const int pixels, const int panels,
                     __m256 acc[VECTORS_MOST])
{
    const ptrdiff_t step = tile->window_step;

    for (int run = 0; run < tile->runs; run++) {
        const int8_t *weights = tile->weights + run * tile->run_weights;
        const int8_t *end = weights + (ptrdiff_t)PANEL * tile->run_bytes;
        const uint8_t *input =
            tile->window + tile->run_offsets[run] * (ptrdiff_t)sizeof(float);
        const uint8_t *later = input + 3 * step;

        for (; weights < end; weights += PANEL * sizeof(float)) {
            __m256 w[2 * TILE_PANELS_MOST];

#pragma GCC unroll 8
            for (int half = 0; half < 2 * panels; half++)
                w[half] = _mm256_load_ps(
                    (const float *)(weights + (size_t)(half / 2) * tile->panel_bytes) +
                    half % 2 * VECTOR);
#pragma GCC unroll 6
            for (int pixel = 0; pixel < pixels; pixel++) {
                const uint8_t *at =
                    pixel < 3 ? input + pixel * step : later + (pixel - 3) * step;
                __m256 x = _mm256_broadcast_ss((const float *)(const void *)at);

#pragma GCC unroll 8
                for (int half = 0; half < 2 * panels; half++)
                    acc[pixel * 2 * panels + half] =
                        _mm256_fmadd_ps(x, w[half], acc[pixel * 2 * panels + half]);
            }
            input += sizeof(float);
            later += sizeof(float);
            __asm__(""
                    : "+r"(input), "+r"(later)); /* or gcc keeps an address a pixel */
        }
    }
}

/* ---- the epilogue ------------------------------------------------------------------------- */

/* From sums [pixels, panels, 2] in memory: it is not worth being made for every tile. */
static void finish_tile(const struct epilogue *epilogue, const struct conv_tile *tile,
                        int pixels, int panels, const __m256 *acc)
{
    for (int pixel = 0; pixel < pixels; pixel++)
        for (int half = 0; half < 2 * panels; half++, acc++) {
            const int first = half * VECTOR, left = tile->channels - first;
            const ptrdiff_t out = tile->out + pixel * tile->out_step + first;
            const ptrdiff_t residual =
                tile->residual + pixel * tile->residual_step + first;

            finish_eight(epilogue, tile->channel + first, left, out, residual, *acc);
        }
}

/* ---- tiles --------------------------------------------------------------------------------- */

INLINE void tile_of(const struct epilogue *epilogue, const struct conv_tile *tile,
                    const int pixels, const int panels)
{
    __m256 acc[VECTORS_MOST], kept[VECTORS_MOST];

#pragma GCC unroll 12
    for (int at = 0; at < 2 * pixels * panels; at++)
        acc[at] = _mm256_setzero_ps();
    multiply(tile, pixels, panels, acc);
#pragma GCC unroll 12
    for (int at = 0; at < 2 * pixels * panels; at++) {
        __asm__ volatile("" : "+x"(acc[at])); /* or gcc spills them in the loop above */
        kept[at] = acc[at]; /* so that `acc` itself needs no address */
    }
    finish_tile(epilogue, tile, pixels, panels, kept);
}

#define DEFINE_TILE(PIXELS, PANELS)                                                    \
    static void tile_##PIXELS##x##PANELS(const struct epilogue *epilogue,              \
                                         const struct conv_tile *tile)                 \
    {                                                                                  \
        tile_of(epilogue, tile, PIXELS, PANELS);                                       \
    }

DEFINE_TILE(6, 1)
DEFINE_TILE(4, 1)
DEFINE_TILE(2, 1)
DEFINE_TILE(1, 1)
DEFINE_TILE(2, 2)
DEFINE_TILE(1, 2)
DEFINE_TILE(1, 4)

/* Quarters of a cycle for one element: two products and two loads a cycle, but no less than the
 * latency of a product, and something for the loop. */
#define LARGER(a, b) ((a) > (b) ? (a) : (b))
#define COST(pixels, panels)                                                           \
    (LARGER(LARGER(4 * (pixels) * (panels), 2 * (pixels) + 4 * (panels)), 16) + 1)
#define TILE(PIXELS, PANELS)                                                           \
    {                                                                                  \
        PIXELS, PANELS, COST(PIXELS, PANELS), ANY_WINDOWS, tile_##PIXELS##x##PANELS    \
    }

static const struct conv_tile_size sizes[] = {
    TILE(6, 1), TILE(4, 1), TILE(2, 1), TILE(1, 1),
    TILE(2, 2), TILE(1, 2), TILE(1, 4), {0},
};

void conv_f32_avx2(const struct conv_f32 *conv)
{
    conv_tiles_run_f32(conv, sizes);
}
