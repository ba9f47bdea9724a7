#include "core/layer/layer_kind.h"

#include <string.h>

static const struct layer_kind_row *const rows[LAYER_KIND_COUNT] = {
    [LAYER_CONV] = &layer_conv,
    [LAYER_AFFINE] = &layer_affine,
    [LAYER_ADD] = &layer_add,
    [LAYER_MAX_POOL] = &layer_max_pool,
    [LAYER_AVERAGE_POOL] = &layer_average_pool,
    [LAYER_CONCAT] = &layer_concat,
    [LAYER_REARRANGE] = &layer_rearrange,
    [LAYER_QUANTIZE] = &layer_quantize,
};

const struct layer_kind_row *layer_kind_of(const struct layer *layer)
{
    return rows[layer->kind];
}

/* ---- tasks ---------------------------------------------------------------------------------- */

const struct tensor *layer_task_input(const struct layer_task *task, int input)
{
    return &task->run->network->tensors[task->layer->inputs[input]];
}

const struct tensor *layer_task_output(const struct layer_task *task)
{
    return &task->run->network->tensors[task->layer->output];
}

size_t layer_task_elements(const struct layer_task *task, const struct tensor *tensor)
{
    return (size_t)task->samples * tensor->count;
}

const float *layer_task_floats(const struct layer_task *task, int input)
{
    return value_as_floats(task->inputs[input], task->samples,
                           task->scratch->floats[0]);
}

/* ---- answers of many kinds ------------------------------------------------------------------ */

bool layer_kind_as_inputs(const struct layer *layer, bool inputs_are)
{
    (void)layer;
    return inputs_are;
}

bool layer_kind_any_sign(const struct layer *layer, bool inputs_are)
{
    (void)layer;
    (void)inputs_are;
    return false;
}

bool layer_kind_one_shape(const struct layer *ours, const struct layer *theirs)
{
    (void)ours;
    (void)theirs;
    return true;
}

const char *layer_kind_no_constants(const struct network *network,
                                    const struct layer *ours,
                                    const struct layer *theirs, bool has_codes)
{
    (void)network;
    (void)ours;
    (void)theirs;
    (void)has_codes;
    return NULL;
}

bool layer_kind_same_floats(const float *a, const float *b, size_t count)
{
    if (!a || !b)
        return a == b;
    return memcmp(a, b, count * sizeof *a) == 0;
}
