#include "core/kernel/epilogue_avx512.h"
#include "core/kernel/kernel_variants.h"

static inline __m512i widened(const uint8_t *codes, __mmask16 mask)
{
    return _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, codes));
}

static void pixel_of_channels(const struct depthwise_u8s8 *depthwise,
                              const uint8_t *window, size_t at, int channel)
{
    __mmask16 mask = channels_mask(depthwise->channels, channel);
    __m512i acc = _mm512_setzero_si512(), sum = _mm512_setzero_si512();

    for (int tap = 0; tap < depthwise->taps; tap++) {
        const int8_t *weights =
            depthwise->weights + (size_t)tap * (size_t)depthwise->channels + channel;
        __m512i x = widened(window + depthwise->tap_offsets[tap] + channel, mask);
        __m512i w = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(mask, weights));

        acc = _mm512_add_epi32(acc, _mm512_mullo_epi32(x, w));
        sum = _mm512_add_epi32(sum, x);
    }
    epilogue_avx512(&depthwise->epilogue, channel, at + (size_t)channel, mask, acc,
                    sum);
}

void depthwise_u8s8_avx512vnni(const struct depthwise_u8s8 *depthwise)
{
    size_t row = 0;

    for (int sample = 0; sample < depthwise->samples; sample++)
        for (int pixel = 0; pixel < depthwise->pixels; pixel++, row++) {
            const uint8_t *window = depthwise->input +
                                    (size_t)sample * depthwise->sample_bytes +
                                    depthwise->pixel_offsets[pixel];

            for (int channel = 0; channel < depthwise->channels; channel += 16)
                pixel_of_channels(depthwise, window, row * depthwise->epilogue.stride,
                                  channel);
        }
}
