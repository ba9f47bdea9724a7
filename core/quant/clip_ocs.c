#include "core/quant/clip_ocs.h"

#include "core/quant/levels.h"

#include <math.h>

/* The squared error of the centres of all bins under a clip. */
static double squared_error(const struct histogram *histogram, int bits, double clip)
{
    const struct levels levels = levels_of(GRID_MIDTREAD, bits);
    double step = clip / levels.clip;
    double sum = 0;

    for (int bin = 0; bin < histogram->bins; bin++) {
        double value = histogram_bin_centre(histogram, bin);
        double kept = fabs(value) > clip ? copysign(clip, value)
                                         : step * levels_nearest(&levels, value / step);

        sum += (double)histogram->counts[bin] * (value - kept) * (value - kept);
    }
    return sum;
}

int clip_ocs_mse(const struct histogram *histogram, int bits, double *clip,
                 struct error *err)
{
    enum { HUNDREDTHS = 99 };
    double largest = range_magnitude(histogram->range);
    double least = INFINITY;

    if (!(largest > 0))
        return error_set(err, EXIT_INPUT,
                         "all values are zero: no step can be chosen for them");
    for (int i = 1; i <= HUNDREDTHS; i++) {
        double tried = 0.01 * i * largest;
        double error = squared_error(histogram, bits, tried);

        if (error < least) {
            least = error;
            *clip = tried;
        }
    }
    return 0;
}

/* By bits, in units of the spread. */
static const double clips_gauss[BITS_MOST + 1] = {0,          0,          1.47818312,
                                                  1.80489289, 2.19227856, 2.57733584,
                                                  2.94451183, 3.29076248, 3.61691335};
static const double clips_laplace[BITS_MOST + 1] = {0,          0,          2.33152939,
                                                    3.04528770, 4.00378631, 5.08252088,
                                                    6.23211675, 7.42700429, 8.65265030};

static double weight_of(const struct distribution *distribution)
{
    double weight = 0;

    for (size_t i = 0; i < distribution->count; i++)
        weight += distribution->weights[i];
    return weight;
}

static double mean_distance_from_mean(const struct distribution *distribution)
{
    const double *values = distribution->values, *weights = distribution->weights;
    double weight = weight_of(distribution), sum = 0, distances = 0;

    for (size_t i = 0; i < distribution->count; i++)
        sum += weights[i] * values[i];
    for (size_t i = 0; i < distribution->count; i++)
        distances += weights[i] * fabs(values[i] - sum / weight);
    return distances / weight;
}

/* The deviation of a Gaussian of which so many values span the range. */
static double guessed_deviation(struct range range, double count)
{
    const double factor = 0.540208362487903; /* 0.175 (1 + sqrt(pi ln 4)) */

    return ((double)range.high - range.low) * factor / sqrt(2 * log(count));
}

int clip_ocs_aciq(const struct histogram *histogram,
                  const struct distribution *distribution, struct range range, int bits,
                  double *clip, struct error *err)
{
    double gauss =
        clips_gauss[bits] * guessed_deviation(range, weight_of(distribution));
    double laplace = clips_laplace[bits] * mean_distance_from_mean(distribution);

    if (!(gauss > 0 && laplace > 0))
        return error_set(err, EXIT_INPUT,
                         "the values do not spread: no step can be chosen for them");
    *clip =
        squared_error(histogram, bits, gauss) < squared_error(histogram, bits, laplace)
            ? gauss
            : laplace;
    return 0;
}
