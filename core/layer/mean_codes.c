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

/* code = (sum - offset) * scale + bias, between low and high, rounded, + code_offset. */
struct rounding {
    int offset;
    float scale, bias, low, high;
    int code_offset;
};

static int pixels_of(const struct value *input)
{
    return input->plane->height * input->plane->width;
}

static struct rounding rounding_of(const struct layer *layer, const struct value *input,
                                   const struct quantizer *quantizer)
{
    int pixels = pixels_of(input);
    float lowest = (float)quantizer_lowest(quantizer);
    float highest = (float)quantizer_highest(quantizer);

    return (struct rounding){
        .offset = pixels * input->zero_code,
        .scale = input->step / (quantizer->step * (float)pixels),
        .low = fminf(fmaxf(layer->low / quantizer->step, lowest), highest),
        .high = fminf(fmaxf(layer->high / quantizer->step, lowest), highest),
        .code_offset = value_zero_code(quantizer),
    };
}

/* XNNPACK's codes are signed, 128 less. */
static struct rounding rounding_by_bias(const struct layer *layer,
                                        const struct value *input,
                                        const struct quantizer *quantizer)
{
    const int half = -INT8_MIN;
    struct rounding rounding = rounding_of(layer, input, quantizer);
    float ratio = input->step / quantizer->step;
    float zero = (float)(rounding.code_offset - half);

    rounding.offset = half * pixels_of(input);
    rounding.scale = ratio * (1 / (float)pixels_of(input));
    rounding.bias = zero - (float)(input->zero_code - half) * ratio;
    rounding.low += zero;
    rounding.high += zero;
    rounding.code_offset = half;
    return rounding;
}

static void round_sums(const struct rounding *rounding, const int32_t *sums,
                       size_t channels, uint8_t *codes)
{
    for (size_t channel = 0; channel < channels; channel++) {
        float v = (float)(sums[channel] - rounding->offset) * rounding->scale +
                  rounding->bias;

        v = v > rounding->low ? v : rounding->low;
        v = v < rounding->high ? v : rounding->high;
        codes[channel] = (uint8_t)((int)lrintf(v) + rounding->code_offset);
    }
}

static void find_means(const struct rounding *rounding, const struct value *input,
                       int samples, const struct quantizer *quantizer,
                       struct value *output, int32_t *sums)
{
    const struct plane *plane = input->plane;
    size_t channels = (size_t)plane->channels, height = (size_t)plane->height;

    value_become_codes(output, samples, quantizer);
    for (size_t sample = 0; sample < (size_t)samples; sample++) {
        memset(sums, 0, channels * sizeof *sums);
        for (size_t row = 0; row < height; row++)
            add_pixels(value_row(input, sample * height + row), plane->width, channels,
                       sums);
        round_sums(rounding, sums, channels, value_row(output, sample));
    }
}

void mean_codes(const struct layer *layer, const struct value *input, int samples,
                const struct quantizer *quantizer, struct value *output, int32_t *sums)
{
    const struct rounding rounding = rounding_of(layer, input, quantizer);

    find_means(&rounding, input, samples, quantizer, output, sums);
}

void mean_codes_by_bias(const struct layer *layer, const struct value *input,
                        int samples, const struct quantizer *quantizer,
                        struct value *output, int32_t *sums)
{
    const struct rounding rounding = rounding_by_bias(layer, input, quantizer);

    find_means(&rounding, input, samples, quantizer, output, sums);
}
