/* layer_elu.c - each element, alpha * (exp(x) - 1) where it is below zero, rounded once. */
#include "core/kernel/vector_clones.h"
#include "core/layer/exponential.h"
#include "core/layer/layer_run.h"

VECTOR_CLONES
static void elus(double alpha, const float *restrict x, size_t count, float *restrict y)
{
    for (size_t i = 0; i < count; i++) {
        double below = x[i] < 0 ? x[i] : 0;
        double value = alpha * exponential_less_one(below);

        y[i] = x[i] < 0 ? (float)value : x[i];
    }
}

static void run_elu(const struct layer_task *task)
{
    elus(task->layer->alpha, layer_task_floats(task, 0),
         layer_task_elements(task, layer_task_output(task)), task->out);
}

const struct layer_kind_row layer_elu = {
    .name = "elu",
    .codes = CODES_END,
    .is_nonnegative = layer_kind_alpha_sign,
    .macs = layer_kind_no_macs,
    .same_shape = layer_kind_one_shape,
    .other_constants = layer_kind_other_alpha,
    .run = run_elu,
};
