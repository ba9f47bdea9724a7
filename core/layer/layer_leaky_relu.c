/* layer_leaky_relu.c - each element, times alpha where it is below zero. */
#include "core/kernel/vector_clones.h"
#include "core/layer/layer_run.h"

VECTOR_CLONES
static void leaky_relus(float alpha, const float *restrict x, size_t count,
                        float *restrict y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] < 0 ? alpha * x[i] : x[i];
}

static void run_leaky_relu(const struct layer_task *task)
{
    leaky_relus(task->layer->alpha, layer_task_floats(task, 0),
                layer_task_elements(task, layer_task_output(task)), task->out);
}

const struct layer_kind_row layer_leaky_relu = {
    .name = "leaky relu",
    .codes = CODES_END,
    .is_nonnegative = layer_kind_alpha_sign,
    .macs = layer_kind_no_macs,
    .same_shape = layer_kind_one_shape,
    .other_constants = layer_kind_other_alpha,
    .run = run_leaky_relu,
};
