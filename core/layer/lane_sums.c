#include "core/layer/lane_sums.h"

#include "core/kernel/vector_clones.h"

#include <math.h>

enum { LANES = 16 };

static double in_pairs(double *lanes)
{
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            lanes[lane] += lanes[lane + half];
    return lanes[0];
}

VECTOR_CLONES
double lane_sum(const float *x, size_t count)
{
    double lanes[LANES] = {0};
    size_t i = 0;

    for (; i + LANES <= count; i += LANES)
        for (int lane = 0; lane < LANES; lane++)
            lanes[lane] += (double)x[i + (size_t)lane];
    for (int lane = 0; i < count; i++, lane++)
        lanes[lane] += (double)x[i];
    return in_pairs(lanes);
}

VECTOR_CLONES
double lane_sum_of_squares(const float *x, size_t count, double middle)
{
    double lanes[LANES] = {0};
    size_t i = 0;

    for (; i + LANES <= count; i += LANES)
        for (int lane = 0; lane < LANES; lane++) {
            double apart = (double)x[i + (size_t)lane] - middle;

            lanes[lane] += apart * apart;
        }
    for (int lane = 0; i < count; i++, lane++) {
        double apart = (double)x[i] - middle;

        lanes[lane] += apart * apart;
    }
    return in_pairs(lanes);
}

VECTOR_CLONES
float lane_largest(const float *x, size_t count)
{
    float lanes[LANES], largest = -INFINITY;
    size_t i = 0;

    for (int lane = 0; lane < LANES; lane++)
        lanes[lane] = -INFINITY;
    for (; i + LANES <= count; i += LANES)
        for (int lane = 0; lane < LANES; lane++)
            lanes[lane] =
                x[i + (size_t)lane] > lanes[lane] ? x[i + (size_t)lane] : lanes[lane];
    for (int lane = 0; lane < LANES; lane++)
        largest = lanes[lane] > largest ? lanes[lane] : largest;
    for (; i < count; i++)
        largest = x[i] > largest ? x[i] : largest;
    return largest;
}
