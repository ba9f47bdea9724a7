#include "core/kernel/kernel_variants.h"
#include "core/kernel/window_sums.h"

static void sum_pixels(const uint8_t *codes, int pixels, ptrdiff_t step, int channels,
                       int32_t *sums)
{
    for (int pixel = 0; pixel < pixels; pixel++, codes += step) {
        int32_t sum = 0;

        for (int channel = 0; channel < channels; channel++)
            sum += codes[channel];
        sums[pixel] = sum;
    }
}

void window_sums_u8_scalar(const struct window_sums_u8 *window_sums)
{
    window_sums_run(window_sums, sum_pixels);
}
