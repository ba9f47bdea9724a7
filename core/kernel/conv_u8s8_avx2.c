#include "core/kernel/epilogue_avx2.h"
#include "core/kernel/kernel_variants.h"

#include <string.h>

/* Exact on full int8: both sides are widened to 16 bits and multiplied by vpmaddwd. An
 * accumulator holds two partial sums (even and odd pairs of bytes) for each of 4 channels. */
enum { PARTS = PANEL / 4 };

static inline __m256i quad(const uint8_t *bytes)
{
    int32_t four;

    memcpy(&four, bytes, sizeof four);
    return _mm256_cvtepu8_epi16(_mm_set1_epi32(four));
}

static inline void multiply(const struct conv_u8s8 *conv, const uint8_t *window,
                            const int8_t *weights, __m256i acc[PARTS])
{
    for (int run = 0; run < conv->runs; run++) {
        const uint8_t *input = window + conv->run_offsets[run];

        for (int byte = 0; byte < conv->run_bytes;
             byte += QUAD, weights += PANEL * QUAD) {
            __m256i x = quad(input + byte);

            for (int part = 0; part < PARTS; part++) {
                __m256i w = _mm256_cvtepi8_epi16(
                    _mm_load_si128((const __m128i *)(weights + part * 4 * QUAD)));

                acc[part] = _mm256_add_epi32(acc[part], _mm256_madd_epi16(x, w));
            }
        }
    }
}

/* Adds neighbouring lanes of two parts: 8 channels in order. */
static inline __m256i eight_channels(__m256i first, __m256i second)
{
    return _mm256_permute4x64_epi64(_mm256_hadd_epi32(first, second),
                                    _MM_SHUFFLE(3, 1, 2, 0));
}

static void pixel_of_panel(const struct conv_u8s8 *conv, const uint8_t *window,
                           size_t row, int channel)
{
    const struct epilogue *epilogue = &conv->epilogue;
    size_t panel_bytes = (size_t)PANEL * (size_t)conv->runs * (size_t)conv->run_bytes;
    __m256i sum =
        _mm256_set1_epi32(epilogue->correction ? epilogue->window_sums[row] : 0);
    __m256i acc[PARTS] = {_mm256_setzero_si256(), _mm256_setzero_si256(),
                          _mm256_setzero_si256(), _mm256_setzero_si256()};

    multiply(conv, window, conv->weights + (size_t)(channel / PANEL) * panel_bytes,
             acc);
    for (int half = 0; half < 2 && channel + half * 8 < conv->channels; half++) {
        int first = channel + half * 8;
        int left = conv->channels - first;

        epilogue_avx2(epilogue, first, row * epilogue->stride + (size_t)first,
                      left < 8 ? left : 8,
                      eight_channels(acc[2 * half], acc[2 * half + 1]), sum);
    }
}

void conv_u8s8_avx2(const struct conv_u8s8 *conv)
{
    size_t row = 0;

    for (int sample = 0; sample < conv->samples; sample++)
        for (int pixel = 0; pixel < conv->pixels; pixel++, row++) {
            const uint8_t *window = conv->input + (size_t)sample * conv->sample_bytes +
                                    conv->pixel_offsets[pixel];

            for (int channel = 0; channel < conv->channels; channel += PANEL)
                pixel_of_panel(conv, window, row, channel);
        }
}
