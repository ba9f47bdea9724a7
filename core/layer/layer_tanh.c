/* layer_tanh.c - the hyperbolic tangent of each element, rounded once to float. */
#include "core/kernel/vector_clones.h"
#include "core/layer/layer_run.h"
#include "core/layer/logistic.h"

VECTOR_CLONES
static void tangents(const float *restrict x, size_t count, float *restrict y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = hyperbolic_tangent(x[i]);
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
