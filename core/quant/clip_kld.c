#include "core/quant/clip_kld.h"

#include "core/base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const double epsilon = 1e-4;

static int check(const struct histogram *histogram, int64_t count, struct error *err)
{
    if (count > 0 && range_magnitude(histogram->range) > 0)
        return 0;
    return error_set(err, EXIT_INPUT,
                     "all values are zero: no step can be chosen for them");
}

static int64_t count_in(const struct histogram *histogram, int first, int end)
{
    int64_t count = 0;

    for (int bin = first; bin < end; bin++)
        count += histogram->counts[bin];
    return count;
}

/* ---- of both sides ------------------------------------------------------------------------ */

/* P and Q under one clip. */
struct comparison {
    const int64_t *counts; /* [size] within the clip; borrowed */
    int size;
    double *p, *q; /* [size] owned */
};

static void make_p(struct comparison *both, int64_t below, int64_t above)
{
    for (int bin = 0; bin < both->size; bin++)
        both->p[bin] = (double)both->counts[bin];
    both->p[0] += (double)below;
    both->p[both->size - 1] += (double)above;
}

/* Spreads the sum of counts [first, end) over those in [first, spread_end) that are not zero. */
static void spread_run(struct comparison *both, int first, int end, int spread_end)
{
    double sum = 0;
    int filled = 0;

    for (int bin = first; bin < end; bin++)
        sum += (double)both->counts[bin];
    for (int bin = first; bin < spread_end; bin++)
        filled += both->counts[bin] != 0;
    for (int bin = first; bin < spread_end; bin++)
        both->q[bin] = both->counts[bin] ? sum / filled : 0;
}

static void make_q(struct comparison *both, int levels)
{
    int run = both->size / levels, last = (levels - 1) * run;

    for (int first = 0; first < last; first += run)
        spread_run(both, first, first + run, first + run);
    spread_run(both, last, both->size, both->size - 1);
    both->q[both->size - 1] = 0;
}

/* Gives zeros a little, at the cost of the others. False where too little is there. */
static bool smooth(double *counts, int size)
{
    int zeros = 0;
    double taken;

    for (int bin = 0; bin < size; bin++)
        zeros += counts[bin] == 0;
    if (zeros == size)
        return false;
    taken = epsilon * zeros / (size - zeros);
    for (int bin = 0; bin < size; bin++) {
        counts[bin] += counts[bin] == 0 ? epsilon : -taken;
        if (counts[bin] <= 0)
            return false;
    }
    return true;
}

static double sum_of(const double *counts, int size)
{
    double sum = 0;

    for (int bin = 0; bin < size; bin++)
        sum += counts[bin];
    return sum;
}

static double divergence(struct comparison *both, int levels)
{
    double sum = 0, p_sum, q_sum;

    make_q(both, levels);
    if (!smooth(both->p, both->size) || !smooth(both->q, both->size))
        return INFINITY;
    p_sum = sum_of(both->p, both->size);
    q_sum = sum_of(both->q, both->size);
    for (int bin = 0; bin < both->size; bin++)
        sum +=
            both->p[bin] / p_sum * log(both->p[bin] * q_sum / (both->q[bin] * p_sum));
    return sum;
}

int clip_kld(const struct histogram *histogram, int levels, double *clip,
             struct error *err)
{
    int bins = histogram->bins, centre = bins / 2, best_half = centre;
    struct comparison both = {0};
    double least = INFINITY;

    assert(bins % 2 == 1 && levels <= bins);
    if (check(histogram, count_in(histogram, 0, bins), err) < 0)
        return -1;
    both.p = memory_get((size_t)bins * sizeof *both.p);
    both.q = memory_get((size_t)bins * sizeof *both.q);
    for (int half = levels / 2; half <= centre; half++) {
        int first = centre - half, end = centre + half + 1;
        double found;

        both.counts = histogram->counts + first;
        both.size = end - first;
        make_p(&both, count_in(histogram, 0, first), count_in(histogram, end, bins));
        found = divergence(&both, levels);
        if (found < least) {
            least = found;
            best_half = half;
        }
    }
    free(both.p);
    free(both.q);
    *clip = (best_half + 0.5) * histogram_bin_width(histogram);
    return 0;
}

/* ---- of one side -------------------------------------------------------------------------- */

/* A histogram as shares, and the sums before each bin. */
struct shares {
    double *share;  /* [bins] owned */
    double *before; /* [bins + 1] owned */
};

static struct shares shares_of(const struct histogram *histogram, int64_t count)
{
    size_t bins = (size_t)histogram->bins;
    struct shares shares = {.share = memory_get(bins * sizeof(double)),
                            .before = memory_zeroed(bins + 1, sizeof(double))};

    for (size_t bin = 0; bin < bins; bin++) {
        shares.share[bin] = (double)histogram->counts[bin] / (double)count;
        shares.before[bin + 1] = shares.before[bin] + shares.share[bin];
    }
    return shares;
}

/* The share between 0 and `position`, where bins are spread evenly. */
static double share_below(const struct shares *shares, double position, int bins)
{
    int bin = position < bins ? (int)position : bins - 1;

    return shares->before[bin] + (position - bin) * shares->share[bin];
}

/* Makes Q [end] of the first `end` bins: `levels` runs of equal length, each spread evenly. */
static void spread_runs(const struct shares *shares, int levels, int end, double *q)
{
    double length = (double)end / levels;

    for (int bin = 0; bin < end; bin++)
        q[bin] = epsilon;
    for (int level = 0; level < levels; level++) {
        double first = level * length, last = (level + 1) * length;
        double height =
            (share_below(shares, last, end) - share_below(shares, first, end)) / length;

        for (int bin = (int)first; bin < end && bin < last; bin++)
            q[bin] += (fmin(bin + 1, last) - fmax(bin, first)) * height;
    }
}

static double divergence_one_sided(const struct shares *shares, int bins, int levels,
                                   int end, double *q)
{
    double sum = 0;

    spread_runs(shares, levels, end, q);
    for (int bin = 0; bin < end; bin++) {
        double p = shares->share[bin] + epsilon;

        if (bin == end - 1)
            p += shares->before[bins] - shares->before[end];
        sum += p * log(p / q[bin]);
    }
    return sum;
}

int clip_kld_one_sided(const struct histogram *histogram, int levels, double *clip,
                       struct error *err)
{
    int bins = histogram->bins, best_end = levels;
    int64_t count = count_in(histogram, 0, bins);
    double least = INFINITY;
    struct shares shares;
    double *q;

    assert(levels < bins && histogram->range.low == 0);
    if (check(histogram, count, err) < 0)
        return -1;
    shares = shares_of(histogram, count);
    q = memory_get((size_t)bins * sizeof *q);
    for (int end = levels; end < bins; end++) {
        double found = divergence_one_sided(&shares, bins, levels, end, q);

        if (found < least) {
            least = found;
            best_end = end;
        }
    }
    free(shares.share);
    free(shares.before);
    free(q);
    *clip = (best_end + 0.5) * histogram_bin_width(histogram);
    return 0;
}
