/* layer_affine.c - scale * x + shift by channel. */
#include "core/layer/layer_run.h"

#include <stdlib.h>

static void run_affine(const struct layer_task *task)
{
    const struct affine *affine = &task->layer->affine;
    size_t channels = (size_t)layer_task_output(task)->channels;
    size_t pixels = layer_task_elements(task, layer_task_output(task)) / channels;
    const float *x = layer_task_floats(task, 0);
    float *y = task->out;

    for (size_t pixel = 0; pixel < pixels; pixel++)
        for (size_t channel = 0; channel < channels; channel++) {
            float scale = affine->scale ? affine->scale[channel] : 1.0f;
            float shift = affine->shift ? affine->shift[channel] : 0.0f;

            *y++ = *x++ * scale + shift;
        }
}

static const char *other_constants(const struct network *network,
                                   const struct layer *ours, const struct layer *theirs)
{
    const struct affine *a = &ours->affine, *b = &theirs->affine;
    size_t channels = (size_t)network->tensors[ours->output].channels;

    return layer_kind_same_floats(a->scale, b->scale, channels) &&
                   layer_kind_same_floats(a->shift, b->shift, channels)
               ? NULL
               : "scale or shift";
}

static const float *batchnorm_input(const struct layer_task *task)
{
    return value_as_floats(task->inputs[0], task->samples, task->scratch->sums);
}

static void clear(struct layer *layer)
{
    free(layer->affine.scale);
    free(layer->affine.shift);
}

const struct layer_kind_row layer_affine = {
    .name = "affine",
    .codes = CODES_END,
    .macs = layer_kind_no_macs,
    .run = run_affine,
    .batchnorm_input = batchnorm_input,
    .clear = clear,
    .is_nonnegative = layer_kind_any_sign,
    .same_shape = layer_kind_one_shape,
    .other_constants = other_constants,
};
