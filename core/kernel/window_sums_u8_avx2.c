#include "core/kernel/kernel_variants.h"
#include "core/kernel/window_sums.h"

#include <immintrin.h>

/* vpsadbw adds up eight bytes at a time. */
static inline int32_t sum_pixel(const uint8_t *codes, int channels)
{
    const __m128i zero = _mm_setzero_si128();
    __m128i sums = zero;
    int channel = 0, rest = 0;

    for (; channel + 16 <= channels; channel += 16)
        sums = _mm_add_epi64(
            sums,
            _mm_sad_epu8(_mm_loadu_si128((const __m128i *)(codes + channel)), zero));
    for (; channel < channels; channel++)
        rest += codes[channel];
    return rest + _mm_cvtsi128_si32(_mm_add_epi64(sums, _mm_srli_si128(sums, 8)));
}

static void sum_pixels(const uint8_t *codes, int pixels, ptrdiff_t step, int channels,
                       int32_t *sums)
{
    for (int pixel = 0; pixel < pixels; pixel++)
        sums[pixel] = sum_pixel(codes + pixel * step, channels);
}

void window_sums_u8_avx2(const struct window_sums_u8 *window_sums)
{
    window_sums_run(window_sums, sum_pixels);
}
