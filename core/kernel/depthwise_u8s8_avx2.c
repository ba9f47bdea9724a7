#include "core/kernel/epilogue_avx2.h"
#include "core/kernel/kernel_variants.h"

#include <string.h>

/* Eight bytes, of which `count` are there. */
static inline __m128i eight_bytes(const void *bytes, int count)
{
    int64_t eight = 0;

    memcpy(&eight, bytes, (size_t)count);
    return _mm_cvtsi64_si128(eight);
}

static void pixel_of_channels(const struct depthwise_u8s8 *depthwise,
                              const uint8_t *window, size_t at, int channel)
{
    int left = depthwise->channels - channel;
    int count = left < 8 ? left : 8;
    __m256i acc = _mm256_setzero_si256(), sum = _mm256_setzero_si256();

    for (int tap = 0; tap < depthwise->taps; tap++) {
        const int8_t *weights =
            depthwise->weights + (size_t)tap * (size_t)depthwise->channels + channel;
        __m256i x = _mm256_cvtepu8_epi32(
            eight_bytes(window + depthwise->tap_offsets[tap] + channel, count));
        __m256i w = _mm256_cvtepi8_epi32(eight_bytes(weights, count));

        acc = _mm256_add_epi32(acc, _mm256_mullo_epi32(x, w));
        sum = _mm256_add_epi32(sum, x);
    }
    epilogue_avx2(&depthwise->epilogue, channel, at + (size_t)channel, count, acc, sum);
}

void depthwise_u8s8_avx2(const struct depthwise_u8s8 *depthwise)
{
    size_t row = 0;

    for (int sample = 0; sample < depthwise->samples; sample++)
        for (int pixel = 0; pixel < depthwise->pixels; pixel++, row++) {
            const uint8_t *window = depthwise->input +
                                    (size_t)sample * depthwise->sample_bytes +
                                    depthwise->pixel_offsets[pixel];

            for (int channel = 0; channel < depthwise->channels; channel += 8)
                pixel_of_channels(depthwise, window, row * depthwise->epilogue.stride,
                                  channel);
        }
}
