#include "core/kernel/epilogue_scalar.h"
#include "core/kernel/kernel_variants.h"

static int32_t dot(const struct conv_u8s8 *conv, const uint8_t *window, int channel)
{
    size_t panel_bytes = (size_t)PANEL * (size_t)conv->runs * (size_t)conv->run_bytes;
    const int8_t *weights = conv->weights + (size_t)(channel / PANEL) * panel_bytes +
                            (size_t)(channel % PANEL) * QUAD;
    int32_t acc = 0;

    for (int run = 0; run < conv->runs; run++) {
        const uint8_t *input = window + conv->run_offsets[run];

        for (int byte = 0; byte < conv->run_bytes;
             byte += QUAD, weights += PANEL * QUAD)
            for (int lane = 0; lane < QUAD; lane++)
                acc += (int32_t)input[byte + lane] * weights[lane];
    }
    return acc;
}

void conv_u8s8_scalar(const struct conv_u8s8 *conv)
{
    const struct epilogue *epilogue = &conv->epilogue;

    for (int sample = 0; sample < conv->samples; sample++)
        for (int pixel = 0; pixel < conv->pixels; pixel++) {
            size_t row = (size_t)sample * (size_t)conv->pixels + (size_t)pixel;
            const uint8_t *window = conv->input + (size_t)sample * conv->sample_bytes +
                                    conv->pixel_offsets[pixel];
            int32_t sum = epilogue->correction ? epilogue->window_sums[row] : 0;

            for (int channel = 0; channel < conv->channels; channel++)
                epilogue_scalar(epilogue, channel,
                                row * epilogue->stride + (size_t)channel,
                                dot(conv, window, channel), sum);
        }
}
