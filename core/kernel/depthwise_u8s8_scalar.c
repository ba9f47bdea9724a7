#include "core/kernel/epilogue_scalar.h"
#include "core/kernel/kernel_variants.h"

void depthwise_u8s8_scalar(const struct depthwise_u8s8 *depthwise)
{
    const struct epilogue *epilogue = &depthwise->epilogue;
    size_t channels = (size_t)depthwise->channels;

    for (int sample = 0; sample < depthwise->samples; sample++)
        for (int pixel = 0; pixel < depthwise->pixels; pixel++) {
            size_t row = (size_t)sample * (size_t)depthwise->pixels + (size_t)pixel;
            const uint8_t *window = depthwise->input +
                                    (size_t)sample * depthwise->sample_bytes +
                                    depthwise->pixel_offsets[pixel];

            for (size_t channel = 0; channel < channels; channel++) {
                int32_t acc = 0, sum = 0;

                for (int tap = 0; tap < depthwise->taps; tap++) {
                    int32_t code =
                        window[(size_t)depthwise->tap_offsets[tap] + channel];

                    acc += code * depthwise->weights[(size_t)tap * channels + channel];
                    sum += code;
                }
                epilogue_scalar(epilogue, (int)channel,
                                row * epilogue->stride + channel, acc, sum);
            }
        }
}
