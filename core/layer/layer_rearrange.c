/* layer_rearrange.c - every output element is one input element, or a constant. */
#include "core/base/memory.h"
#include "core/layer/code_moves.h"
#include "core/layer/layer_run.h"

#include <stdlib.h>
#include <string.h>

/* What stays of a layer: what is done to codes, and to floats, which have no border. */
struct rearrangement {
    struct code_moves moves;
    struct turned_blocks blocks;
};

static void rearrange_each(const struct rearrange *rearrange, const float *x,
                           size_t count, float *y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = rearrange->from[i] < 0 ? rearrange->fill : x[rearrange->from[i]];
}

static void run_rearrange(const struct layer_task *task)
{
    const struct rearrangement *own = task->run->own;
    const struct rearrange *rearrange = &task->layer->rearrange;
    size_t count = layer_task_output(task)->count;
    const float *x = layer_task_floats(task, 0);
    float *y = task->out;

    for (int sample = 0; sample < task->samples; sample++) {
        if (own->blocks.count > 0)
            turned_blocks_floats(&own->blocks, x, y);
        else
            rearrange_each(rearrange, x, count, y);
        y += count;
        x += layer_task_input(task, 0)->count;
    }
}

static void pass_rearrange(const struct layer_task *task, struct value *output)
{
    const struct rearrangement *own = task->run->own;

    code_moves_run(&own->moves, task->inputs[0], task->samples, output);
}

static float fill(const struct layer *layer)
{
    return layer->rearrange.fill;
}

static bool is_nonnegative(const struct layer *layer, bool inputs_are)
{
    return layer->rearrange.fill >= 0 && inputs_are;
}

static const char *other_constants(const struct network *network,
                                   const struct layer *ours, const struct layer *theirs)
{
    const struct rearrange *a = &ours->rearrange, *b = &theirs->rearrange;
    size_t bytes = network->tensors[ours->output].count * sizeof *a->from;

    return memcmp(a->from, b->from, bytes) == 0 && a->fill == b->fill
               ? NULL
               : "order of elements";
}

static void prepare(struct layer_run *run)
{
    const struct layer *layer = run->layer;
    const struct plane *planes = run->setting->planes;

    struct rearrangement *own = memory_get(sizeof *own);

    code_moves_init(&own->moves, &layer->rearrange, &planes[layer->inputs[0]],
                    &planes[layer->output]);
    turned_blocks_find(&own->blocks, layer->rearrange.from,
                       plane_inner_count(&planes[layer->output]));
    run->own = own;
}

static void release(struct layer_run *run)
{
    struct rearrangement *own = run->own;

    code_moves_clear(&own->moves);
    turned_blocks_clear(&own->blocks);
    free(own);
}

static void clear(struct layer *layer)
{
    free(layer->rearrange.from);
}

const struct layer_kind_row layer_rearrange = {
    .name = "rearrange",
    .codes = CODES_PASS,
    .fill = fill,
    .macs = layer_kind_no_macs,
    .run = run_rearrange,
    .prepare = prepare,
    .release = release,
    .clear = clear,
    .pass = pass_rearrange,
    .is_nonnegative = is_nonnegative,
    .same_shape = layer_kind_one_shape,
    .other_constants = other_constants,
};
