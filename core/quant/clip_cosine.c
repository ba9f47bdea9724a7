#include "core/quant/clip_cosine.h"

#include "core/quant/levels.h"

#include <math.h>

double clip_cosine_of(const struct distribution *distribution, enum grid grid, int bits,
                      double clip)
{
    const struct levels levels = levels_of(grid, bits);
    double steps_per_unit = grid_levels(grid, bits) / clip;
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

/* The best of the clips first * ratio^i, i < count. */
static double best_clip(const struct distribution *distribution, enum grid grid,
                        int bits, double first, double ratio, int count)
{
    double best = first, most = -INFINITY;

    for (int i = 0; i < count; i++) {
        double clip = first * pow(ratio, i);
        double cosine = clip_cosine_of(distribution, grid, bits, clip);

        if (cosine > most) {
            most = cosine;
            best = clip;
        }
    }
    return best;
}

int clip_cosine(const struct distribution *distribution, enum grid grid, int bits,
                double *clip, struct error *err)
{
    enum { COUNT = 400, FINE_COUNT = 161 };
    const double most = 1.15, ratio = 1.016, fine_ratio = 1.0002;
    double largest = distribution_magnitude(distribution);
    double coarse;

    if (!(largest > 0))
        return error_set(err, EXIT_INPUT,
                         "all values are zero: no step can be chosen for them");
    coarse = best_clip(distribution, grid, bits, largest * most, 1 / ratio, COUNT);
    *clip =
        best_clip(distribution, grid, bits, coarse * pow(fine_ratio, FINE_COUNT / 2),
                  1 / fine_ratio, FINE_COUNT);
    return 0;
}
