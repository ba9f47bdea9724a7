#include "core/evaluate/executor_inside.h"

#include "core/base/clock.h"

/* Some layers of a stretch. What is made of them has room for the whole block where it is read behind them, else
 * for the samples at hand. */
struct sliced {
    struct executor *executor;
    const struct candidate *candidate;
    const struct block *block;
    int first, end;     /* layers [first, end) */
    int begin, samples; /* of the block, at hand */
};

static struct task task_of(const struct sliced *sliced, int index)
{
    return (struct task){index, &sliced->executor->network->layers[index],
                         sliced->candidate, sliced->block};
}

static bool must_be_made(const struct sliced *sliced, int index)
{
    int tensor = sliced->executor->network->layers[index].output;

    return sliced->executor->needed[tensor] &&
           !executor_is_valid(sliced->candidate, sliced->block, tensor);
}

/* Whether digits of a sample are the same whichever are beside it, and nothing is kept of the layer but its
 * output. Convolutions of floats add up in an order of their own, so they are; other layers are not asked. */
static bool may_be_sliced(const struct executor *executor, const struct task *task)
{
    enum layer_codes codes = layer_kind_of(task->layer)->codes;

    /* What is rounded as floats may be split by the largest values of the block. */
    if (executor_keeps_unfinished(executor, task) ||
        candidate_rounded(task->candidate, task->layer->output))
        return false;
    return codes == CODES_PASS || codes == CODES_MAKE || codes == CODES_MULTIPLY;
}

static bool is_made_inside(const struct sliced *sliced, int tensor)
{
    int producer = sliced->executor->network->tensors[tensor].producer;

    return producer >= sliced->first && producer < sliced->end &&
           must_be_made(sliced, producer);
}

/* Whether somebody behind the layers reads the tensor, or it is remembered. */
static bool has_room_of_block(const struct sliced *sliced, int tensor)
{
    const struct executor *executor = sliced->executor;
    const struct task task =
        task_of(sliced, executor->network->tensors[tensor].producer);

    return executor->last_readers[tensor] >= sliced->end ||
           executor->target == tensor || executor_place_of(&task);
}

/* Whether writing one tensor of all samples, some after the others, is in the way of another one. */
static bool are_in_the_way(const struct sliced *sliced, int written)
{
    const struct executor *executor = sliced->executor;
    const struct rooms *rooms = &executor->arena.rooms;

    for (int index = sliced->first; index < sliced->end; index++) {
        const struct layer *layer = &executor->network->layers[index];

        if (layer->output != written && is_made_inside(sliced, layer->output) &&
            has_room_of_block(sliced, layer->output) &&
            rooms_overlap(rooms, written, layer->output))
            return true;
        for (int i = 0; i < layer->input_count; i++)
            if (!is_made_inside(sliced, layer->inputs[i]) &&
                rooms_overlap(rooms, written, layer->inputs[i]))
                return true;
    }
    return false;
}

static bool have_rooms(const struct sliced *sliced)
{
    for (int index = sliced->first; index < sliced->end; index++) {
        int tensor = sliced->executor->network->layers[index].output;

        if (must_be_made(sliced, index) && has_room_of_block(sliced, tensor) &&
            are_in_the_way(sliced, tensor))
            return false;
    }
    return true;
}

/* Finds the end of the layers from the first one on that may be sliced; returns whether that is worth it: of one
 * layer nothing stays near for the next. */
static bool find_end(struct sliced *sliced)
{
    const struct stretch *stretch = &sliced->executor->stretches[sliced->first];
    int made = 0;

    for (sliced->end = sliced->first; sliced->end < stretch->end; sliced->end++) {
        const struct task task = task_of(sliced, sliced->end);

        if (!must_be_made(sliced, sliced->end))
            continue;
        if (!may_be_sliced(sliced->executor, &task))
            break;
        made++;
    }
    return made > 1 && have_rooms(sliced);
}

/* ---- running -------------------------------------------------------------------------------- */

static size_t bytes_of_sample(const struct sliced *sliced, int tensor)
{
    const struct plane *plane = &sliced->executor->planes[tensor];

    return sliced->candidate->in_codes[tensor]
               ? plane_count(plane)
               : plane_inner_count(plane) * sizeof(float);
}

/* The samples at hand of a tensor that has room for the whole block. */
static struct value view_of(const struct sliced *sliced, int tensor)
{
    struct value view = sliced->executor->current[tensor];

    view.data = (unsigned char *)view.data +
                (size_t)sliced->begin * bytes_of_sample(sliced, tensor);
    return view;
}

/* Where the layer writes the samples at hand. */
static struct value output_of(const struct sliced *sliced, int tensor)
{
    const struct executor *executor = sliced->executor;

    return has_room_of_block(sliced, tensor)
               ? view_of(sliced, tensor)
               : (struct value){.data = arena_tensor(&executor->slices, tensor),
                                .plane = &executor->planes[tensor]};
}

static void run_layer(const struct sliced *sliced, int index)
{
    struct executor *executor = sliced->executor;
    const struct task task = task_of(sliced, index);
    int tensor = task.layer->output;
    struct value *output = &executor->views[tensor];
    struct layer_task work = executor_work_of(executor, &task);

    for (int i = 0; i < task.layer->input_count; i++) {
        int input = task.layer->inputs[i];

        if (!is_made_inside(sliced, input))
            executor->views[input] = view_of(sliced, input);
        executor->inputs[i] = &executor->views[input];
    }
    work.samples = sliced->samples;
    *output = output_of(sliced, tensor);
    layer_run_block(&work, candidate_output(sliced->candidate, index), output);
    executor->counters.layers_run += sliced->begin == 0;
    executor->counters.macs_run += executor->macs[index] * sliced->samples;
}

static void run_timed(const struct sliced *sliced, int index)
{
    struct executor *executor = sliced->executor;
    double began = executor->options.times_layers ? clock_cpu_seconds() : 0;

    run_layer(sliced, index);
    if (executor->options.times_layers)
        executor->layer_seconds[index] += clock_cpu_seconds() - began;
}

/* Takes what is valid, and finds room for what is made of the whole block. */
static void prepare(const struct sliced *sliced, int index)
{
    struct executor *executor = sliced->executor;
    const struct task task = task_of(sliced, index);
    int tensor = task.layer->output;
    const struct remembered *place = executor_place_of(&task);

    if (must_be_made(sliced, index))
        executor->current[tensor] =
            place ? place->value : executor_in_arena(executor, tensor);
    else if (executor->needed[tensor])
        executor_take_or_make(executor, sliced->candidate, sliced->block, index);
}

/* What the whole block's output holds is what its samples hold. */
static void finish(const struct sliced *sliced, int index)
{
    struct executor *executor = sliced->executor;
    const struct task task = task_of(sliced, index);
    int tensor = task.layer->output;
    struct value *value = &executor->current[tensor];
    struct remembered *place = executor_place_of(&task);
    void *data = value->data;

    if (!must_be_made(sliced, index))
        return;
    *value = executor->views[tensor];
    value->data = data;
    if (place)
        *place = (struct remembered){sliced->candidate->tensors[tensor], *value};
}

static void run_samples(const struct sliced *sliced)
{
    for (int index = sliced->first; index < sliced->end; index++)
        if (must_be_made(sliced, index))
            run_timed(sliced, index);
}

int executor_run_slices(struct executor *executor, const struct candidate *candidate,
                        const struct block *block, int first)
{
    struct sliced sliced = {executor, candidate, block, .first = first};
    int at_once = executor->stretches[first].samples;

    if (at_once == 0 || at_once >= block->samples ||
        (block->remembered && block->remembered->shared) || !find_end(&sliced))
        return first;
    for (int index = first; index < sliced.end; index++)
        prepare(&sliced, index);
    for (; sliced.begin < block->samples; sliced.begin += at_once) {
        int left = block->samples - sliced.begin;

        sliced.samples = left < at_once ? left : at_once;
        run_samples(&sliced);
    }
    for (int index = first; index < sliced.end; index++)
        finish(&sliced, index);
    return sliced.end;
}
