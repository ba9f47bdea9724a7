/* layer_affine.c - scale * x + shift by channel. */
#include "core/layer/layer_kind.h"

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
                                   const struct layer *ours, const struct layer *theirs,
                                   bool has_codes)
{
    const struct affine *a = &ours->affine, *b = &theirs->affine;
    size_t channels = (size_t)network->tensors[ours->output].channels;

    (void)has_codes;
    return layer_kind_same_floats(a->scale, b->scale, channels) &&
                   layer_kind_same_floats(a->shift, b->shift, channels)
               ? NULL
               : "scale or shift";
}

const struct layer_kind_row layer_affine = {
    .run = run_affine,
    .is_nonnegative = layer_kind_any_sign,
    .same_shape = layer_kind_one_shape,
    .other_constants = other_constants,
};
