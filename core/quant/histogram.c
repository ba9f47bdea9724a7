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

/* The ranges of LANES columns of values. */
struct lanes {
    float low[LANES], high[LANES];
};

static void lanes_init(struct lanes *lanes, struct range range)
{
    for (int i = 0; i < LANES; i++) {
        lanes->low[i] = range.low;
        lanes->high[i] = range.high;
    }
}

/* Takes in whole LANES of values; the rest is left to the caller. */
VECTOR_CLONES
static void lanes_add(struct lanes *restrict lanes, const float *restrict values,
                      size_t count)
{
    for (size_t done = 0; done + LANES <= count; done += LANES)
        for (int i = 0; i < LANES; i++) {
            float value = values[done + i];

            lanes->low[i] = value < lanes->low[i] ? value : lanes->low[i];
            lanes->high[i] = value > lanes->high[i] ? value : lanes->high[i];
        }
}

/* The same of the values of a magnitude up to `most`. */
VECTOR_CLONES
static void lanes_add_within(struct lanes *restrict lanes, const float *restrict values,
                             size_t count, float most)
{
    for (size_t done = 0; done + LANES <= count; done += LANES)
        for (int i = 0; i < LANES; i++) {
            float value = values[done + i];
            float low = fabsf(value) <= most ? value : INFINITY;
            float high = fabsf(value) <= most ? value : -INFINITY;

            lanes->low[i] = low < lanes->low[i] ? low : lanes->low[i];
            lanes->high[i] = high > lanes->high[i] ? high : lanes->high[i];
        }
}

static void range_add_one(struct range *range, float low, float high)
{
    range->low = low < range->low ? low : range->low;
    range->high = high > range->high ? high : range->high;
}

static void range_add_lanes(struct range *range, const struct lanes *lanes)
{
    for (int i = 0; i < LANES; i++)
        range_add_one(range, lanes->low[i], lanes->high[i]);
}

void range_add(struct range *range, const float *values, size_t count)
{
    struct lanes lanes;

    lanes_init(&lanes, *range);
    lanes_add(&lanes, values, count);
    range_add_lanes(range, &lanes);
    for (size_t i = count / LANES * LANES; i < count; i++)
        range_add_one(range, values[i], values[i]);
}

double range_magnitude(struct range range)
{
    return fmax(0, fmax(range.high, -range.low));
}

static double width_of_bins(struct range range, int bins)
{
    return ((double)range.high - range.low) / bins;
}

double histogram_bin_width(const struct histogram *histogram)
{
    return width_of_bins(histogram->range, histogram->bins);
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
    histogram->inner = range_empty();
}

/* Zeros are counted in several places behind the bins: in the output of a ReLU they are so many
 * that each would wait for the one before. */
enum { ZERO_PLACES = 8, BELOW = HISTOGRAM_BINS + ZERO_PLACES, ABOVE, PLACES };

/* Where each value is counted. */
VECTOR_CLONES
static void find_places(const float *values, size_t count, struct range range,
                        double bins_per_unit, int last, int32_t *places)
{
    for (size_t i = 0; i < count; i++) {
        float value = values[i];
        float within = value > range.low ? value : range.low;
        double position = ((double)within - range.low) * bins_per_unit;
        int32_t place = (int32_t)(position < last ? position : last);

        place = value < range.low ? BELOW : place;
        place = value > range.high ? ABOVE : place;
        places[i] = value != 0 ? place : HISTOGRAM_BINS + (int32_t)(i % ZERO_PLACES);
    }
}

/* The largest magnitude of values in the inner range. */
static float inner_magnitude(struct range range)
{
    return (float)(range_magnitude(range) / 8);
}

/* Fewer values than 2^32 at a time, so that little is to be cleared and added. */
static void count_values(const struct histogram_tally *tally, const float *values,
                         size_t count)
{
    double width = width_of_bins(tally->range, tally->bins);
    uint32_t counts[PLACES];

    memset(counts, 0, sizeof counts);
    for (size_t done = 0; done < count; done += PIECE) {
        size_t piece = count - done < PIECE ? count - done : PIECE;
        int32_t places[PIECE];

        find_places(values + done, piece, tally->range, width > 0 ? 1 / width : 0,
                    tally->bins - 1, places);
        for (size_t i = 0; i < piece; i++)
            counts[places[i]]++;
    }
    for (int bin = 0; bin < tally->bins; bin++)
        tally->counts[bin] += counts[bin];
    for (int place = 0; place < ZERO_PLACES; place++)
        *tally->zeros += counts[HISTOGRAM_BINS + place];
    *tally->below += counts[BELOW];
    *tally->above += counts[ABOVE];
}

static void widen_inner(struct range *inner, const float *values, size_t count,
                        float most)
{
    struct lanes lanes;

    lanes_init(&lanes, *inner);
    lanes_add_within(&lanes, values, count, most);
    range_add_lanes(inner, &lanes);
    for (size_t i = count / LANES * LANES; i < count; i++)
        if (fabsf(values[i]) <= most)
            range_add_one(inner, values[i], values[i]);
}

void histogram_tally_add(const struct histogram_tally *tally, const float *values,
                         size_t count)
{
    enum { AT_ONCE = 1 << 16 }; /* still near when they are counted */
    float most = inner_magnitude(tally->range);

    for (size_t done = 0; done < count; done += AT_ONCE) {
        size_t some = count - done < AT_ONCE ? count - done : AT_ONCE;

        widen_inner(tally->inner, values + done, some, most);
        count_values(tally, values + done, some);
    }
}

void histogram_add(struct histogram *histogram, const float *values, size_t count)
{
    histogram_tally_add(&(struct histogram_tally){histogram->range, histogram->bins,
                                                  &histogram->inner, &histogram->zeros,
                                                  &histogram->below, &histogram->above,
                                                  histogram->counts},
                        values, count);
}

/* Values in all bins: those within the range that are not zero. */
static int64_t count_in_bins(const struct histogram *histogram)
{
    int64_t count = 0;

    for (int bin = 0; bin < histogram->bins; bin++)
        count += histogram->counts[bin];
    return count;
}

/* Values in bins no end of which is farther from zero than `most`. */
static int64_t count_within(const struct histogram *histogram, double most)
{
    double half_width = histogram_bin_width(histogram) / 2;
    int64_t count = 0;

    for (int bin = 0; bin < histogram->bins; bin++)
        if (fabs(histogram_bin_centre(histogram, bin)) + half_width <= most)
            count += histogram->counts[bin];
    return count;
}

bool histogram_is_coarse(const struct histogram *histogram)
{
    enum { NEAR_BINS = 64 };
    int64_t count = count_in_bins(histogram);
    int64_t near = count_within(histogram, NEAR_BINS * histogram_bin_width(histogram));

    return near > 0 && near >= count - count / 4;
}

bool histogram_has_far_outliers(const struct histogram *histogram)
{
    enum { ONE_IN = 1000, ONE_IN_FEW = 100, OF_FEW = 16 };
    int64_t count = count_in_bins(histogram);
    int64_t far = count - count_within(histogram, inner_magnitude(histogram->range));
    int64_t of_few = count / ONE_IN_FEW < OF_FEW ? count / ONE_IN_FEW : OF_FEW;

    return far > 0 && (far <= count / ONE_IN || far <= of_few);
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

/* Makes room for as many more points as a histogram can have. */
static void make_room(struct distribution *distribution,
                      const struct histogram *histogram)
{
    size_t most = distribution->count + (size_t)histogram->bins + 1;

    distribution->values =
        memory_resize(distribution->values, most * sizeof *distribution->values);
    distribution->weights =
        memory_resize(distribution->weights, most * sizeof *distribution->weights);
}

void distribution_add_histogram(struct distribution *distribution,
                                const struct histogram *histogram)
{
    make_room(distribution, histogram);
    add_point(distribution, 0, histogram->zeros);
    for (int bin = 0; bin < histogram->bins; bin++)
        add_point(distribution, histogram_bin_centre(histogram, bin),
                  histogram->counts[bin]);
}

void distribution_add_ends(struct distribution *distribution,
                           const struct histogram *histogram, int64_t below,
                           int64_t above)
{
    int last = histogram->bins - 1;

    make_room(distribution, histogram);
    for (int i = 0; i <= last; i++) {
        int64_t low = histogram->counts[i], high = histogram->counts[last - i];

        low = low < below ? low : below;
        high = high < above ? high : above;
        add_point(distribution, histogram_bin_centre(histogram, i), low);
        add_point(distribution, histogram_bin_centre(histogram, last - i), high);
        below -= low;
        above -= high;
    }
}

struct distribution distribution_of_histogram(const struct histogram *histogram)
{
    struct distribution distribution = {0};

    distribution_add_histogram(&distribution, histogram);
    return distribution;
}

void distribution_keep(struct distribution *distribution, struct range range)
{
    size_t kept = 0;

    for (size_t i = 0; i < distribution->count; i++)
        if (distribution->values[i] >= range.low &&
            distribution->values[i] <= range.high) {
            distribution->values[kept] = distribution->values[i];
            distribution->weights[kept++] = distribution->weights[i];
        }
    distribution->count = kept;
}

double distribution_magnitude(const struct distribution *distribution)
{
    double largest = 0;

    for (size_t i = 0; i < distribution->count; i++)
        largest = fmax(largest, fabs(distribution->values[i]));
    return largest;
}

/* The weight of the points other than zero of a magnitude up to `most`. */
static double weight_within(const struct distribution *distribution, double most)
{
    double weight = 0;

    for (size_t i = 0; i < distribution->count; i++)
        if (distribution->values[i] != 0 && fabs(distribution->values[i]) <= most)
            weight += distribution->weights[i];
    return weight;
}

double distribution_least_clip(const struct distribution *distribution)
{
    double magnitude = distribution_magnitude(distribution);
    double half = weight_within(distribution, magnitude) / 2;

    while (magnitude > 0 && weight_within(distribution, magnitude / 2) >= half)
        magnitude /= 2;
    return magnitude / 16;
}

void distribution_clear(struct distribution *distribution)
{
    free(distribution->values);
    free(distribution->weights);
    *distribution = (struct distribution){0};
}
