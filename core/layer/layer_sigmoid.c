/* layer_sigmoid.c - 1 / (1 + exp(-x)) of each element, rounded once to float. */
#include "core/kernel/vector_clones.h"
#include "core/layer/layer_run.h"

#include <math.h>
#include <string.h>

/* Below, a sigmoid is zero as a float. */
static const double LEAST = -110;

/* exp(x) of LEAST..0 within 1e-15 of itself. Sums, products and bits alone: the library's differs from
 * machine to machine. 2^n times the Taylor series of what is left of x, at most ln(2) / 2. */
static inline double exponential(double x)
{
    static const double factors[] = {1.0 / 6227020800,
                                     1.0 / 479001600,
                                     1.0 / 39916800,
                                     1.0 / 3628800,
                                     1.0 / 362880,
                                     1.0 / 40320,
                                     1.0 / 5040,
                                     1.0 / 720,
                                     1.0 / 120,
                                     1.0 / 24,
                                     1.0 / 6,
                                     0.5,
                                     1,
                                     1};
    const double to_integer = 0x1.8p52, log2_of_e = 0x1.71547652b82fep0;
    const double ln2_high = 0x1.62e42fefa0000p-1, ln2_low = 0x1.cf79abc9e3b3ap-40;
    double shifted = x * log2_of_e + to_integer, n = shifted - to_integer;
    double rest = (x - n * ln2_high) - n * ln2_low, sum = 0, power;
    uint64_t bits;

    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
        sum = sum * rest + factors[i];
    memcpy(&bits, &shifted, sizeof bits); /* its last ones are those of n */
    bits = (bits + 1023) << 52;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

VECTOR_CLONES
static void sigmoids(const float *restrict x, size_t count, float *restrict y)
{
    for (size_t i = 0; i < count; i++) {
        double below = -fabs((double)x[i]);
        double e = exponential(below > LEAST ? below : LEAST);
        double value = (x[i] < 0 ? e : 1) / (1 + e);

        y[i] = x[i] == x[i] ? (float)value : x[i]; /* NaN stays */
    }
}

static void run_sigmoid(const struct layer_task *task)
{
    sigmoids(layer_task_floats(task, 0),
             layer_task_elements(task, layer_task_output(task)), task->out);
}

const struct layer_kind_row layer_sigmoid = {
    .name = "sigmoid",
    .codes = CODES_END,
    .is_nonnegative = layer_kind_no_sign,
    .macs = layer_kind_no_macs,
    .same_shape = layer_kind_one_shape,
    .other_constants = layer_kind_no_constants,
    .run = run_sigmoid,
};
