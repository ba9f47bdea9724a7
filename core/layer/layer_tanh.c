/* layer_tanh.c - the hyperbolic tangent of each element, rounded once to float. */
#include "core/kernel/vector_clones.h"
#include "core/layer/exponential.h"
#include "core/layer/layer_run.h"

#include <math.h>

VECTOR_CLONES
static void tangents(const float *restrict x, size_t count, float *restrict y)
{
    for (size_t i = 0; i < count; i++) {
        double e = exponential_less_one(-2 * fabs((double)x[i]));
        double value = copysign(e / (2 + e), x[i]); /* e is at most 0 */

        y[i] = x[i] == x[i] ? (float)value : x[i]; /* NaN stays */
    }
}

static void run_tanh(const struct layer_task *task)
{
    tangents(layer_task_floats(task, 0),
             layer_task_elements(task, layer_task_output(task)), task->out);
}

const struct layer_kind_row layer_tanh = {
    .name = "tanh",
    .codes = CODES_END,
    .is_nonnegative = layer_kind_as_inputs,
    .macs = layer_kind_no_macs,
    .same_shape = layer_kind_one_shape,
    .other_constants = layer_kind_no_constants,
    .run = run_tanh,
};
