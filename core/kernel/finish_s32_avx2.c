#include "core/kernel/conv_finish_avx2.h"
#include "core/kernel/finish_rows.h"
#include "core/kernel/kernel_variants.h"

static void finish_pixels(const struct epilogue *epilogue, const struct conv_tile *tile,
                          int pixels, const int32_t *sums, ptrdiff_t step)
{
    __m256i acc[2 * PIXELS_MOST];

    for (int pixel = 0; pixel < pixels; pixel++) {
        const __m256i *from = (const __m256i *)(sums + pixel * step);

        acc[2 * pixel] = _mm256_loadu_si256(from);
        acc[2 * pixel + 1] = _mm256_loadu_si256(from + 1);
    }
    finish_tile_avx2(epilogue, tile, pixels, acc);
}

void finish_s32_avx2(const struct finish_s32 *finish)
{
    finish_rows(finish, finish_pixels);
}
