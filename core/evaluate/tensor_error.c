#include "core/evaluate/tensor_error.h"

#include "core/base/exact_sum.h"

#include <math.h>

/* Squares of floats from 2^-298 to 2^256, of any number of values. */
static const struct exact_format format = {-320, TENSOR_ERROR_LIMBS};

enum { VALUES, ERRORS, BOTH, ROUNDED };
enum { COUNT = TENSOR_ERROR_PRODUCTS * TENSOR_ERROR_LIMBS, CLIPPED };

/* Of each channel; before them the largest error. */
enum { MOST_ROUNDED, MINUS_LEAST_ROUNDED, MOST_VALUE, MINUS_LEAST_VALUE, OF_CHANNEL };

size_t tensor_error_maxima(int channels)
{
    return 1 + (size_t)channels * OF_CHANNEL;
}

/* ---- adding --------------------------------------------------------------------------------- */

void tensor_error_compare(const float *values, const float *others, size_t count,
                          int64_t *sums)
{
    double products[TENSOR_ERROR_PRODUCTS] = {0};

    for (size_t i = 0; i < count; i++) {
        double value = values[i], other = others[i], error = value - other;

        products[VALUES] += value * value;
        products[ERRORS] += error * error;
        products[BOTH] += value * other;
        products[ROUNDED] += other * other;
    }
    for (int i = 0; i < TENSOR_ERROR_PRODUCTS; i++)
        exact_sum_add(&format, sums + i * TENSOR_ERROR_LIMBS, products[i]);
    sums[COUNT] += (int64_t)count;
}

static void count_clipped(const struct tensor_rounding *rounding, const float *values,
                          size_t count, int64_t *sums)
{
    const struct quantizer *quantizer = &rounding->quantizer;
    float half = quantizer->step / 2;
    float low = quantizer_value(quantizer, quantizer_lowest(quantizer)) - half +
                rounding->correction;
    float high = quantizer_value(quantizer, quantizer_highest(quantizer)) + half +
                 rounding->correction;

    for (size_t i = 0; i < count; i++)
        sums[CLIPPED] += values[i] < low || values[i] > high;
}

static void raise(double *maximum, double value)
{
    *maximum = value > *maximum ? value : *maximum;
}

static void raise_maxima(const struct tensor_rounding *rounding, const float *values,
                         const float *rounded, size_t count, double *maxima)
{
    for (size_t i = 0; i < count; i++) {
        size_t channel = rounding->channel >= 0 ? (size_t)rounding->channel
                                                : i % (size_t)rounding->channels;
        double *of_channel = maxima + 1 + channel * OF_CHANNEL;

        raise(maxima, fabs((double)values[i] - rounded[i]));
        raise(&of_channel[MOST_ROUNDED], rounded[i]);
        raise(&of_channel[MINUS_LEAST_ROUNDED], -rounded[i]);
        raise(&of_channel[MOST_VALUE], values[i]);
        raise(&of_channel[MINUS_LEAST_VALUE], -values[i]);
    }
}

void tensor_error_add(const struct tensor_rounding *rounding, const float *values,
                      const float *rounded, size_t count, int64_t *sums, double *maxima)
{
    tensor_error_compare(values, rounded, count, sums);
    count_clipped(rounding, values, count, sums);
    raise_maxima(rounding, values, rounded, count, maxima);
}

/* ---- what they tell ------------------------------------------------------------------------- */

static double sum_of(const int64_t *sums, int product)
{
    return exact_sum_value(&format, sums + product * TENSOR_ERROR_LIMBS);
}

static bool is_dead(const double *of_channel)
{
    return of_channel[MOST_ROUNDED] == -of_channel[MINUS_LEAST_ROUNDED] &&
           of_channel[MOST_VALUE] > -of_channel[MINUS_LEAST_VALUE];
}

struct tensor_error tensor_error_of(const int64_t *sums, const double *maxima,
                                    int channels)
{
    double values = sum_of(sums, VALUES), rounded = sum_of(sums, ROUNDED);
    struct tensor_error error = {
        .sqnr = 10 * log10(values / sum_of(sums, ERRORS)),
        .cosine = sum_of(sums, BOTH) / sqrt(values * rounded),
        .largest = maxima ? maxima[0] : 0,
        .clipped = (double)sums[CLIPPED] / (double)sums[COUNT],
        .channels = channels,
    };

    for (int i = 0; maxima && i < channels; i++)
        error.dead_channels += is_dead(maxima + 1 + i * OF_CHANNEL);
    return error;
}
