#include "core/quant/clip_percentile.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>

struct point {
    double magnitude, weight;
};

static int by_magnitude(const void *left, const void *right)
{
    const struct point *a = left, *b = right;

    return (a->magnitude > b->magnitude) - (a->magnitude < b->magnitude);
}

static struct point *sorted_points(const struct distribution *distribution)
{
    struct point *points = memory_get(distribution->count * sizeof *points);

    for (size_t i = 0; i < distribution->count; i++)
        points[i] =
            (struct point){fabs(distribution->values[i]), distribution->weights[i]};
    qsort(points, distribution->count, sizeof *points, by_magnitude);
    return points;
}

/* Weights are counts, so their sums are exact in any order. */
static double total_weight(const struct distribution *distribution)
{
    double total = 0;

    for (size_t i = 0; i < distribution->count; i++)
        total += distribution->weights[i];
    return total;
}

int clip_percentile(const struct distribution *distribution, double percentile,
                    double *clip, struct error *err)
{
    struct point *points = sorted_points(distribution);
    double wanted = percentile / 100 * total_weight(distribution);
    double within = 0, magnitude = 0;

    for (size_t i = 0; i < distribution->count && within < wanted; i++) {
        within += points[i].weight;
        magnitude = points[i].magnitude;
    }
    free(points);
    if (!(magnitude > 0))
        return error_set(err, EXIT_INPUT,
                         "%g %% of the values are zero: raise `percentile`, or no step "
                         "can be chosen for them",
                         percentile);
    *clip = magnitude;
    return 0;
}
