#include "core/quant/histogram.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct range range_empty(void)
{
    return (struct range){.low = INFINITY, .high = -INFINITY};
}

void range_add(struct range *range, const float *values, size_t count)
{
    float low = range->low, high = range->high;

    for (size_t i = 0; i < count; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    range->low = low;
    range->high = high;
}

static double bin_width(const struct histogram *histogram)
{
    return ((double)histogram->range.high - histogram->range.low) / HISTOGRAM_BINS;
}

void histogram_init(struct histogram *histogram, struct range range)
{
    memset(histogram, 0, sizeof *histogram);
    histogram->range = range;
}

static int bin_of(double position)
{
    position = position > 0 ? position : 0;
    return (int)(position < HISTOGRAM_BINS - 1 ? position : HISTOGRAM_BINS - 1);
}

enum { PIECE = 512 };

/* Moves the values that are not zero to the front of `kept` and returns how many they are. In
 * the output of a ReLU zeros come and go too irregularly for a branch. */
static size_t keep_nonzeros(const float *values, size_t count, float *kept)
{
    size_t nonzeros = 0;

    for (size_t i = 0; i < count; i++) {
        kept[nonzeros] = values[i];
        nonzeros += values[i] != 0;
    }
    return nonzeros;
}

void histogram_add(struct histogram *histogram, const float *values, size_t count)
{
    double low = histogram->range.low;
    double width = bin_width(histogram);
    double bins_per_unit = width > 0 ? 1 / width : 0;

    for (size_t done = 0; done < count; done += PIECE) {
        size_t piece = count - done < PIECE ? count - done : PIECE;
        float kept[PIECE];
        size_t nonzeros = keep_nonzeros(values + done, piece, kept);

        histogram->zeros += (int64_t)(piece - nonzeros);
        for (size_t i = 0; i < nonzeros; i++)
            histogram->counts[bin_of((kept[i] - low) * bins_per_unit)]++;
    }
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
    struct distribution distribution = distribution_of_size(HISTOGRAM_BINS + 1);
    double width = bin_width(histogram);

    distribution.count = 0;
    add_point(&distribution, 0, histogram->zeros);
    for (int bin = 0; bin < HISTOGRAM_BINS; bin++)
        add_point(&distribution, histogram->range.low + (bin + 0.5) * width,
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
