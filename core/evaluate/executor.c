#include "core/evaluate/executor.h"

#include "core/evaluate/executor_inside.h"

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/network/kernel_rounding.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Why it is lazy: a search moves a few steps at a time, and most of what a block holds stays what
 * it was. So a run goes backwards from what is wanted to what is still valid, by signatures
 * alone, and computes the rest. Products are the dear part of a layer, so they are kept apart
 * where only the rounding of its output may change. */

/* ---- what is needed ---------------------------------------------------------------------- */

bool executor_is_valid(const struct candidate *candidate, const struct block *block,
                       int tensor)
{
    return block && block->remembered &&
           !network_is_input(candidate->network, tensor) &&
           block->remembered->tensors[tensor].signature == candidate->tensors[tensor];
}

void executor_need_nothing(struct executor *executor)
{
    memset(executor->needed, 0,
           (size_t)executor->network->tensor_count * sizeof *executor->needed);
}

static void mark_inputs(struct executor *executor, const struct candidate *candidate,
                        const struct block *block)
{
    const struct network *network = executor->network;

    for (int index = network->layer_count - 1; index >= 0; index--) {
        const struct layer *layer = &network->layers[index];

        if (!executor->needed[layer->output] ||
            executor_is_valid(candidate, block, layer->output))
            continue;
        for (int i = 0; i < layer->input_count; i++)
            executor->needed[layer->inputs[i]] = true;
    }
}

static bool must_be_made(const struct executor *executor,
                         const struct candidate *candidate, const struct block *block,
                         int tensor)
{
    return executor->needed[tensor] && !executor_is_valid(candidate, block, tensor);
}

/* Whether a tensor that must be made before `tensor` is written over it. */
static bool is_in_the_way(const struct executor *executor,
                          const struct candidate *candidate, const struct block *block,
                          int tensor)
{
    const struct network *network = executor->network;

    for (int index = 0; index < network->tensors[tensor].producer; index++) {
        int before = network->layers[index].output;

        if (rooms_overlap(block->remembered->shared, tensor, before) &&
            must_be_made(executor, candidate, block, before))
            return true;
    }
    return false;
}

/* Forgets a tensor that is needed, but would be gone when it is; returns whether there was one. */
static bool forget_in_the_way(const struct executor *executor,
                              const struct candidate *candidate,
                              const struct block *block)
{
    for (int tensor = 0; tensor < executor->network->tensor_count; tensor++)
        if (executor->needed[tensor] && executor_is_valid(candidate, block, tensor) &&
            is_in_the_way(executor, candidate, block, tensor)) {
            block->remembered->tensors[tensor].signature = 0;
            return true;
        }
    return false;
}

void executor_need_inputs(struct executor *executor, const struct candidate *candidate,
                          const struct block *block)
{
    size_t bytes = (size_t)executor->network->tensor_count * sizeof *executor->needed;

    memcpy(executor->wanted, executor->needed, bytes);
    mark_inputs(executor, candidate, block);
    if (!block || !block->remembered || !block->remembered->shared)
        return;
    while (forget_in_the_way(executor, candidate, block)) {
        memcpy(executor->needed, executor->wanted, bytes);
        mark_inputs(executor, candidate, block);
    }
}

static void find_needed(struct executor *executor, const struct candidate *candidate,
                        const struct block *block, int target)
{
    executor_need_nothing(executor);
    executor->needed[target] = true;
    executor_need_inputs(executor, candidate, block);
}

/* ---- making ---------------------------------------------------------------------------- */

static void make_scratch(struct executor *executor)
{
    const struct network *network = executor->network;
    int samples = executor->options.block;
    struct scratch_sizes sizes = {0};

    for (int layer = 0; layer < network->layer_count; layer++)
        layer_run_need(&executor->runs[layer], samples, &sizes);
    for (int tensor = 0; tensor < network->tensor_count; tensor++) {
        size_t bytes = (size_t)samples * network->tensors[tensor].count * sizeof(float);

        sizes.floats = memory_larger(sizes.floats, bytes);
    }
    executor->scratch = conv_scratch_make(&sizes);
}

static void make_room_for_tasks(struct executor *executor)
{
    const struct network *network = executor->network;
    int inputs = 1, weights = 1;

    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        inputs = layer->input_count > inputs ? layer->input_count : inputs;
        weights = layer->weight_count > weights ? layer->weight_count : weights;
    }
    executor->inputs = memory_zeroed((size_t)inputs, sizeof *executor->inputs);
    executor->weights = memory_zeroed((size_t)weights, sizeof *executor->weights);
}

static void count_upstream(struct executor *executor)
{
    const struct network *network = executor->network;

    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        executor->macs[index] =
            (int64_t)layer_macs(layer, network->tensors[layer->output].count);
        find_needed(executor, NULL, NULL, layer->output);
        for (int before = 0; before <= index; before++)
            if (executor->needed[network->layers[before].output]) {
                executor->macs_to[layer->output] += executor->macs[before];
                executor->layers_to[layer->output]++;
            }
    }
}

static void make_layers(struct executor *executor)
{
    size_t layers = (size_t)executor->network->layer_count;

    executor->setting = (struct layer_setting){
        .network = executor->network,
        .placement = executor->options.placement,
        .planes = executor->planes,
        .kernels = executor->options.kernels,
        .rules = {.corrects_mean = executor->options.corrects_mean,
                  .corrects_variance = executor->options.corrects_variance},
    };
    executor->runs = memory_zeroed(layers, sizeof *executor->runs);
    for (size_t layer = 0; layer < layers; layer++)
        layer_run_init(&executor->runs[layer], &executor->setting, (int)layer);
}

static void find_last_readers(struct executor *executor)
{
    const struct network *network = executor->network;

    for (int index = 0; index < network->layer_count; index++)
        for (int i = 0; i < network->layers[index].input_count; i++)
            executor->last_readers[network->layers[index].inputs[i]] = index;
    executor->last_readers[network->output] = network->layer_count;
}

static void make_room_for_tensors(struct executor *executor)
{
    const struct network *network = executor->network;
    size_t tensors = (size_t)network->tensor_count;

    executor->current = memory_zeroed(tensors, sizeof *executor->current);
    executor->views = memory_zeroed(tensors, sizeof *executor->views);
    executor->last_readers = memory_zeroed(tensors, sizeof *executor->last_readers);
    find_last_readers(executor);
    executor->stretches = slices_of(network, executor->planes, executor->options.block,
                                    executor->options.near_bytes);
    arena_init(&executor->arena, network, executor->planes, executor->options.block,
               executor->stretches);
    arena_init_slices(&executor->slices, network, executor->planes,
                      executor->stretches);
}

struct executor *executor_create(const struct network *network,
                                 const struct plane *planes,
                                 const struct executor_options *options)
{
    struct executor *executor = memory_zeroed(1, sizeof *executor);
    size_t tensors = (size_t)network->tensor_count;
    size_t layers = (size_t)network->layer_count;

    executor->network = network;
    executor->planes = planes;
    executor->options = *options;
    executor->macs = memory_zeroed(layers, sizeof *executor->macs);
    executor->macs_to = memory_zeroed(tensors, sizeof *executor->macs_to);
    executor->layers_to = memory_zeroed(tensors, sizeof *executor->layers_to);
    executor->layer_seconds = memory_zeroed(layers, sizeof *executor->layer_seconds);
    executor->needed = memory_zeroed(tensors, sizeof *executor->needed);
    executor->wanted = memory_zeroed(tensors, sizeof *executor->wanted);
    make_room_for_tasks(executor);
    make_layers(executor);
    count_upstream(executor);
    make_scratch(executor);
    make_room_for_tensors(executor);
    return executor;
}

void executor_destroy(struct executor *executor)
{
    if (!executor)
        return;
    for (int layer = 0; layer < executor->network->layer_count; layer++)
        layer_run_clear(&executor->runs[layer]);
    free(executor->runs);
    free(executor->macs);
    free(executor->macs_to);
    free(executor->layers_to);
    free(executor->layer_seconds);
    conv_scratch_clear(&executor->scratch);
    arena_clear(&executor->arena);
    arena_clear(&executor->slices);
    free(executor->current);
    free(executor->views);
    free(executor->last_readers);
    free(executor->stretches);
    free(executor->needed);
    free(executor->wanted);
    free(executor->inputs);
    free(executor->weights);
    free(executor);
}

/* ---- running ------------------------------------------------------------------------------ */

struct value executor_in_arena(const struct executor *executor, int tensor)
{
    return (struct value){.data = arena_tensor(&executor->arena, tensor),
                          .plane = &executor->planes[tensor]};
}

/* Rounds a tensor that is quantized and stays float; any other stays as it is. */
static void round_floats(const struct executor *executor,
                         const struct candidate *candidate, int tensor, int samples,
                         struct value *value)
{
    const struct quantized_tensor *item = candidate_rounded(candidate, tensor);
    const struct tensor *shape = &executor->network->tensors[tensor];
    size_t count = (size_t)samples * shape->count;
    const struct quantizer *quantizer;

    if (!item)
        return;
    assert(!value_is_codes(value));
    quantizer = candidate_quantizer(candidate, candidate->placement->of_tensor[tensor]);
    if (item->split.added > 0)
        activation_split_round(&item->split, quantizer, value->data,
                               count / (size_t)shape->channels);
    else
        quantizer_round(quantizer, value->data, count);
}

static void load_input(struct executor *executor, const struct candidate *candidate,
                       const struct block *block, int index)
{
    int input = executor->network->inputs[index];
    const float *values = block->values[index];
    const struct quantizer *quantizer =
        candidate_quantizer(candidate, candidate->items[input]);
    struct value *value = &executor->current[input];

    *value = executor_in_arena(executor, input);
    if (!quantizer && !candidate_rounded(candidate, input))
        value->data = (void *)values;
    value_from_floats(values, block->samples, quantizer, value);
    round_floats(executor, candidate, input, block->samples, value);
}

static bool rounds_like_kernel(const struct executor *executor, const struct task *task)
{
    const struct candidate *candidate = task->candidate;

    return kernel_rounding_has(
        &(struct kernel_rounding){
            .network = candidate->network,
            .placement = candidate->placement,
            .rules = &executor->setting.rules,
            .held = candidate->items,
            .choices = candidate->choices,
        },
        task->index);
}

struct layer_task executor_work_of(struct executor *executor, const struct task *task)
{
    for (int i = 0; i < task->layer->input_count; i++)
        executor->inputs[i] = &executor->current[task->layer->inputs[i]];
    for (int which = 0; which < task->layer->weight_count; which++)
        executor->weights[which] =
            candidate_weights(task->candidate, task->index, which);
    return (struct layer_task){.run = &executor->runs[task->index],
                               .layer = task->layer,
                               .weights = executor->weights,
                               .inputs = executor->inputs,
                               .samples = task->block->samples,
                               .rounds_like_kernel = rounds_like_kernel(executor, task),
                               .scratch = &executor->scratch};
}

static void count_run(struct executor *executor, const struct task *task)
{
    executor->counters.layers_run++;
    executor->counters.macs_run += executor->macs[task->index] * task->block->samples;
}

static void run_whole(struct executor *executor, const struct task *task,
                      const struct quantizer *quantizer, struct value *output)
{
    struct layer_task work = executor_work_of(executor, task);

    layer_run_block(&work, quantizer, output);
    count_run(executor, task);
}

/* Whether codes may become the output's without floats between, which would round otherwise. */
static bool may_round_like_kernel(const struct executor *executor,
                                  const struct task *task)
{
    enum layer_codes codes = layer_kind_of(task->layer)->codes;

    return task->candidate->in_codes[task->layer->inputs[0]] &&
           (codes == CODES_MAKE || codes == CODES_MULTIPLY_INPUTS) &&
           rounds_like_kernel(executor, task);
}

bool executor_has_unfinished(const struct executor *executor, const struct task *task)
{
    const struct candidate *candidate = task->candidate;
    const struct layer *layer = task->layer;

    if (!task->block->remembered || candidate->items[layer->output] < 0 ||
        layer_recurs(layer) ||
        layer_gives_codes(layer, candidate->in_codes[layer->inputs[0]], NULL) ||
        may_round_like_kernel(executor, task))
        return false;
    return !candidate_multiplies_codes(candidate, task->index) ||
           layer->weights->groups == 1;
}

/* The layer's values before they are finished: sums of products of codes, or floats. */
static void make_unfinished(struct executor *executor, const struct task *task,
                            const struct unfinished *unfinished)
{
    struct value floats = {.data = unfinished->values,
                           .plane = &executor->planes[task->layer->output]};
    const struct conv_sums sums = {unfinished->values, unfinished->window_sums};

    if (candidate_multiplies_codes(task->candidate, task->index)) {
        const struct layer_task work = executor_work_of(executor, task);

        layer_kind_of(task->layer)->multiply(&work, &sums);
        count_run(executor, task);
    } else {
        run_whole(executor, task, NULL, &floats);
    }
}

static bool is_kept(const struct task *task)
{
    return task->block->remembered->unfinished.signature ==
           task->candidate->unfinished[task->index];
}

const struct unfinished *executor_keep_unfinished(struct executor *executor,
                                                  const struct task *task)
{
    struct unfinished *unfinished = &task->block->remembered->unfinished;

    if (is_kept(task)) {
        executor->counters.epilogues_rerun++;
        return unfinished;
    }
    make_unfinished(executor, task, unfinished);
    unfinished->signature = task->candidate->unfinished[task->index];
    return unfinished;
}

/* The layer's output of values that are kept. */
static void run_on_unfinished(struct executor *executor, const struct task *task,
                              struct value *output)
{
    const struct unfinished *unfinished = executor_keep_unfinished(executor, task);
    const struct conv_sums sums = {unfinished->values, unfinished->window_sums};
    const struct quantizer *quantizer = candidate_output(task->candidate, task->index);

    if (candidate_multiplies_codes(task->candidate, task->index)) {
        const struct layer_task work = executor_work_of(executor, task);

        layer_kind_of(task->layer)->finish(&work, &sums, quantizer, output);
    } else {
        value_from_floats(unfinished->values, task->block->samples, quantizer, output);
    }
}

bool executor_keeps_unfinished(const struct executor *executor, const struct task *task)
{
    return executor_has_unfinished(executor, task) &&
           (is_kept(task) || task->candidate->keeps_unfinished[task->index]);
}

static void run_layer(struct executor *executor, const struct task *task,
                      struct value *output)
{
    if (executor_keeps_unfinished(executor, task))
        run_on_unfinished(executor, task, output);
    else
        run_whole(executor, task, candidate_output(task->candidate, task->index),
                  output);
}

/* One that is quantized has room for codes only. */
struct remembered *executor_place_of(const struct task *task)
{
    const struct candidate *candidate = task->candidate;
    int tensor = task->layer->output, item = candidate->items[tensor];

    if (!task->block->remembered || !candidate->keeps[tensor] ||
        (item >= 0 && !candidate_quantizer(candidate, item)))
        return NULL;
    return &task->block->remembered->tensors[tensor];
}

static void make_tensor(struct executor *executor, const struct task *task)
{
    int tensor = task->layer->output;
    struct remembered *place = executor_place_of(task);
    struct value *value = &executor->current[tensor];
    double began = executor->options.times_layers ? clock_cpu_seconds() : 0;

    if (place)
        remembered_block_make_room(task->block->remembered, tensor,
                                   executor->network->tensor_count);
    *value = place ? place->value : executor_in_arena(executor, tensor);
    run_layer(executor, task, value);
    round_floats(executor, task->candidate, tensor, task->block->samples, value);
    if (executor->options.times_layers)
        executor->layer_seconds[task->index] += clock_cpu_seconds() - began;
    if (place)
        *place = (struct remembered){task->candidate->tensors[tensor], *value};
}

/* What was needed to know `target`, less what was done for it. */
static void count_spared(struct executor *executor, struct executor_counters before,
                         int samples, int target)
{
    struct executor_counters *counters = &executor->counters;
    struct executor_counters done = executor_counters_since(*counters, before);

    counters->layers_reused +=
        executor->layers_to[target] - done.layers_run - done.epilogues_rerun;
    counters->macs_avoided += executor->macs_to[target] * samples - done.macs_run;
}

void executor_load_inputs(struct executor *executor, const struct candidate *candidate,
                          const struct block *block)
{
    const struct network *network = executor->network;

    for (int input = 0; input < network->input_count; input++)
        if (executor->needed[network->inputs[input]])
            load_input(executor, candidate, block, input);
}

void executor_take_or_make(struct executor *executor, const struct candidate *candidate,
                           const struct block *block, int index)
{
    const struct layer *layer = &executor->network->layers[index];
    int tensor = layer->output;

    if (executor_is_valid(candidate, block, tensor))
        executor->current[tensor] = block->remembered->tensors[tensor].value;
    else
        make_tensor(executor, &(struct task){index, layer, candidate, block});
}

/* All that is needed. */
static void run_layers(struct executor *executor, const struct candidate *candidate,
                       const struct block *block)
{
    const struct network *network = executor->network;

    executor_load_inputs(executor, candidate, block);
    for (int index = 0, next; index < network->layer_count; index = next) {
        next = executor_run_slices(executor, candidate, block, index);
        if (next > index)
            continue;
        if (executor->needed[network->layers[index].output])
            executor_take_or_make(executor, candidate, block, index);
        next = index + 1;
    }
}

const struct value *executor_run(struct executor *executor,
                                 const struct candidate *candidate,
                                 const struct block *block, int target)
{
    const struct executor_counters before = executor->counters;
    double began = executor->options.times_layers ? clock_cpu_seconds() : 0;

    executor->target = target;
    find_needed(executor, candidate, block, target);
    run_layers(executor, candidate, block);
    count_spared(executor, before, block->samples, target);
    if (executor->options.times_layers)
        block_times_add(&executor->block_times, clock_cpu_seconds() - began);
    return &executor->current[target];
}

const float *executor_run_floats(struct executor *executor,
                                 const struct candidate *candidate,
                                 const struct block *block, int target)
{
    return value_as_floats(executor_run(executor, candidate, block, target),
                           block->samples, executor->scratch.sums);
}

struct executor_counters executor_counters(const struct executor *executor)
{
    return executor->counters;
}

const double *executor_layer_seconds(const struct executor *executor)
{
    return executor->layer_seconds;
}

struct block_times executor_block_times(const struct executor *executor)
{
    return executor->block_times;
}

void executor_forget_times(struct executor *executor)
{
    memset(executor->layer_seconds, 0,
           (size_t)executor->network->layer_count * sizeof *executor->layer_seconds);
    executor->block_times = (struct block_times){0};
}
