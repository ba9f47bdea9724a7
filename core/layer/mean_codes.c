#include "core/layer/mean_codes.h"

#include "core/kernel/vector_clones.h"

#include <math.h>
#include <string.h>

VECTOR_CLONES
static void add_pixels(const uint8_t *restrict codes, int pixels, size_t channels,
                       int32_t *restrict sums)
{
    for (int pixel = 0; pixel < pixels; pixel++, codes += channels)
        for (size_t channel = 0; channel < channels; channel++)
            sums[channel] += codes[channel];
}

struct rounding {
    int zeros; /* what codes of zero add to a sum */
    float scale, low, high;
    int zero_code;
};

static struct rounding rounding_of(const struct layer *layer, const struct value *input,
                                   const struct quantizer *quantizer)
{
    int pixels = input->plane->height * input->plane->width;
    float lowest = (float)quantizer_lowest(quantizer);
    float highest = (float)quantizer_highest(quantizer);

    return (struct rounding){
        .zeros = pixels * input->zero_code,
        .scale = input->step / (quantizer->step * (float)pixels),
        .low = fminf(fmaxf(layer->low / quantizer->step, lowest), highest),
        .high = fminf(fmaxf(layer->high / quantizer->step, lowest), highest),
        .zero_code = value_zero_code(quantizer),
    };
}

static void round_sums(const struct rounding *rounding, const int32_t *sums,
                       size_t channels, uint8_t *codes)
{
    for (size_t channel = 0; channel < channels; channel++) {
        float v = (float)(sums[channel] - rounding->zeros) * rounding->scale;

        v = v > rounding->low ? v : rounding->low;
        v = v < rounding->high ? v : rounding->high;
        codes[channel] = (uint8_t)((int)lrintf(v) + rounding->zero_code);
    }
}

void mean_codes(const struct layer *layer, const struct value *input, int samples,
                const struct quantizer *quantizer, struct value *output, int32_t *sums)
{
    const struct plane *plane = input->plane;
    size_t channels = (size_t)plane->channels, height = (size_t)plane->height;
    const struct rounding rounding = rounding_of(layer, input, quantizer);

    value_become_codes(output, samples, quantizer);
    for (size_t sample = 0; sample < (size_t)samples; sample++) {
        memset(sums, 0, channels * sizeof *sums);
        for (size_t row = 0; row < height; row++)
            add_pixels(value_row(input, sample * height + row), plane->width, channels,
                       sums);
        round_sums(&rounding, sums, channels, value_row(output, sample));
    }
}
