#include "core/evaluate/product_means.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>

static const double largest = 1 << 28, coarse = 0x1p-16, fine = 0x1p-56;

size_t product_means_count(int channels)
{
    return PRODUCT_MEANS_FIRST + 3 * (size_t)channels;
}

static void sum_pixels(const float *products, size_t pixels, size_t channels,
                       double *sums)
{
    for (size_t channel = 0; channel < channels; channel++)
        sums[channel] = 0;
    for (size_t pixel = 0; pixel < pixels; pixel++)
        for (size_t channel = 0; channel < channels; channel++)
            sums[channel] += *products++;
}

static void add_mean(double mean, int64_t *high, int64_t *low, int64_t *beyond)
{
    int64_t multiple;

    if (!(fabs(mean) <= largest)) { /* or NaN */
        ++*beyond;
        return;
    }
    multiple = llrint(mean / coarse);
    *high += multiple;
    *low += llrint((mean - (double)multiple * coarse) / fine);
}

void product_means_add(const float *products, int samples, size_t pixels, int channels,
                       int64_t *sums)
{
    size_t count = (size_t)channels;
    double *of_sample = memory_get(count * sizeof *of_sample);
    int64_t *high = sums + PRODUCT_MEANS_FIRST, *low = high + count;

    sums[PRODUCT_MEANS_SAMPLES] += samples;
    for (int sample = 0; sample < samples; sample++) {
        sum_pixels(products, pixels, count, of_sample);
        products += pixels * count;
        for (size_t channel = 0; channel < count; channel++)
            add_mean(of_sample[channel] / (double)pixels, &high[channel], &low[channel],
                     &low[count + channel]);
    }
    free(of_sample);
}

void product_means_of(const int64_t *sums, int channels, double *means)
{
    const int64_t *high = sums + PRODUCT_MEANS_FIRST, *low = high + channels;
    double samples = (double)sums[PRODUCT_MEANS_SAMPLES];

    for (int channel = 0; channel < channels; channel++)
        means[channel] =
            low[channels + channel] > 0
                ? NAN
                : ((double)high[channel] * coarse + (double)low[channel] * fine) /
                      samples;
}
