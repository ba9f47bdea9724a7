#include "core/report/noise.h"

#include <math.h>

static double variance(const struct score *score, enum metric metric)
{
    double share = score_metric(score, metric);
    int64_t known = score->known[metric];

    if (known > score->samples)
        known = score->samples;
    return known > 0 ? share * (1 - share) / (double)known : NAN;
}

double noise_of_difference(const struct score *a, const struct score *b,
                           enum metric metric)
{
    if (!metric_is_share(metric))
        return NAN;
    return sqrt(variance(a, metric) + variance(b, metric));
}
