/* curves.h - smooth functions of one number, in double, with the same digits on all machines.
 *
 * Of NaN all are NaN. What is said of an error is relative.
 */
#ifndef CORE_LAYER_CURVES_H
#define CORE_LAYER_CURVES_H

#include "core/layer/exponential.h"

#include <math.h>

/* `value`, but for x that is NaN. */
static inline double unless_nan(double x, double value)
{
    return x == x ? value : x;
}

/* 1 / (1 + exp(-x)) within 1e-15. */
static inline double logistic(double x)
{
    double e = exponential(-fabs(x));

    return unless_nan(x, (x < 0 ? e : 1) / (1 + e));
}

/* tanh(x) within 1e-12. */
static inline double hyperbolic_tangent(double x)
{
    double e = exponential_less_one(-2 * fabs(x)); /* is at most 0 */

    return unless_nan(x, copysign(e / (2 + e), x));
}

/* log(1 + e) of 0..1 within 1e-14: twice the series of the inverse hyperbolic tangent of e / (2 + e),
 * which is at most 1 / 3. */
static inline double log_of_one_more(double e)
{
    double part = e / (2 + e), square = part * part, sum = 0;

    for (int odd = 29; odd > 0; odd -= 2)
        sum = sum * square + 1.0 / odd;
    return 2 * part * sum;
}

/* log(1 + exp(x)) within 1e-14. */
static inline double soft_plus(double x)
{
    double value = log_of_one_more(exponential(-fabs(x)));

    return unless_nan(x, value + (x > 0 ? x : 0));
}

/* x tanh(log(1 + exp(x))) within 1e-14: with e = exp(x), the tangent is (e^2 + 2 e) / (e^2 + 2 e + 2), and
 * above zero e^2 is taken out of it. */
static inline double mish(double x)
{
    double e = exponential(-fabs(x)), below = e * (e + 2), above = 1 + 2 * e;
    double least = -110, within = x > least ? x : least;

    return unless_nan(x, x > 0 ? x * above / (above + 2 * e * e)
                               : within * below / (below + 2));
}

/* 1 - erf(x) of x at least 0 within 1e-13, where a float can hold it.
 *
 * That is exp(-x^2) t P(t), t = 3.5 / (3.5 + x), with P interpolated at 16 Chebyshev nodes of t in
 * [1/4, 1] (in 80 digits), in powers of u = (8 t - 5) / 3. */
static inline double error_complement(double x)
{
    static const double factors[] = {
        3.9533447219095897e-09,  6.4200660663893713e-09,  -7.0501510763695997e-08,
        -1.3721317763889981e-07, 9.9058422132536159e-07,  3.183807623909359e-06,
        -1.1242745774038406e-05, -8.0480532270942913e-05, -3.8636261413239024e-05,
        0.0014674990456240709,   0.0091376858646313782,   0.033203696733786939,
        0.087669135554577157,    0.18019943387919832,     0.29625833405880336,
        0.39219059735229317};
    double t = 3.5 / (3.5 + x), u = (8 * t - 5) / 3, sum = 0;

    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
        sum = sum * u + factors[i];
    return exponential(-x * x) * t * sum;
}

/* erf(x) within 1e-11. Near zero, where the difference would lose digits, the first of its Taylor
 * series. */
static inline double error_function(double x)
{
    const double two_by_root_pi = 1.1283791670955126;
    double size = fabs(x), square = x * x;
    double series = 1 - square * (1. / 3 - square * (0.1 - square / 42));
    double value =
        size < 0.03 ? two_by_root_pi * size * series : 1 - error_complement(size);

    return unless_nan(x, copysign(value, x));
}

/* x times the normal distribution up to x, (1 + erf(x / sqrt(2))) / 2, within 1e-12. */
static inline double gelu(double x)
{
    const double root_half = 0x1.6a09e667f3bcdp-1;
    double complement = error_complement(fabs(x) * root_half) / 2;
    double value = x * (x > 0 ? 1 - complement : complement);

    return unless_nan(x, x == -INFINITY ? 0 : value);
}

/* x / (1 + exp(-gate)); zero where exp(gate) is zero as a float. */
static inline double gated(double x, double gate)
{
    return gate < -110 ? 0 : x * logistic(gate);
}

/* x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 within 1e-14. */
static inline double gelu_by_tangent(double x)
{
    const double root = 0x1.9884533d43651p-1; /* sqrt(2 / pi) */

    return gated(x, 2 * root * (x + 0.044715 * x * x * x));
}

#endif
