/* layer_softplus.c - log(1 + exp(x)) of each element, rounded once to float. */
#include "core/kernel/vector_clones.h"
#include "core/layer/exponential.h"
#include "core/layer/layer_run.h"

#include <math.h>

/* log(1 + e) of 0..1 within 1e-14 of itself: twice the series of the inverse hyperbolic tangent of
 * e / (2 + e), which is at most 1 / 3. */
static inline double log_of_one_more(double e)
{
    double part = e / (2 + e), square = part * part, sum = 0;

    for (int odd = 29; odd > 0; odd -= 2)
        sum = sum * square + 1.0 / odd;
    return 2 * part * sum;
}

VECTOR_CLONES
static void softpluses(const float *restrict x, size_t count, float *restrict y)
{
    for (size_t i = 0; i < count; i++) {
        double value = log_of_one_more(exponential(-fabs((double)x[i])));

        value += x[i] > 0 ? x[i] : 0;
        y[i] = x[i] == x[i] ? (float)value : x[i]; /* NaN stays */
    }
}

static void run_softplus(const struct layer_task *task)
{
    softpluses(layer_task_floats(task, 0),
               layer_task_elements(task, layer_task_output(task)), task->out);
}

const struct layer_kind_row layer_softplus = {
    .name = "softplus",
    .codes = CODES_END,
    .is_nonnegative = layer_kind_no_sign,
    .macs = layer_kind_no_macs,
    .same_shape = layer_kind_one_shape,
    .other_constants = layer_kind_no_constants,
    .run = run_softplus,
};
