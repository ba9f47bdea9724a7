#include "core/kernel/kernel_variants.h"
#include "core/kernel/window_sums.h"

#include <immintrin.h>

/* vpsadbw adds up eight bytes at a time. */
static inline int32_t sum_pixel(const uint8_t *codes, int channels)
{
    const __m512i zero = _mm512_setzero_si512();
    __m512i sums = zero;

    for (int channel = 0; channel < channels; channel += 64) {
        int left = channels - channel;
        __mmask64 mask = left >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << left) - 1;

        sums = _mm512_add_epi64(
            sums,
            _mm512_sad_epu8(_mm512_maskz_loadu_epi8(mask, codes + channel), zero));
    }
    return (int32_t)_mm512_reduce_add_epi64(sums);
}

/* Four neighbouring pixels of 16 channels fill a register. */
static inline __m128i sum_four_pixels(const uint8_t *codes)
{
    const __m512i firsts = _mm512_setr_epi64(0, 2, 4, 6, 0, 2, 4, 6);
    __m512i halves = _mm512_sad_epu8(_mm512_loadu_si512(codes), _mm512_setzero_si512());
    __m512i sums = _mm512_add_epi64(halves, _mm512_bsrli_epi128(halves, 8));

    return _mm256_castsi256_si128(
        _mm512_cvtepi64_epi32(_mm512_permutexvar_epi64(firsts, sums)));
}

static void sum_pixels(const uint8_t *codes, int pixels, ptrdiff_t step, int channels,
                       int32_t *sums)
{
    int pixel = 0;

    if (channels == 16 && step == 16)
        for (; pixel + 4 <= pixels; pixel += 4)
            _mm_storeu_si128((__m128i *)(sums + pixel),
                             sum_four_pixels(codes + pixel * step));
    for (; pixel < pixels; pixel++)
        sums[pixel] = sum_pixel(codes + pixel * step, channels);
}

void window_sums_u8_avx512(const struct window_sums_u8 *window_sums)
{
    window_sums_run(window_sums, sum_pixels);
}
