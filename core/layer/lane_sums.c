#include "core/layer/lane_sums.h"

#include "core/kernel/vector_clones.h"
#include "core/layer/exponential.h"

#include <math.h>

double lanes_total(double *lanes, size_t apart)
{
    for (size_t half = LANE_COUNT / 2; half > 0; half /= 2)
        for (size_t lane = 0; lane < half; lane++)
            lanes[lane * apart] += lanes[(lane + half) * apart];
    return lanes[0];
}

/* The sum of terms that are made of x[i]. */
#define SUM_OF(term)                                                                   \
    double lanes[LANE_COUNT] = {0};                                                    \
    size_t i = 0;                                                                      \
                                                                                       \
    for (; i + LANE_COUNT <= count; i += LANE_COUNT)                                   \
        for (size_t lane = 0; lane < LANE_COUNT; lane++)                               \
            lanes[lane] += term((double)x[i + lane]);                                  \
    for (size_t lane = 0; i < count; i++, lane++)                                      \
        lanes[lane] += term((double)x[i]);                                             \
    return lanes_total(lanes, 1)

VECTOR_CLONES
double lane_sum(const float *x, size_t count)
{
#define ITSELF(value) (value)
    SUM_OF(ITSELF);
}

VECTOR_CLONES
double lane_sum_of_squares(const float *x, size_t count, double middle)
{
#define SQUARE(value) (((value)-middle) * ((value)-middle))
    SUM_OF(SQUARE);
}

VECTOR_CLONES
double lane_sum_of_magnitudes(const float *x, size_t count)
{
    SUM_OF(fabs);
}

VECTOR_CLONES
double lane_sum_of_exponentials(const float *x, size_t count, double largest)
{
#define EXPONENTIAL(value) exponential((value)-largest)
    SUM_OF(EXPONENTIAL);
}

VECTOR_CLONES
float lane_largest(const float *x, size_t count)
{
    float lanes[LANE_COUNT], largest = -INFINITY;
    size_t i = 0;

    for (int lane = 0; lane < LANE_COUNT; lane++)
        lanes[lane] = -INFINITY;
    for (; i + LANE_COUNT <= count; i += LANE_COUNT)
        for (int lane = 0; lane < LANE_COUNT; lane++)
            lanes[lane] =
                x[i + (size_t)lane] > lanes[lane] ? x[i + (size_t)lane] : lanes[lane];
    for (int lane = 0; lane < LANE_COUNT; lane++)
        largest = lanes[lane] > largest ? lanes[lane] : largest;
    for (; i < count; i++)
        largest = x[i] > largest ? x[i] : largest;
    return largest;
}
