#include "core/kernel/conv_finish_avx512.h"
#include "core/kernel/finish_rows.h"
#include "core/kernel/kernel_variants.h"

INLINE void finish_some(const struct epilogue *epilogue, const struct conv_tile *tile,
                        const int pixels, const int32_t *sums, ptrdiff_t step)
{
    __m512i acc[VECTORS_MOST];

#pragma GCC unroll 16
    for (int pixel = 0; pixel < pixels; pixel++)
        acc[pixel] = _mm512_loadu_si512(sums + pixel * step);
    finish_tile_avx512(epilogue, tile, pixels, 1, acc);
}

static void finish_pixels(const struct epilogue *epilogue, const struct conv_tile *tile,
                          int pixels, const int32_t *sums, ptrdiff_t step)
{
    if (pixels == PIXELS_MOST)
        finish_some(epilogue, tile, PIXELS_MOST, sums, step);
    else if (pixels == PIXELS_FEWER)
        finish_some(epilogue, tile, PIXELS_FEWER, sums, step);
    else
        finish_some(epilogue, tile, 1, sums, step);
}

void finish_s32_avx512(const struct finish_s32 *finish)
{
    finish_rows(finish, finish_pixels);
}
