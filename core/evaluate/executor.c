#include "core/evaluate/executor.h"

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/evaluate/arena.h"
#include "core/layer/layer_run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Why it is lazy: a search moves a few steps at a time, and most of what a block holds stays what
 * it was. So a run goes backwards from what is wanted to what is still valid, by signatures
 * alone, and computes the rest. Products are the dear part of a layer, so they are kept apart
 * where only the rounding of its output may change. */

struct executor {
    const struct network *network;
    const struct plane *planes;
    struct executor_options options;
    struct layer_setting setting;
    struct layer_run *runs; /* [layers] */
    struct scratch scratch;
    struct arena arena;               /* tensors that are not remembered */
    struct value *current;            /* [tensors] of the block at hand */
    bool *needed;                     /* [tensors] */
    const struct value **inputs;      /* [most inputs of a layer] */
    const struct quantizer **weights; /* [most weight tensors of a layer] */
    int64_t *macs;                    /* [layers] multiply-adds of a sample */
    int64_t *macs_to;   /* [tensors] of a tensor's layer and all before it */
    int64_t *layers_to; /* [tensors] how many these layers are */
    struct executor_counters counters;
    double *layer_seconds; /* [layers] */
};

/* ---- what is needed ---------------------------------------------------------------------- */

static bool is_valid(const struct candidate *candidate, const struct block *block,
                     int tensor)
{
    return block && block->remembered &&
           !network_is_input(candidate->network, tensor) &&
           block->remembered->tensors[tensor].signature == candidate->tensors[tensor];
}

static void need_nothing(struct executor *executor)
{
    memset(executor->needed, 0,
           (size_t)executor->network->tensor_count * sizeof *executor->needed);
}

/* Marks the tensors that must be at hand to know those that are marked; without a block, all before
 * them. The sums of a convolution do not spare its input: step and code of zero count in the
 * epilogue. */
static void need_inputs(struct executor *executor, const struct candidate *candidate,
                        const struct block *block)
{
    const struct network *network = executor->network;

    for (int index = network->layer_count - 1; index >= 0; index--) {
        const struct layer *layer = &network->layers[index];

        if (!executor->needed[layer->output] ||
            is_valid(candidate, block, layer->output))
            continue;
        for (int i = 0; i < layer->input_count; i++)
            executor->needed[layer->inputs[i]] = true;
    }
}

static void find_needed(struct executor *executor, const struct candidate *candidate,
                        const struct block *block, int target)
{
    need_nothing(executor);
    executor->needed[target] = true;
    need_inputs(executor, candidate, block);
}

static void find_wanted(struct executor *executor, const struct candidate *candidate,
                        const struct block *block, const struct observer *observer)
{
    const struct network *network = executor->network;

    need_nothing(executor);
    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        executor->needed[tensor] = observer->wants[SEE_TENSOR][tensor];
    for (int layer = 0; layer < network->layer_count; layer++)
        if (observer->wants[SEE_PRODUCTS][layer])
            executor->needed[network->layers[layer].inputs[0]] = true;
    need_inputs(executor, candidate, block);
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
    executor->current = memory_zeroed(tensors, sizeof *executor->current);
    executor->needed = memory_zeroed(tensors, sizeof *executor->needed);
    make_room_for_tasks(executor);
    make_layers(executor);
    count_upstream(executor);
    make_scratch(executor);
    arena_init(&executor->arena, network, planes, options->block);
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
    free(executor->current);
    free(executor->needed);
    free(executor->inputs);
    free(executor->weights);
    free(executor);
}

/* ---- running ------------------------------------------------------------------------------ */

/* A value whose room is shared with other tensors: it holds nothing yet. */
static struct value in_arena(const struct executor *executor, int tensor)
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

    *value = in_arena(executor, input);
    if (!quantizer && !candidate_rounded(candidate, input))
        value->data = (void *)values;
    value_from_floats(values, block->samples, quantizer, value);
    round_floats(executor, candidate, input, block->samples, value);
}

/* A layer at work. */
struct task {
    int index;
    const struct layer *layer;
    const struct candidate *candidate;
    const struct block *block;
};

/* What the layer works on; its inputs are at hand. */
static struct layer_task work_of(struct executor *executor, const struct task *task)
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
    struct layer_task work = work_of(executor, task);

    layer_run_block(&work, quantizer, output);
    count_run(executor, task);
}

/* The sums of products of codes, and the layer's output of them. */
static void run_on_sums(struct executor *executor, const struct task *task,
                        struct unfinished *unfinished, bool are_valid,
                        struct value *output)
{
    const struct conv_sums sums = {unfinished->values, unfinished->window_sums};
    const struct layer_task work = work_of(executor, task);

    if (!are_valid) {
        layer_kind_of(task->layer)->multiply(&work, &sums);
        count_run(executor, task);
    }
    layer_kind_of(task->layer)
        ->finish(&work, &sums, candidate_output(task->candidate, task->index), output);
}

/* The floats that a layer makes, and its output of them. */
static void run_on_floats(struct executor *executor, const struct task *task,
                          struct unfinished *unfinished, bool are_valid,
                          struct value *output)
{
    struct value floats = {.data = unfinished->values, .plane = output->plane};

    if (!are_valid)
        run_whole(executor, task, NULL, &floats);
    value_from_floats(floats.data, task->block->samples,
                      candidate_output(task->candidate, task->index), output);
}

/* Whether codes may become the output's without floats between, which would round otherwise. */
static bool may_round_like_kernels(const struct task *task)
{
    const struct candidate *candidate = task->candidate;
    const struct layer *layer = task->layer;
    enum layer_codes codes = layer_kind_of(layer)->codes;

    return candidate->placement->rounds_like_kernels &&
           candidate->in_codes[layer->inputs[0]] &&
           (codes == CODES_MAKE || codes == CODES_MULTIPLY_INPUTS);
}

/* Whether the layer's output is made of something that can be kept: codes that pass are not. */
static bool has_unfinished(const struct task *task)
{
    const struct candidate *candidate = task->candidate;
    const struct layer *layer = task->layer;

    if (!task->block->remembered || candidate->items[layer->output] < 0 ||
        layer_recurs(layer) ||
        layer_gives_codes(layer, candidate->in_codes[layer->inputs[0]], NULL) ||
        may_round_like_kernels(task))
        return false;
    return !candidate_multiplies_codes(candidate, task->index) ||
           layer->weights->groups == 1;
}

static void run_layer(struct executor *executor, const struct task *task,
                      struct value *output)
{
    struct remembered_block *remembered = task->block->remembered;
    uint64_t signature = task->candidate->unfinished[task->index];
    bool may_keep = has_unfinished(task);
    bool are_valid = may_keep && remembered->unfinished.signature == signature;

    if (!are_valid && !(may_keep && task->candidate->keeps_unfinished[task->index])) {
        run_whole(executor, task, candidate_output(task->candidate, task->index),
                  output);
        return;
    }
    remembered->unfinished.signature = signature;
    executor->counters.epilogues_rerun += are_valid;
    if (candidate_multiplies_codes(task->candidate, task->index))
        run_on_sums(executor, task, &remembered->unfinished, are_valid, output);
    else
        run_on_floats(executor, task, &remembered->unfinished, are_valid, output);
}

/* Where a tensor is to be remembered, or NULL. One that is quantized has room for codes only. */
static struct remembered *place_of(const struct task *task)
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
    struct remembered *place = place_of(task);
    struct value *value = &executor->current[tensor];
    double began = executor->options.times_layers ? clock_cpu_seconds() : 0;

    *value = place ? place->value : in_arena(executor, tensor);
    run_layer(executor, task, value);
    round_floats(executor, task->candidate, tensor, task->block->samples, value);
    if (executor->options.times_layers)
        executor->layer_seconds[task->index] += clock_cpu_seconds() - began;
    if (place)
        *place = (struct remembered){task->candidate->tensors[tensor], *value};
}

/* What a batch norm of the layer would see; the layer's input is at hand. */
static const float *products_of(struct executor *executor,
                                const struct candidate *candidate,
                                const struct block *block, int index)
{
    const struct layer *layer = &executor->network->layers[index];
    const struct layer_task work =
        work_of(executor, &(struct task){index, layer, candidate, block});

    return layer_kind_of(layer)->batchnorm_input(&work);
}

static void show_tensor(struct executor *executor, const struct block *block,
                        int tensor, const struct observer *observer)
{
    if (observer && observer->wants[SEE_TENSOR][tensor])
        observer->see(observer->context, SEE_TENSOR, tensor,
                      value_as_floats(&executor->current[tensor], block->samples,
                                      executor->scratch.sums),
                      block->samples);
}

static void show_products(struct executor *executor, const struct candidate *candidate,
                          const struct block *block, int index,
                          const struct observer *observer)
{
    if (observer && observer->wants[SEE_PRODUCTS][index])
        observer->see(observer->context, SEE_PRODUCTS, index,
                      products_of(executor, candidate, block, index), block->samples);
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

static void load_inputs(struct executor *executor, const struct candidate *candidate,
                        const struct block *block, const struct observer *observer)
{
    const struct network *network = executor->network;

    for (int input = 0; input < network->input_count; input++)
        if (executor->needed[network->inputs[input]]) {
            load_input(executor, candidate, block, input);
            show_tensor(executor, block, network->inputs[input], observer);
        }
}

/* Brings a layer's output to hand. */
static void take_or_make(struct executor *executor, const struct candidate *candidate,
                         const struct block *block, int index)
{
    const struct layer *layer = &executor->network->layers[index];
    int tensor = layer->output;

    if (is_valid(candidate, block, tensor))
        executor->current[tensor] = block->remembered->tensors[tensor].value;
    else
        make_tensor(executor, &(struct task){index, layer, candidate, block});
}

/* All that is needed. */
static void run_layers(struct executor *executor, const struct candidate *candidate,
                       const struct block *block, const struct observer *observer)
{
    const struct network *network = executor->network;

    load_inputs(executor, candidate, block, observer);
    for (int index = 0; index < network->layer_count; index++) {
        int tensor = network->layers[index].output;

        show_products(executor, candidate, block, index, observer);
        if (!executor->needed[tensor])
            continue;
        take_or_make(executor, candidate, block, index);
        show_tensor(executor, block, tensor, observer);
    }
}

const struct value *executor_run(struct executor *executor,
                                 const struct candidate *candidate,
                                 const struct block *block, int target)
{
    const struct executor_counters before = executor->counters;

    find_needed(executor, candidate, block, target);
    run_layers(executor, candidate, block, NULL);
    count_spared(executor, before, block->samples, target);
    return &executor->current[target];
}

const float *executor_run_floats(struct executor *executor,
                                 const struct candidate *candidate,
                                 const struct block *block, int target)
{
    return value_as_floats(executor_run(executor, candidate, block, target),
                           block->samples, executor->scratch.sums);
}

void executor_observe(struct executor *executor, const struct candidate *candidate,
                      const struct block *block, const struct observer *observer)
{
    find_wanted(executor, candidate, block, observer);
    run_layers(executor, candidate, block, observer);
}

static int check_splits(struct executor *executor, const struct task *task,
                        struct error *err)
{
    const struct layer *layer = task->layer;
    int tensor = layer_recurs(layer) ? layer->output : layer->inputs[0];
    const struct value *multiplied =
        executor_run(executor, task->candidate, task->block, tensor);
    const struct layer_task work = work_of(executor, task);

    return layer_kind_of(layer)->check_splits(&work, multiplied, err);
}

int executor_check_splits(struct executor *executor, const struct candidate *candidate,
                          const struct block *block, struct error *err)
{
    const struct network *network = executor->network;

    for (int index = 0; index < network->layer_count; index++) {
        const struct task task = {index, &network->layers[index], candidate, block};
        int item = placement_of_weights(candidate->placement, index, 0);

        if (candidate_weights(candidate, index, 0) &&
            candidate->placement->items[item].wide.added > 0 &&
            check_splits(executor, &task, err) < 0)
            return -1;
    }
    return 0;
}

struct executor_counters executor_counters(const struct executor *executor)
{
    return executor->counters;
}

const double *executor_layer_seconds(const struct executor *executor)
{
    return executor->layer_seconds;
}
