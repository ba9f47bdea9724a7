/* histogram.h - what a tensor looks like: counts that ranks can merge by addition. */
#ifndef CORE_QUANT_HISTOGRAM_H
#define CORE_QUANT_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The smallest and the largest value seen; merging takes the smaller and the larger. */
struct range {
    float low, high; /* low > high: nothing seen */
};

struct range range_empty(void);
void range_add(struct range *range, const float *values, size_t count);

/* The largest magnitude; 0 when nothing was seen. */
double range_magnitude(struct range range);

/* Bins where nothing else is asked for; at most so many. */
enum { HISTOGRAM_BINS = 4096 };

/* Bins of equal width over [low, high]; exact zeros (the bulk of a ReLU's output, and
 * free of error in every grid with a zero) and what lies beyond the range are counted apart.
 *
 * Where a few values are far larger than the rest, the rest lies in few bins. So the range of all
 * values within an eighth of the range's magnitude is found too: a second histogram over that
 * range shows the rest as finely as if there was nothing else. */
struct histogram {
    struct range range;
    int bins; /* 0: there is nothing to add to */
    struct range
        inner; /* of the values added, zeros too, of a magnitude up to that eighth */
    int64_t zeros, below, above;
    int64_t counts[HISTOGRAM_BINS]; /* [bins] */
};

void histogram_init(struct histogram *histogram, struct range range, int bins);
void histogram_add(struct histogram *histogram, const float *values, size_t count);

/* A histogram whose counts somebody else keeps; all borrowed. */
struct histogram_tally {
    struct range range;
    int bins;
    struct range *inner;
    int64_t *zeros, *below, *above;
    int64_t *counts; /* [bins] */
};
void histogram_tally_add(const struct histogram_tally *tally, const float *values,
                         size_t count);

/* Whether the bins are too wide for most of the values: three quarters of those that are not zero
 * are less than 64 bins away from zero. */
bool histogram_is_coarse(const struct histogram *histogram);

/* Whether there are far outliers: of the values that are not zero at most one in a thousand, or of
 * few values one in a hundred and at most 16, lie beyond that eighth of the largest magnitude. */
bool histogram_has_far_outliers(const struct histogram *histogram);

/* Moves the zeros into the bin that they lie in. */
void histogram_put_zeros_in_their_bin(struct histogram *histogram);

double histogram_bin_width(const struct histogram *histogram);
double histogram_bin_centre(const struct histogram *histogram, int bin);

/* Weighted points that stand for a tensor's values: what the clip rules work on. */
struct distribution {
    size_t count;
    double *values;  /* [count] owned */
    double *weights; /* [count] how many times each value occurs; owned */
};

/* Every value with weight one. */
struct distribution distribution_of_values(const float *values, size_t count);

/* The centres of the bins that are not empty, and zero. */
struct distribution distribution_of_histogram(const struct histogram *histogram);

/* Adds points for the outermost values of a histogram: so many below and above. */
void distribution_add_ends(struct distribution *distribution,
                           const struct histogram *histogram, int64_t below,
                           int64_t above);

/* Adds the points of distribution_of_histogram(). */
void distribution_add_histogram(struct distribution *distribution,
                                const struct histogram *histogram);

/* Leaves the points within a range alone. */
void distribution_keep(struct distribution *distribution, struct range range);
void distribution_clear(struct distribution *distribution);

/* The largest |value|; 0 when there is none. */
double distribution_magnitude(const struct distribution *distribution);

/* Below this no clip needs to be tried: between an eighth and a 16th of the magnitude that half of
 * the values other than zero stay within. 0 when there are none. */
double distribution_least_clip(const struct distribution *distribution);

#endif
