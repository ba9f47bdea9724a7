/* logistic.h - the sigmoid and the hyperbolic tangent of one value, each rounded once to float. */
#ifndef CORE_LAYER_LOGISTIC_H
#define CORE_LAYER_LOGISTIC_H

#include "core/layer/exponential.h"

#include <math.h>

/* 1 / (1 + exp(-x)); NaN stays. */
static inline float logistic(float x)
{
    double e = exponential(-fabs((double)x));
    double value = (x < 0 ? e : 1) / (1 + e);

    return x == x ? (float)value : x;
}

/* tanh(x); NaN stays. */
static inline float hyperbolic_tangent(float x)
{
    double e = exponential_less_one(-2 * fabs((double)x));
    double value = copysign(e / (2 + e), x); /* e is at most 0 */

    return x == x ? (float)value : x;
}

#endif
