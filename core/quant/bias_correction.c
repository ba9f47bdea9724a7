#include "core/quant/bias_correction.h"

#include <float.h>
#include <math.h>

static double mean_weight(const float *weights, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    return sum / (double)count;
}

/* Values are affine in their codes, so the mean value is that of the mean code. */
static double mean_value(const int16_t *codes, size_t count, struct code_values values)
{
    int64_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += codes[i];
    return (double)values.step * ((double)sum / (double)count) +
           (double)(values.step * values.centre);
}

struct code_values code_values_of(const struct quantizer *quantizer)
{
    return (struct code_values){quantizer->step, grid_centre(quantizer->grid)};
}

void bias_correction_mean(const float *weights, const int16_t *codes, size_t channels,
                          size_t count, struct code_values values, float *correction)
{
    for (size_t channel = 0; channel < channels; channel++) {
        size_t first = channel * count;

        correction[channel] = (float)(mean_weight(weights + first, count) -
                                      mean_value(codes + first, count, values));
    }
}

/* Sum of squares about the mean. */
static double spread_of_weights(const float *weights, size_t count)
{
    double mean = mean_weight(weights, count), sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += (weights[i] - mean) * (weights[i] - mean);
    return sum;
}

/* The same of codes: count * it is an integer, which is exact. */
static double spread_of_codes(const int16_t *codes, size_t count)
{
    int64_t sum = 0, squares = 0, many = (int64_t)count;

    for (size_t i = 0; i < count; i++) {
        sum += codes[i];
        squares += codes[i] * codes[i];
    }
    return (double)(many * squares - sum * sum) / (double)many;
}

float bias_correction_step(const float *weights, const int16_t *codes, size_t count,
                           struct code_values values)
{
    double spread = spread_of_codes(codes, count);
    float step;

    if (spread == 0)
        return values.step;
    step = (float)sqrt(spread_of_weights(weights, count) / spread);
    return step > FLT_MIN ? step : FLT_MIN;
}
