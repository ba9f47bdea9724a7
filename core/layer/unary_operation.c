#include "core/layer/unary_operation.h"

#include "core/kernel/vector_clones.h"
#include "core/layer/curves.h"
#include "core/layer/logarithm.h"
#include "core/layer/sine.h"

/* compute() of a row: `result` of the float x and the constants alpha and beta. */
#define COMPUTE(function, result)                                                      \
    VECTOR_CLONES                                                                      \
    static void function(const struct unary *of, const float *restrict from,           \
                         size_t count, float *restrict to)                             \
    {                                                                                  \
        const float alpha = of->alpha, beta = of->beta;                                \
                                                                                       \
        (void)alpha;                                                                   \
        (void)beta;                                                                    \
        for (size_t i = 0; i < count; i++) {                                           \
            float x = from[i];                                                         \
                                                                                       \
            to[i] = result;                                                            \
        }                                                                              \
    }

static inline double below_zero(double x)
{
    return x < 0 ? x : 0;
}

static inline float line_between_zero_and_one(float alpha, float beta, float x)
{
    float line = alpha * x + beta, above = line > 0 ? line : 0;

    return above < 1 ? above : 1;
}

static inline double hard_swish(double x)
{
    double curve = x * (x + 3) / 6, above = x > -3 ? curve : 0;

    return x < 3 ? above : x; /* NaN stays */
}

static inline double elu(double alpha, double x)
{
    return x < 0 ? alpha * exponential_less_one(below_zero(x)) : x;
}

/* NaN stays. */
COMPUTE(sigmoids, (float)logistic(x))
COMPUTE(hard_sigmoids, line_between_zero_and_one(alpha, beta, x))
COMPUTE(hard_swishes, (float)hard_swish(x))
COMPUTE(leaky_relus, x < 0 ? alpha * x : x)
COMPUTE(elus, (float)elu(alpha, x))
COMPUTE(celus, (float)(x < 0 ? alpha * elu(1, (double)x / alpha) : x))
COMPUTE(selus, (float)(beta *elu(alpha, x)))
COMPUTE(thresholded_relus, x <= alpha ? 0 : x)
COMPUTE(tangents, (float)hyperbolic_tangent(x))
COMPUTE(softpluses, (float)soft_plus(x))
COMPUTE(softsigns, (float)(x / (1 + fabs((double)x))))
COMPUTE(mishes, (float)mish(x))
COMPUTE(swishes, (float)gated(x, (double)alpha *x))
COMPUTE(gelus, (float)gelu(x))
COMPUTE(gelus_by_tangent, (float)gelu_by_tangent(x))
COMPUTE(roots, sqrtf(x))
COMPUTE(exponentials, (float)exponential_of_any(x))
COMPUTE(logarithms, (float)logarithm(x))
COMPUTE(opposites, -x)
COMPUTE(sizes, fabsf(x))
COMPUTE(reciprocals, 1 / x)
COMPUTE(error_functions, (float)error_function(x))
COMPUTE(sines, (float)sine_of(x, 0))
COMPUTE(cosines, (float)sine_of(x, 1))
COMPUTE(ceilings, ceilf(x))
COMPUTE(floors, floorf(x))
COMPUTE(roundings, rintf(x))
COMPUTE(signs, x > 0 ? 1 : x < 0 ? -1 : x)

static bool as_inputs(const struct unary *of, bool inputs_are)
{
    (void)of;
    return inputs_are;
}

static bool always(const struct unary *of, bool inputs_are)
{
    (void)of;
    (void)inputs_are;
    return true;
}

static bool never(const struct unary *of, bool inputs_are)
{
    (void)of;
    (void)inputs_are;
    return false;
}

/* What is below zero is multiplied by alpha. */
static bool by_alpha(const struct unary *of, bool inputs_are)
{
    return inputs_are || of->alpha <= 0;
}

/* And all by beta. */
static bool by_both(const struct unary *of, bool inputs_are)
{
    return of->beta >= 0 && by_alpha(of, inputs_are);
}

static bool above_alpha(const struct unary *of, bool inputs_are)
{
    return inputs_are || of->alpha >= 0;
}

static const struct unary_operation_row rows[UNARY_OPERATION_COUNT] = {
    [UNARY_SIGMOID] = {"sigmoid", NULL, sigmoids, always},
    [UNARY_HARD_SIGMOID] = {"hard sigmoid", "alpha or beta", hard_sigmoids, always},
    [UNARY_HARD_SWISH] = {"hard swish", NULL, hard_swishes, as_inputs},
    [UNARY_LEAKY_RELU] = {"leaky relu", "alpha", leaky_relus, by_alpha},
    [UNARY_ELU] = {"elu", "alpha", elus, by_alpha},
    [UNARY_CELU] = {"celu", "alpha", celus, as_inputs},
    [UNARY_SELU] = {"selu", "alpha or gamma", selus, by_both},
    [UNARY_THRESHOLDED_RELU] = {"thresholded relu", "alpha", thresholded_relus,
                                above_alpha},
    [UNARY_TANH] = {"tanh", NULL, tangents, as_inputs},
    [UNARY_SOFTPLUS] = {"softplus", NULL, softpluses, always},
    [UNARY_SOFTSIGN] = {"softsign", NULL, softsigns, as_inputs},
    [UNARY_MISH] = {"mish", NULL, mishes, as_inputs},
    [UNARY_SWISH] = {"swish", "alpha", swishes, as_inputs},
    [UNARY_GELU] = {"gelu", NULL, gelus, as_inputs},
    [UNARY_GELU_TANH] = {"gelu by tanh", NULL, gelus_by_tangent, as_inputs},
    [UNARY_SQRT] = {"sqrt", NULL, roots, always},
    [UNARY_EXP] = {"exp", NULL, exponentials, always},
    [UNARY_LOG] = {"log", NULL, logarithms, never},
    [UNARY_NEG] = {"neg", NULL, opposites, never},
    [UNARY_ABS] = {"abs", NULL, sizes, always},
    [UNARY_RECIPROCAL] = {"reciprocal", NULL, reciprocals, as_inputs},
    [UNARY_ERF] = {"erf", NULL, error_functions, as_inputs},
    [UNARY_SIN] = {"sin", NULL, sines, never},
    [UNARY_COS] = {"cos", NULL, cosines, never},
    [UNARY_CEIL] = {"ceil", NULL, ceilings, as_inputs},
    [UNARY_FLOOR] = {"floor", NULL, floors, as_inputs},
    [UNARY_ROUND] = {"round", NULL, roundings, as_inputs},
    [UNARY_SIGN] = {"sign", NULL, signs, as_inputs},
};

const struct unary_operation_row *unary_operation_of(enum unary_operation operation)
{
    return &rows[operation];
}
