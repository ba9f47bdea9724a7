/* layer_rearrange.c - every output element is one input element, or a constant. */
#include "core/layer/layer_kind.h"

#include <string.h>

static void run_rearrange(const struct layer_task *task)
{
    const struct rearrange *rearrange = &task->layer->rearrange;
    size_t count = layer_task_output(task)->count;
    const float *x = layer_task_floats(task, 0);
    float *y = task->out;

    for (int sample = 0; sample < task->samples; sample++) {
        for (size_t i = 0; i < count; i++)
            *y++ = rearrange->from[i] < 0 ? rearrange->fill : x[rearrange->from[i]];
        x += layer_task_input(task, 0)->count;
    }
}

static void pass_rearrange(const struct layer_task *task, struct value *output)
{
    code_moves_run(task->run->moves, task->inputs[0], task->samples, output);
}

static bool is_nonnegative(const struct layer *layer, bool inputs_are)
{
    return layer->rearrange.fill >= 0 && inputs_are;
}

static const char *other_constants(const struct network *network,
                                   const struct layer *ours, const struct layer *theirs,
                                   bool has_codes)
{
    const struct rearrange *a = &ours->rearrange, *b = &theirs->rearrange;
    size_t bytes = network->tensors[ours->output].count * sizeof *a->from;

    (void)has_codes;
    return memcmp(a->from, b->from, bytes) == 0 && a->fill == b->fill
               ? NULL
               : "order of elements";
}

const struct layer_kind_row layer_rearrange = {
    .run = run_rearrange,
    .pass = pass_rearrange,
    .is_nonnegative = is_nonnegative,
    .same_shape = layer_kind_one_shape,
    .other_constants = other_constants,
};
