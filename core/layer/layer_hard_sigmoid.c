/* layer_hard_sigmoid.c - alpha * x + beta of each element, cut to [0, 1]. */
#include "core/kernel/vector_clones.h"
#include "core/layer/layer_run.h"

VECTOR_CLONES
static void hard_sigmoids(const struct hard_sigmoid *of, const float *restrict x,
                          size_t count, float *restrict y)
{
    for (size_t i = 0; i < count; i++) {
        float value = of->alpha * x[i] + of->beta;

        value = value > 0 ? value : 0;
        y[i] = value < 1 ? value : 1;
    }
}

static void run_hard_sigmoid(const struct layer_task *task)
{
    hard_sigmoids(&task->layer->hard_sigmoid, layer_task_floats(task, 0),
                  layer_task_elements(task, layer_task_output(task)), task->out);
}

static const char *other_constants(const struct network *network,
                                   const struct layer *ours, const struct layer *theirs)
{
    const struct hard_sigmoid *a = &ours->hard_sigmoid, *b = &theirs->hard_sigmoid;

    (void)network;
    return a->alpha == b->alpha && a->beta == b->beta ? NULL : "alpha or beta";
}

const struct layer_kind_row layer_hard_sigmoid = {
    .name = "hard sigmoid",
    .codes = CODES_END,
    .is_nonnegative = layer_kind_no_sign,
    .macs = layer_kind_no_macs,
    .same_shape = layer_kind_one_shape,
    .other_constants = other_constants,
    .run = run_hard_sigmoid,
};
