#include "core/quant/histogram.h"

#include "core/base/memory.h"
#include "core/kernel/vector_clones.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct range range_empty(void)
{
    return (struct range){.low = INFINITY, .high = -INFINITY};
}

enum { LANES = 64, PIECE = 512 };

/* Takes in whole LANES of values; the rest is left to the caller. */
VECTOR_CLONES
static void range_of_lanes(const float *restrict values, size_t count,
                           float *restrict low, float *restrict high)
{
    for (size_t done = 0; done + LANES <= count; done += LANES)
        for (int i = 0; i < LANES; i++) {
            float value = values[done + i];

            low[i] = value < low[i] ? value : low[i];
            high[i] = value > high[i] ? value : high[i];
        }
}

static void range_add_one(struct range *range, float low, float high)
{
    range->low = low < range->low ? low : range->low;
    range->high = high > range->high ? high : range->high;
}

void range_add(struct range *range, const float *values, size_t count)
{
    float low[LANES], high[LANES];

    for (int i = 0; i < LANES; i++) {
        low[i] = range->low;
        high[i] = range->high;
    }
    range_of_lanes(values, count, low, high);
    for (int i = 0; i < LANES; i++)
        range_add_one(range, low[i], high[i]);
    for (size_t i = count / LANES * LANES; i < count; i++)
        range_add_one(range, values[i], values[i]);
}

double range_magnitude(struct range range)
{
    return fmax(0, fmax(range.high, -range.low));
}

double histogram_bin_width(const struct histogram *histogram)
{
    return ((double)histogram->range.high - histogram->range.low) / histogram->bins;
}

double histogram_bin_centre(const struct histogram *histogram, int bin)
{
    return histogram->range.low + (bin + 0.5) * histogram_bin_width(histogram);
}

void histogram_init(struct histogram *histogram, struct range range, int bins)
{
    assert(bins >= 0 && bins <= HISTOGRAM_BINS);
    memset(histogram, 0, sizeof *histogram);
    histogram->range = range;
    histogram->bins = bins;
}

/* Zeros are counted in several places behind the bins: in the output of a ReLU they are so many
 * that each would wait for the one before. */
enum { ZERO_PLACES = 8 };

/* Where each value is counted. */
VECTOR_CLONES
static void find_places(const float *values, size_t count, double low,
                        double bins_per_unit, int last, int32_t *places)
{
    for (size_t i = 0; i < count; i++) {
        double position = (values[i] - low) * bins_per_unit;

        position = position > 0 ? position : 0;
        position = position < last ? position : last;
        places[i] = values[i] != 0 ? (int32_t)position
                                   : HISTOGRAM_BINS + (int32_t)(i % ZERO_PLACES);
    }
}

void histogram_add(struct histogram *histogram, const float *values, size_t count)
{
    double width = histogram_bin_width(histogram);
    int64_t counts[HISTOGRAM_BINS + ZERO_PLACES] = {0};

    for (size_t done = 0; done < count; done += PIECE) {
        size_t piece = count - done < PIECE ? count - done : PIECE;
        int32_t places[PIECE];

        find_places(values + done, piece, histogram->range.low,
                    width > 0 ? 1 / width : 0, histogram->bins - 1, places);
        for (size_t i = 0; i < piece; i++)
            counts[places[i]]++;
    }
    for (int bin = 0; bin < histogram->bins; bin++)
        histogram->counts[bin] += counts[bin];
    for (int place = 0; place < ZERO_PLACES; place++)
        histogram->zeros += counts[HISTOGRAM_BINS + place];
}

void histogram_put_zeros_in_their_bin(struct histogram *histogram)
{
    double width = histogram_bin_width(histogram);
    double position = width > 0 ? -histogram->range.low / width : 0;
    int bin = (int)fmin(fmax(position, 0), histogram->bins - 1);

    histogram->counts[bin] += histogram->zeros;
    histogram->zeros = 0;
}

static struct distribution distribution_of_size(size_t count)
{
    return (struct distribution){.count = count,
                                 .values = memory_get(count * sizeof(double)),
                                 .weights = memory_get(count * sizeof(double))};
}

struct distribution distribution_of_values(const float *values, size_t count)
{
    struct distribution distribution = distribution_of_size(count);

    for (size_t i = 0; i < count; i++) {
        distribution.values[i] = values[i];
        distribution.weights[i] = 1;
    }
    return distribution;
}

static void add_point(struct distribution *distribution, double value, int64_t weight)
{
    if (weight == 0)
        return;
    distribution->values[distribution->count] = value;
    distribution->weights[distribution->count] = (double)weight;
    distribution->count++;
}

struct distribution distribution_of_histogram(const struct histogram *histogram)
{
    struct distribution distribution =
        distribution_of_size((size_t)histogram->bins + 1);

    distribution.count = 0;
    add_point(&distribution, 0, histogram->zeros);
    for (int bin = 0; bin < histogram->bins; bin++)
        add_point(&distribution, histogram_bin_centre(histogram, bin),
                  histogram->counts[bin]);
    return distribution;
}

double distribution_magnitude(const struct distribution *distribution)
{
    double largest = 0;

    for (size_t i = 0; i < distribution->count; i++)
        largest = fmax(largest, fabs(distribution->values[i]));
    return largest;
}

void distribution_clear(struct distribution *distribution)
{
    free(distribution->values);
    free(distribution->weights);
    *distribution = (struct distribution){0};
}
