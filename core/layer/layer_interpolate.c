/* layer_interpolate.c - each value along one dimension is a mean of two neighbours, with weights. */
#include "core/layer/layer_run.h"

#include <stdlib.h>
#include <string.h>

static void run_interpolate(const struct layer_task *task)
{
    const struct interpolate *own = &task->layer->interpolate;
    size_t outer = own->outer * (size_t)task->samples;
    const float *x = layer_task_floats(task, 0);
    float *y = task->out;

    for (size_t i = 0; i < outer; i++, x += (size_t)own->from * own->inner)
        for (int at = 0; at < own->to; at++, y += own->inner) {
            const struct interpolation *of = &own->places[at];
            const float *low = x + (size_t)of->low * own->inner;
            const float *high = x + (size_t)of->high * own->inner;

            for (size_t k = 0; k < own->inner; k++)
                y[k] = low[k] * of->low_weight + high[k] * of->high_weight;
        }
}

static bool is_same_place(const struct interpolation *a, const struct interpolation *b)
{
    return a->low == b->low && a->high == b->high && a->low_weight == b->low_weight &&
           a->high_weight == b->high_weight;
}

static bool same_shape(const struct layer *ours, const struct layer *theirs)
{
    const struct interpolate *a = &ours->interpolate, *b = &theirs->interpolate;

    return a->outer == b->outer && a->inner == b->inner && a->from == b->from &&
           a->to == b->to;
}

static const char *other_constants(const struct network *network,
                                   const struct layer *ours, const struct layer *theirs)
{
    (void)network;
    for (int at = 0; at < ours->interpolate.to; at++)
        if (!is_same_place(&ours->interpolate.places[at],
                           &theirs->interpolate.places[at]))
            return "places";
    return NULL;
}

static void clear(struct layer *layer)
{
    free(layer->interpolate.places);
}

const struct layer_kind_row layer_interpolate = {
    .name = "interpolate",
    .codes = CODES_END,
    .macs = layer_kind_no_macs,
    .run = run_interpolate,
    .clear = clear,
    .is_nonnegative = layer_kind_as_inputs, /* weights are in [0, 1] */
    .same_shape = same_shape,
    .other_constants = other_constants,
};
