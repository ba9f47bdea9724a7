#include "core/quant/clip_cosine.h"

#include <math.h>

double clip_cosine_of(const struct distribution *distribution, struct levels levels,
                      double clip)
{
    double steps_per_unit = levels.clip / clip;
    double product = 0, square = 0, square_of_levels = 0;

    for (size_t i = 0; i < distribution->count; i++) {
        double value = distribution->values[i] * steps_per_unit;
        double weight = distribution->weights[i];
        double level = levels_nearest(&levels, value);

        product += weight * value * level;
        square += weight * value * value;
        square_of_levels += weight * level * level;
    }
    return square_of_levels > 0 ? product / sqrt(square * square_of_levels) : 0;
}

struct search {
    const struct distribution *distribution; /* borrowed */
    struct levels levels;
    double margin; /* by which a later clip must be better */
};

/* The best of the clips first * ratio^i, i < count. */
static double best_clip(const struct search *search, double first, double ratio,
                        int count)
{
    double best = first, most = -INFINITY;

    for (int i = 0; i < count; i++) {
        double clip = first * pow(ratio, i);
        double cosine = clip_cosine_of(search->distribution, search->levels, clip);

        if (cosine > most + search->margin) {
            most = cosine;
            best = clip;
        }
    }
    return best;
}

int clip_cosine(const struct distribution *distribution, struct levels levels,
                double *clip, struct error *err)
{
    enum { COUNT = 400, FINE_COUNT = 161 };
    const double most = 1.15, ratio = 1.016, fine_ratio = 1.0002, rounding = 1e-14;
    double largest = distribution_magnitude(distribution);
    struct search search = {.distribution = distribution, .levels = levels};
    double coarse;
    int count;

    if (!(largest > 0))
        return error_set(err, EXIT_INPUT,
                         "all values are zero: no step can be chosen for them");
    count =
        (int)fmax(COUNT, log(largest * most / distribution_least_clip(distribution)) /
                             log(ratio));
    search.margin = count > COUNT ? rounding : 0;
    coarse = best_clip(&search, largest * most, 1 / ratio, count);
    *clip = best_clip(&search, coarse * pow(fine_ratio, FINE_COUNT / 2), 1 / fine_ratio,
                      FINE_COUNT);
    return 0;
}
