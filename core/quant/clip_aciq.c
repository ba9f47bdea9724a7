#include "core/quant/clip_aciq.h"

#include <assert.h>
#include <math.h>

/* Sums over weighted points. */
struct moments {
    double count, sum, sum_magnitudes, sum_squares, sum_squares_about_mean;
};

static struct moments moments_of(const struct distribution *distribution, int one_sided)
{
    const double *values = distribution->values, *weights = distribution->weights;
    struct moments moments = {0};

    for (size_t i = 0; i < distribution->count; i++) {
        if (one_sided && values[i] <= 0)
            continue;
        moments.count += weights[i];
        moments.sum += weights[i] * values[i];
        moments.sum_magnitudes += weights[i] * fabs(values[i]);
        moments.sum_squares += weights[i] * values[i] * values[i];
    }
    for (size_t i = 0; i < distribution->count; i++) {
        double deviation = values[i] - moments.sum / moments.count;

        if (one_sided && values[i] <= 0)
            continue;
        moments.sum_squares_about_mean += weights[i] * deviation * deviation;
    }
    return moments;
}

static double mean_magnitude(const struct moments *moments)
{
    return moments->sum_magnitudes / moments->count;
}

static double standard_deviation(const struct moments *moments)
{
    return sqrt(moments->sum_squares_about_mean / (moments->count - 1));
}

static double root_mean_square(const struct moments *moments)
{
    return sqrt(moments->sum_squares / moments->count);
}

static const struct aciq_rule {
    double (*spread)(const struct moments *moments);
    double clips[BITS_MOST + 1]; /* in units of the spread, by bits */
} rules[ACIQ_COUNT][2] = {
    /* two-sided, one-sided */
    [ACIQ_LAPLACE] = {{mean_magnitude, {0, 0, 2.83, 3.89, 5.03, 6.2, 7.41, 8.64, 9.89}},
                      {mean_magnitude,
                       {0, 0, 3.89, 5.02, 6.2, 7.41, 8.64, 9.89, 11.16}}},
    [ACIQ_GAUSS] = {{standard_deviation,
                     {0, 0, 1.71, 2.15, 2.55, 2.93, 3.28, 3.61, 3.92}},
                    {root_mean_square,
                     {0, 0, 2.15, 2.55, 2.93, 3.28, 3.61, 3.92, 4.2}}},
};

int clip_aciq(const struct distribution *distribution, enum grid grid, int bits,
              enum aciq_density density, double *clip, struct error *err)
{
    int one_sided = grid == GRID_UNSIGNED;
    struct moments moments = moments_of(distribution, one_sided);
    const struct aciq_rule *rule;
    double spread;

    assert(density < ACIQ_COUNT && bits >= BITS_LEAST && bits <= BITS_MOST);
    rule = &rules[density][one_sided];
    spread = rule->spread(&moments);
    if (!(spread > 0))
        return error_set(err, EXIT_INPUT,
                         "the values do not spread: no step can be chosen for them");
    *clip = spread * rule->clips[bits];
    return 0;
}
