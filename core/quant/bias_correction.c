#include "core/quant/bias_correction.h"

static double mean_weight(const float *weights, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    return sum / (double)count;
}

/* Values are affine in their codes, so the mean value is that of the mean code. */
static double mean_value(const int8_t *codes, size_t count,
                         const struct quantizer *quantizer)
{
    int64_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += codes[i];
    return (double)quantizer->step * ((double)sum / (double)count) +
           (double)quantizer_value(quantizer, 0);
}

void bias_correction_mean(const float *weights, const int8_t *codes, size_t channels,
                          size_t count, const struct quantizer *quantizer,
                          float *correction)
{
    for (size_t channel = 0; channel < channels; channel++) {
        size_t first = channel * count;

        correction[channel] = (float)(mean_weight(weights + first, count) -
                                      mean_value(codes + first, count, quantizer));
    }
}
