/* layer_affine.c - scale * x + shift by channel. */
#include "core/kernel/vector_clones.h"
#include "core/layer/layer_run.h"

#include <stdlib.h>
#include <string.h>

/* y [count] = x * scale + shift */
VECTOR_CLONES
static void scale_all(const float *restrict x, size_t count, float scale, float shift,
                      float *restrict y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] * scale + shift;
}

/* The same of a pixel, each channel with its own; NULL: 1, or 0. */
VECTOR_CLONES
static void scale_channels(const float *restrict x, size_t channels,
                           const float *restrict scale, const float *restrict shift,
                           float *restrict y)
{
    for (size_t i = 0; i < channels; i++)
        y[i] = x[i] * (scale ? scale[i] : 1.0f) + (shift ? shift[i] : 0.0f);
}

/* Whether all of a few channels have the same; of many, looking takes longer than it saves. */
static bool have_one(const float *values, size_t channels)
{
    enum { FEW = 64 };

    for (size_t i = 1; values && i < channels; i++)
        if (channels > FEW || memcmp(&values[i], values, sizeof *values) != 0)
            return false;
    return true;
}

static void run_affine(const struct layer_task *task)
{
    const float *scale = task->layer->affine.scale, *shift = task->layer->affine.shift;
    size_t channels = (size_t)layer_task_output(task)->channels;
    size_t all = layer_task_elements(task, layer_task_output(task));
    const float *x = layer_task_floats(task, 0);

    if (have_one(scale, channels) && have_one(shift, channels)) {
        scale_all(x, all, scale ? *scale : 1.0f, shift ? *shift : 0.0f, task->out);
        return;
    }
    for (size_t at = 0; at < all; at += channels)
        scale_channels(x + at, channels, scale, shift, task->out + at);
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
