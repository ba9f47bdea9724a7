/* layer_constant.c - the same values for every sample, whatever its input is. */
#include "core/layer/layer_run.h"

#include <stdlib.h>
#include <string.h>

static void run_constant(const struct layer_task *task)
{
    const struct constant *constant = &task->layer->constant;
    float *y = task->out;

    for (int sample = 0; sample < task->samples; sample++, y += constant->count)
        memcpy(y, constant->values, constant->count * sizeof *y);
}

static bool is_nonnegative(const struct layer *layer, bool inputs_are)
{
    const struct constant *constant = &layer->constant;

    (void)inputs_are;
    for (size_t i = 0; i < constant->count; i++)
        if (constant->values[i] < 0)
            return false;
    return true;
}

static const char *other_constants(const struct network *network,
                                   const struct layer *ours, const struct layer *theirs)
{
    const struct constant *a = &ours->constant, *b = &theirs->constant;

    (void)network;
    return a->count == b->count &&
                   layer_kind_same_floats(a->values, b->values, a->count)
               ? NULL
               : "values";
}

static void clear(struct layer *layer)
{
    free(layer->constant.values);
}

const struct layer_kind_row layer_constant = {
    .name = "constant",
    .codes = CODES_END,
    .macs = layer_kind_no_macs,
    .run = run_constant,
    .clear = clear,
    .is_nonnegative = is_nonnegative,
    .same_shape = layer_kind_one_shape,
    .other_constants = other_constants,
};
