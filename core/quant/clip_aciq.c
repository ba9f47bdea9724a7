#include "core/quant/clip_aciq.h"

#include "core/quant/clip_lp.h"

#include <assert.h>
#include <math.h>

/* Sums over weighted points. */
struct moments {
    double count, sum, sum_magnitudes, sum_squares, sum_squares_about_mean;
};

static struct moments moments_of(const struct distribution *distribution,
                                 bool one_sided)
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

static int find(const struct distribution *distribution, bool nonnegative,
                enum grid grid, int bits, enum aciq_density density, double *clip,
                struct error *err)
{
    struct moments moments = moments_of(distribution, nonnegative);
    double spread;

    assert(density < ACIQ_COUNT && bits >= BITS_LEAST && bits <= BITS_MOST);
    spread = rules[density][nonnegative].spread(&moments);
    if (!(spread > 0))
        return error_set(err, EXIT_INPUT,
                         "the values do not spread: no step can be chosen for them");
    *clip = spread * rules[density][grid == GRID_UNSIGNED].clips[bits];
    return 0;
}

int clip_aciq(const struct distribution *distribution, enum grid grid, int bits,
              enum aciq_density density, double *clip, struct error *err)
{
    return find(distribution, grid == GRID_UNSIGNED, grid, bits, density, clip, err);
}

/* Values that do not spread about their mean have a mean magnitude. */
static int find_better(const struct distribution *distribution, bool nonnegative,
                       enum grid grid, int bits, double largest, double *clip,
                       struct error *err)
{
    double laplace, gauss;

    if (clip_aciq_within(distribution, nonnegative, grid, bits, ACIQ_LAPLACE, largest,
                         &laplace, err) < 0)
        return -1;
    *clip = laplace;
    if (clip_aciq_within(distribution, nonnegative, grid, bits, ACIQ_GAUSS, largest,
                         &gauss, err) < 0)
        return 0;
    if (clip_lp_error(distribution, levels_of(grid, bits), 2, gauss) <
        clip_lp_error(distribution, levels_of(grid, bits), 2, laplace))
        *clip = gauss;
    return 0;
}

int clip_aciq_within(const struct distribution *distribution, bool nonnegative,
                     enum grid grid, int bits, enum aciq_density density,
                     double largest, double *clip, struct error *err)
{
    if (density == ACIQ_AUTO)
        return find_better(distribution, nonnegative, grid, bits, largest, clip, err);
    if (find(distribution, nonnegative, grid, bits, density, clip, err) < 0)
        return -1;
    *clip = fmin(*clip, largest);
    return 0;
}
