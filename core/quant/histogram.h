/* histogram.h - what a tensor looks like: counts that ranks can merge by addition. */
#ifndef CORE_QUANT_HISTOGRAM_H
#define CORE_QUANT_HISTOGRAM_H

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
 * free of error in every grid with a zero) are counted apart. */
struct histogram {
    struct range range;
    int bins; /* 0: there is nothing to add to */
    int64_t zeros;
    int64_t counts[HISTOGRAM_BINS]; /* [bins] */
};

void histogram_init(struct histogram *histogram, struct range range, int bins);
void histogram_add(struct histogram *histogram, const float *values, size_t count);

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
void distribution_clear(struct distribution *distribution);

/* The largest |value|; 0 when there is none. */
double distribution_magnitude(const struct distribution *distribution);

#endif
