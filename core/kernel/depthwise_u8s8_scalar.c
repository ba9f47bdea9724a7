#include "core/kernel/depthwise_pixels.h"
#include "core/kernel/epilogue_scalar.h"
#include "core/kernel/kernel_variants.h"

static void run_pixel(const void *context, const struct depthwise_pixel *pixel)
{
    const struct depthwise_u8s8 *depthwise = context;

    for (int channel = 0; channel < depthwise->channels; channel++) {
        int32_t acc = 0, sum = 0;

        for (int tap = 0; tap < depthwise->taps_high * depthwise->taps_wide; tap++) {
            int32_t code = pixel->window[depthwise->tap_offsets[tap] + channel];

            acc += code * depthwise->weights[tap * depthwise->channels + channel];
            sum += code;
        }
        epilogue_scalar(&depthwise->epilogue, channel, pixel->out + channel,
                        pixel->residual + channel, acc, (float)sum);
    }
}

void depthwise_u8s8_scalar(const struct depthwise_u8s8 *depthwise)
{
    depthwise_each_pixel(depthwise, run_pixel, depthwise);
}
