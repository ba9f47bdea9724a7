/* layer_hard_swish.c - x * (x + 3) / 6 of each element, zero below -3 and x above 3. */
#include "core/kernel/vector_clones.h"
#include "core/layer/layer_run.h"

VECTOR_CLONES
static void hard_swishes(const float *restrict x, size_t count, float *restrict y)
{
    for (size_t i = 0; i < count; i++) {
        double value = x[i], curve = value * (value + 3) / 6;

        curve = value > -3 ? curve : 0;
        curve = value < 3 ? curve : value; /* NaN stays */
        y[i] = (float)curve;
    }
}

static void run_hard_swish(const struct layer_task *task)
{
    hard_swishes(layer_task_floats(task, 0),
                 layer_task_elements(task, layer_task_output(task)), task->out);
}

const struct layer_kind_row layer_hard_swish = {
    .name = "hard swish",
    .codes = CODES_END,
    .is_nonnegative = layer_kind_as_inputs,
    .macs = layer_kind_no_macs,
    .same_shape = layer_kind_one_shape,
    .other_constants = layer_kind_no_constants,
    .run = run_hard_swish,
};
