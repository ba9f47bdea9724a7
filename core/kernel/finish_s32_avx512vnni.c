#include "core/kernel/conv_finish_avx512.h"
#include "core/kernel/finish_rows.h"
#include "core/kernel/kernel_variants.h"

/* As many pixels as are loaded at once. */
enum { PIXELS = 16 };

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
    struct conv_tile some = *tile;
    int done = 0;

    while (done < pixels) {
        int now = pixels - done < PIXELS ? 1 : PIXELS;

        if (now == PIXELS)
            finish_some(epilogue, &some, PIXELS, sums + done * step, step);
        else
            finish_some(epilogue, &some, 1, sums + done * step, step);
        some.out += now * some.out_step;
        some.residual += now * some.residual_step;
        some.sum += now * some.sum_step;
        done += now;
    }
}

void finish_s32_avx512vnni(const struct finish_s32 *finish)
{
    finish_rows(finish, finish_pixels);
}
