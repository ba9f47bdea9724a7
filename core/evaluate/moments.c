#include "core/evaluate/moments.h"

#include <math.h>

/* Channels whose sums are kept on the stack at once. */
enum { CHANNELS_AT_ONCE = 64 };

static const double largest = 1 << 20, unit = 1 << 24;

size_t moments_count(int channels)
{
    return MOMENTS_FIRST + 3 * (size_t)channels;
}

static int64_t to_fixed_point(double value)
{
    return llrint(value * unit);
}

/* Some channels of a batch norm, and what is added up over the pixels of a sample. */
struct some_channels {
    int first, count;
    double mean[CHANNELS_AT_ONCE], factor[CHANNELS_AT_ONCE];
    double sums[CHANNELS_AT_ONCE], squares[CHANNELS_AT_ONCE];
};

static void take_channels(const struct batchnorm *batchnorm, int first,
                          struct some_channels *some)
{
    int left = batchnorm->channels - first;

    some->first = first;
    some->count = left < CHANNELS_AT_ONCE ? left : CHANNELS_AT_ONCE;
    for (int i = 0; i < some->count; i++) {
        some->mean[i] = batchnorm->mean[first + i];
        some->factor[i] = 1 / batchnorm_deviation(batchnorm, first + i);
    }
}

/* `input` is the first of these channels of a sample's first pixel. */
static void add_pixels(struct some_channels *some, const float *input, size_t pixels,
                       size_t channels)
{
    for (int i = 0; i < some->count; i++)
        some->sums[i] = some->squares[i] = 0;
    for (size_t pixel = 0; pixel < pixels; pixel++, input += channels)
        for (int i = 0; i < some->count; i++) {
            double u = (input[i] - some->mean[i]) * some->factor[i];

            some->sums[i] += u;
            some->squares[i] += u * u;
        }
}

static void add_sample(const struct some_channels *some, size_t pixels, int channels,
                       int64_t *sums)
{
    int64_t *means = sums + MOMENTS_FIRST + some->first;
    int64_t *squares = means + channels, *beyond = squares + channels;

    for (int i = 0; i < some->count; i++) {
        double mean = some->sums[i] / (double)pixels;
        double square = some->squares[i] / (double)pixels;

        if (square <= largest) { /* so is |mean|, and neither is NaN */
            means[i] += to_fixed_point(mean);
            squares[i] += to_fixed_point(square);
        } else {
            beyond[i]++;
        }
    }
}

void moments_add(const struct batchnorm *batchnorm, const float *input, int samples,
                 size_t pixels, int64_t *sums)
{
    size_t channels = (size_t)batchnorm->channels;
    struct some_channels some;

    sums[MOMENTS_SAMPLES] += samples;
    for (int first = 0; first < batchnorm->channels; first += CHANNELS_AT_ONCE) {
        take_channels(batchnorm, first, &some);
        for (int sample = 0; sample < samples; sample++) {
            add_pixels(&some, input + (size_t)sample * pixels * channels + first,
                       pixels, channels);
            add_sample(&some, pixels, batchnorm->channels, sums);
        }
    }
}

/* Back from u to the input. A variance that vanished is what rounding leaves of it, so that the
 * scale stays finite even without an epsilon. */
static void statistics_of_channel(const struct batchnorm *batchnorm, int channel,
                                  double u, double square, float *mean, float *variance)
{
    double deviation = batchnorm_deviation(batchnorm, channel);
    double of_u = fmax(square - u * u, 1 / unit);

    *mean = (float)(batchnorm->mean[channel] + u * deviation);
    *variance = (float)(of_u * deviation * deviation);
}

void moments_statistics(const struct batchnorm *batchnorm, const int64_t *sums,
                        float *mean, float *variance)
{
    const int64_t *means = sums + MOMENTS_FIRST;
    const int64_t *squares = means + batchnorm->channels;
    const int64_t *beyond = squares + batchnorm->channels;
    double all = (double)sums[MOMENTS_SAMPLES] * unit;

    for (int channel = 0; channel < batchnorm->channels; channel++) {
        statistics_of_channel(batchnorm, channel, (double)means[channel] / all,
                              (double)squares[channel] / all, &mean[channel],
                              &variance[channel]);
        if (beyond[channel] > 0)
            mean[channel] = variance[channel] = NAN;
    }
}
