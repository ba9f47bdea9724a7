#include "core/network/evaluator.h"

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/network/arena.h"
#include "core/network/batchnorm.h"
#include "core/network/conv_run.h"
#include "core/network/early_codes.h"
#include "core/network/layer_run.h"
#include "core/network/moments.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* An activation tensor of one block that is remembered. */
struct remembered {
    uint64_t signature; /* 0: nothing yet */
    struct value value;
};

struct evaluator {
    const struct network *network;
    const struct placement *placement;
    struct evaluator_options options;
    struct samples own;
    struct plane *planes;     /* [tensors] */
    int *items;               /* [tensors] as early_codes() has them */
    struct conv_run *convs;   /* [layers], used where the layer is a convolution */
    struct code_moves *moves; /* [layers], used where it is a rearrangement */
    struct scratch scratch;
    struct arena arena;            /* tensors that are not remembered */
    struct remembered *remembered; /* [remembered blocks, tensors] */
    size_t remembered_blocks;
    void *memory; /* what `remembered` points into */
    /* the candidate at hand */
    struct quantizer *quantizers; /* [items] step 0: float */
    uint64_t *signatures;         /* [tensors] */
    int64_t *moments; /* of all batch norms, added to while layers run; or NULL */
    /* the block at hand */
    struct value *current;       /* [tensors] */
    bool *needed;                /* [tensors] */
    const struct value **inputs; /* [most inputs of a layer] */
    struct evaluator_counters counters;
    double *layer_seconds; /* [layers] */
};

/* A block: its input, and what is remembered of it (NULL: nothing ever). */
struct block {
    const float *values;
    int samples;
    struct remembered *remembered; /* [tensors] */
};

/* ---- making ---------------------------------------------------------------------------- */

static void make_scratch(struct evaluator *evaluator)
{
    const struct network *network = evaluator->network;
    int samples = evaluator->options.block;
    struct scratch_sizes sizes = {0};
    size_t floats = 0; /* of the largest tensor */
    struct scratch *scratch = &evaluator->scratch;

    for (int layer = 0; layer < network->layer_count; layer++)
        if (network->layers[layer].kind == LAYER_CONV)
            conv_run_sizes(&evaluator->convs[layer], samples, &sizes);
    for (int tensor = 0; tensor < network->tensor_count; tensor++) {
        size_t bytes = (size_t)samples * network->tensors[tensor].count * sizeof(float);

        floats = bytes > floats ? bytes : floats;
    }
    scratch->planes = memory_aligned(sizes.planes);
    scratch->pixel_sums = memory_aligned(sizes.pixel_sums);
    scratch->window_sums = memory_aligned(sizes.window_sums);
    scratch->windows = memory_aligned(sizes.windows);
    scratch->sums = memory_aligned(floats);
    scratch->floats[0] = memory_aligned(floats);
    scratch->floats[1] = memory_aligned(floats);
}

static int most_inputs(const struct network *network)
{
    int most = 1;

    for (int layer = 0; layer < network->layer_count; layer++)
        if (network->layers[layer].input_count > most)
            most = network->layers[layer].input_count;
    return most;
}

/* Bytes of a remembered tensor. Where codes pass through it may hold either kind. */
static size_t slot_bytes(const struct evaluator *evaluator, int tensor)
{
    const struct plane *plane = &evaluator->planes[tensor];
    size_t codes = value_code_bytes(plane, evaluator->options.block);
    size_t floats = value_float_bytes(plane, evaluator->options.block);
    bool is_quantized = evaluator->items[tensor] >= 0;

    return ((is_quantized || codes > floats ? codes : floats) + 63) / 64 * 64;
}

static bool can_be_remembered(const struct evaluator *evaluator, int tensor)
{
    return tensor != evaluator->network->input;
}

static size_t block_bytes(const struct evaluator *evaluator)
{
    size_t bytes = 0;

    for (int tensor = 0; tensor < evaluator->network->tensor_count; tensor++)
        if (can_be_remembered(evaluator, tensor))
            bytes += slot_bytes(evaluator, tensor);
    return bytes;
}

static size_t block_count(const struct evaluator *evaluator, size_t samples)
{
    size_t block = (size_t)evaluator->options.block;

    return (samples + block - 1) / block;
}

/* As many whole blocks as the memory allows. */
static void make_remembered(struct evaluator *evaluator)
{
    size_t tensors = (size_t)evaluator->network->tensor_count;
    size_t bytes = block_bytes(evaluator);
    size_t blocks = block_count(evaluator, evaluator->own.count);
    size_t affordable = evaluator->options.memory_bytes / bytes;
    unsigned char *slot;

    evaluator->remembered_blocks = blocks < affordable ? blocks : affordable;
    evaluator->memory = memory_aligned(evaluator->remembered_blocks * bytes);
    evaluator->remembered = memory_zeroed(evaluator->remembered_blocks * tensors,
                                          sizeof *evaluator->remembered);
    slot = evaluator->memory;
    for (size_t i = 0; i < evaluator->remembered_blocks * tensors; i++)
        if (can_be_remembered(evaluator, (int)(i % tensors))) {
            evaluator->remembered[i].value =
                (struct value){.data = slot, .plane = &evaluator->planes[i % tensors]};
            slot += slot_bytes(evaluator, (int)(i % tensors));
        }
}

static void make_layers(struct evaluator *evaluator)
{
    const struct network *network = evaluator->network;
    size_t layers = (size_t)network->layer_count;

    evaluator->convs = memory_zeroed(layers, sizeof *evaluator->convs);
    evaluator->layer_seconds = memory_zeroed(layers, sizeof *evaluator->layer_seconds);
    evaluator->moves = memory_zeroed(layers, sizeof *evaluator->moves);
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];
        const struct plane *input = &evaluator->planes[layer->inputs[0]];

        if (layer->kind == LAYER_CONV)
            conv_run_init(&evaluator->convs[index], evaluator->options.kernels, layer,
                          input, evaluator->options.corrects_mean);
        else if (layer->kind == LAYER_REARRANGE)
            code_moves_init(&evaluator->moves[index], &layer->rearrange, input,
                            &evaluator->planes[layer->output]);
    }
}

struct evaluator *evaluator_create(const struct network *network,
                                   const struct placement *placement,
                                   const struct evaluator_options *options,
                                   struct samples own)
{
    struct evaluator *evaluator = memory_zeroed(1, sizeof *evaluator);
    size_t tensors = (size_t)network->tensor_count;

    evaluator->network = network;
    evaluator->placement = placement;
    evaluator->options = *options;
    evaluator->own = own;
    evaluator->planes = planes_of(network);
    evaluator->items = early_codes(network, placement);
    make_layers(evaluator);
    make_scratch(evaluator);
    make_remembered(evaluator);
    arena_init(&evaluator->arena, network, evaluator->planes, options->block);
    evaluator->quantizers =
        memory_zeroed((size_t)placement->count, sizeof *evaluator->quantizers);
    evaluator->signatures = memory_zeroed(tensors, sizeof *evaluator->signatures);
    evaluator->current = memory_zeroed(tensors, sizeof *evaluator->current);
    evaluator->needed = memory_zeroed(tensors, sizeof *evaluator->needed);
    evaluator->inputs =
        memory_zeroed((size_t)most_inputs(network), sizeof *evaluator->inputs);
    return evaluator;
}

void evaluator_destroy(struct evaluator *evaluator)
{
    if (!evaluator)
        return;
    for (int layer = 0; layer < evaluator->network->layer_count; layer++) {
        if (evaluator->network->layers[layer].kind == LAYER_CONV)
            conv_run_clear(&evaluator->convs[layer]);
        code_moves_clear(&evaluator->moves[layer]);
    }
    free(evaluator->convs);
    free(evaluator->layer_seconds);
    free(evaluator->moves);
    free(evaluator->planes);
    free(evaluator->items);
    free(evaluator->scratch.planes);
    free(evaluator->scratch.pixel_sums);
    free(evaluator->scratch.window_sums);
    free(evaluator->scratch.windows);
    free(evaluator->scratch.sums);
    free(evaluator->scratch.floats[0]);
    free(evaluator->scratch.floats[1]);
    arena_clear(&evaluator->arena);
    free(evaluator->remembered);
    free(evaluator->memory);
    free(evaluator->quantizers);
    free(evaluator->signatures);
    free(evaluator->current);
    free(evaluator->needed);
    free(evaluator->inputs);
    free(evaluator);
}

/* ---- the candidate ---------------------------------------------------------------------- */

static const struct quantizer *quantizer_of(const struct evaluator *evaluator, int item)
{
    if (item < 0 || evaluator->quantizers[item].step == 0)
        return NULL;
    return &evaluator->quantizers[item];
}

static uint64_t step_bits(const struct evaluator *evaluator, int item)
{
    uint32_t bits = 0;

    if (item >= 0)
        memcpy(&bits, &evaluator->quantizers[item].step, sizeof bits);
    return bits;
}

/* A tensor's signature: its layer, the steps of the layer's weights and of the tensor itself, the
 * statistics of its batch norm, and the signatures of what the layer reads. */
static uint64_t signature_of(const struct evaluator *evaluator, int layer)
{
    const struct layer *made_by = &evaluator->network->layers[layer];
    uint64_t made_of[4] = {(uint64_t)layer,
                           step_bits(evaluator, evaluator->placement->of_layer[layer]),
                           step_bits(evaluator, evaluator->items[made_by->output]),
                           batchnorm_signature(made_by)};
    uint64_t signature = hash_bytes(made_of, sizeof made_of, 1);

    for (int i = 0; i < made_by->input_count; i++)
        signature = hash_bytes(&evaluator->signatures[made_by->inputs[i]],
                               sizeof *evaluator->signatures, signature);
    return signature | 1; /* never 0 */
}

/* The signatures of all tensors under the present quantizers. */
static void sign_tensors(struct evaluator *evaluator)
{
    const struct network *network = evaluator->network;

    evaluator->signatures[network->input] =
        step_bits(evaluator, evaluator->items[network->input]) * 2 + 1;
    for (int layer = 0; layer < network->layer_count; layer++)
        evaluator->signatures[network->layers[layer].output] =
            signature_of(evaluator, layer);
}

static void set_quantizers(struct evaluator *evaluator, const float *steps)
{
    const struct placement *placement = evaluator->placement;

    for (int item = 0; item < placement->count; item++)
        evaluator->quantizers[item] =
            (struct quantizer){.grid = placement->items[item].grid,
                               .bits = placement->items[item].bits,
                               .step = steps ? steps[item] : 0};
}

static void set_candidate(struct evaluator *evaluator, const float *steps)
{
    set_quantizers(evaluator, steps);
    sign_tensors(evaluator);
}

/* ---- one block ---------------------------------------------------------------------------- */

static bool is_valid(const struct evaluator *evaluator, const struct block *block,
                     int tensor)
{
    return block->remembered && can_be_remembered(evaluator, tensor) &&
           block->remembered[tensor].signature == evaluator->signatures[tensor];
}

/* Marks the tensors that must be at hand to know `target`. */
static void find_needed(struct evaluator *evaluator, const struct block *block,
                        int target)
{
    const struct network *network = evaluator->network;

    memset(evaluator->needed, 0,
           (size_t)network->tensor_count * sizeof *evaluator->needed);
    evaluator->needed[target] = true;
    for (int index = network->layer_count - 1; index >= 0; index--) {
        const struct layer *layer = &network->layers[index];

        if (!evaluator->needed[layer->output] ||
            is_valid(evaluator, block, layer->output))
            continue;
        for (int i = 0; i < layer->input_count; i++)
            evaluator->needed[layer->inputs[i]] = true;
    }
}

/* Where a tensor goes: to its remembered place, unless it has none or would be kept as floats in
 * a place made for codes. */
static struct remembered *place_of(const struct evaluator *evaluator,
                                   const struct block *block, int tensor)
{
    int item = evaluator->items[tensor];

    if (!block->remembered || (item >= 0 && !quantizer_of(evaluator, item)))
        return NULL;
    return &block->remembered[tensor];
}

/* A value whose room is shared with other tensors: it holds nothing yet. */
static struct value in_arena(const struct evaluator *evaluator, int tensor)
{
    return (struct value){.data = arena_tensor(&evaluator->arena, tensor),
                          .plane = &evaluator->planes[tensor]};
}

static void load_input(struct evaluator *evaluator, const struct block *block)
{
    int input = evaluator->network->input;
    const struct quantizer *quantizer =
        quantizer_of(evaluator, evaluator->items[input]);
    struct value *value = &evaluator->current[input];

    *value = in_arena(evaluator, input);
    if (!quantizer)
        value->data = (void *)block->values;
    value_from_floats(block->values, block->samples, quantizer, value);
}

static void run_layer(struct evaluator *evaluator, int index, const struct block *block,
                      struct value *output)
{
    const struct layer *layer = &evaluator->network->layers[index];
    const struct placement *placement = evaluator->placement;
    const struct quantizer *quantizer =
        early_codes_pass(layer, evaluator->items)
            ? NULL
            : quantizer_of(evaluator, evaluator->items[layer->output]);

    for (int i = 0; i < layer->input_count; i++)
        evaluator->inputs[i] = &evaluator->current[layer->inputs[i]];
    if (layer->kind == LAYER_CONV)
        conv_run_block(&evaluator->convs[index],
                       quantizer_of(evaluator, placement->of_layer[index]),
                       evaluator->inputs[0],
                       layer->conv.has_residual ? evaluator->inputs[1] : NULL,
                       block->samples, quantizer, output, &evaluator->scratch);
    else
        layer_run_block(evaluator->network, layer, &evaluator->moves[index],
                        evaluator->inputs, block->samples, quantizer, output,
                        &evaluator->scratch);
}

static const float *as_floats(const struct evaluator *evaluator,
                              const struct block *block, const struct value *value)
{
    if (!value_is_codes(value))
        return value->data;
    value_to_floats(value, block->samples, evaluator->scratch.sums);
    return evaluator->scratch.sums;
}

/* The input of a layer's batch norm; the input of the layer is at hand. */
static const float *batchnorm_input(struct evaluator *evaluator, int index,
                                    const struct block *block)
{
    const struct layer *layer = &evaluator->network->layers[index];
    const struct value *input = &evaluator->current[layer->inputs[0]];
    int weights = evaluator->placement->of_layer[index];

    if (layer->kind == LAYER_AFFINE)
        return as_floats(evaluator, block, input);
    conv_run_products(&evaluator->convs[index], quantizer_of(evaluator, weights), input,
                      block->samples, evaluator->scratch.sums, &evaluator->scratch);
    return evaluator->scratch.sums;
}

static void add_moments(struct evaluator *evaluator, int index,
                        const struct block *block, int64_t *sums)
{
    const struct network *network = evaluator->network;
    const struct batchnorm *batchnorm = network->layers[index].batchnorm;
    const struct tensor *output = &network->tensors[network->layers[index].output];

    moments_add(batchnorm, batchnorm_input(evaluator, index, block), block->samples,
                output->count / (size_t)batchnorm->channels, sums);
}

/* Adds to the sums that stand behind those of all layers before this one. */
static void add_to_all_moments(struct evaluator *evaluator, int index,
                               const struct block *block)
{
    const struct layer *layers = evaluator->network->layers;
    int64_t *sums = evaluator->moments;

    for (int before = 0; before < index; before++)
        if (layers[before].batchnorm)
            sums += moments_count(layers[before].batchnorm->channels);
    if (layers[index].batchnorm)
        add_moments(evaluator, index, block, sums);
}

static void make_tensor(struct evaluator *evaluator, int index,
                        const struct block *block)
{
    int tensor = evaluator->network->layers[index].output;
    struct remembered *place = place_of(evaluator, block, tensor);
    struct value *value = &evaluator->current[tensor];
    double began = evaluator->options.times_layers ? clock_cpu_seconds() : 0;

    *value = place ? place->value : in_arena(evaluator, tensor);
    run_layer(evaluator, index, block, value);
    if (evaluator->options.times_layers)
        evaluator->layer_seconds[index] += clock_cpu_seconds() - began;
    if (evaluator->moments)
        add_to_all_moments(evaluator, index, block);
    if (place) {
        place->value = *value;
        place->signature = evaluator->signatures[tensor];
    }
}

/* Computes what is missing to know `target`, and returns its values. */
static const struct value *run_block(struct evaluator *evaluator,
                                     const struct block *block, int target)
{
    const struct network *network = evaluator->network;

    find_needed(evaluator, block, target);
    if (evaluator->needed[network->input])
        load_input(evaluator, block);
    for (int index = 0; index < network->layer_count; index++) {
        int tensor = network->layers[index].output;

        if (!evaluator->needed[tensor])
            continue;
        if (is_valid(evaluator, block, tensor)) {
            evaluator->current[tensor] = block->remembered[tensor].value;
            evaluator->counters.layers_reused++;
        } else {
            make_tensor(evaluator, index, block);
            evaluator->counters.layers_run++;
        }
    }
    return &evaluator->current[target];
}

/* ---- all blocks ---------------------------------------------------------------------------- */

static struct block block_at(const struct evaluator *evaluator,
                             const struct samples *samples, size_t first, bool is_own)
{
    const struct network *network = evaluator->network;
    size_t size = (size_t)evaluator->options.block;
    size_t index = first / size;
    size_t left = samples->count - first;
    struct block block = {
        .values = samples->values + first * network->tensors[network->input].count,
        .samples = (int)(left < size ? left : size),
    };

    if (is_own && index < evaluator->remembered_blocks)
        block.remembered =
            evaluator->remembered + index * (size_t)network->tensor_count;
    return block;
}

/* A tensor of a block as floats. */
static const float *block_floats(struct evaluator *evaluator, const struct block *block,
                                 int tensor)
{
    return as_floats(evaluator, block, run_block(evaluator, block, tensor));
}

/* Adds the scores of `count` samples from `first` on. */
static void score_block(const struct samples *samples, size_t first, int count,
                        const float *logits, size_t classes, struct score *score)
{
    for (size_t i = 0; i < (size_t)count; i++) {
        struct expected expected = {.label = samples->labels[first + i]};

        if (samples->float_logits)
            expected.logits = samples->float_logits + (first + i) * classes;
        score_add(score, samples->loss, logits + i * classes, classes, expected);
    }
}

static void score_samples(struct evaluator *evaluator, const float *steps,
                          const struct samples *samples, bool is_own,
                          struct score *score)
{
    const struct network *network = evaluator->network;
    size_t classes = network->tensors[network->output].count;

    set_candidate(evaluator, steps);
    for (size_t first = 0; first < samples->count;
         first += (size_t)evaluator->options.block) {
        struct block block = block_at(evaluator, samples, first, is_own);
        const float *logits = block_floats(evaluator, &block, network->output);

        score_block(samples, first, block.samples, logits, classes, score);
    }
}

void evaluator_score(struct evaluator *evaluator, const float *steps,
                     struct score *score)
{
    /* The float network is asked for once: it must not push out what a search needs. */
    score_samples(evaluator, steps, &evaluator->own, steps != NULL, score);
}

void evaluator_score_others(struct evaluator *evaluator, const float *steps,
                            struct samples others, struct score *score)
{
    score_samples(evaluator, steps, &others, false, score);
}

void evaluator_logits(struct evaluator *evaluator, const float *steps,
                      struct samples others, float *logits)
{
    const struct network *network = evaluator->network;
    size_t classes = network->tensors[network->output].count;

    set_candidate(evaluator, steps);
    for (size_t first = 0; first < others.count;
         first += (size_t)evaluator->options.block) {
        struct block block = block_at(evaluator, &others, first, false);

        memcpy(logits + first * classes,
               block_floats(evaluator, &block, network->output),
               (size_t)block.samples * classes * sizeof *logits);
    }
}

typedef void (*observe_fn)(void *observer, const float *values, size_t count);

/* Shows an activation tensor, left in float, to an observer block after block. */
static void observe(struct evaluator *evaluator, int item, const float *steps,
                    observe_fn look, void *observer)
{
    const struct quantized_tensor *quantized = &evaluator->placement->items[item];
    size_t count = evaluator->network->tensors[quantized->index].count;

    assert(!quantized->is_weight);
    set_quantizers(evaluator, steps);
    evaluator->quantizers[item].step = 0;
    sign_tensors(evaluator);
    for (size_t first = 0; first < evaluator->own.count;
         first += (size_t)evaluator->options.block) {
        struct block block = block_at(evaluator, &evaluator->own, first, true);

        look(observer, block_floats(evaluator, &block, quantized->index),
             (size_t)block.samples * count);
    }
}

static void look_at_range(void *observer, const float *values, size_t count)
{
    range_add(observer, values, count);
}

static void look_at_histogram(void *observer, const float *values, size_t count)
{
    histogram_add(observer, values, count);
}

void evaluator_range(struct evaluator *evaluator, int item, const float *steps,
                     struct range *range)
{
    observe(evaluator, item, steps, look_at_range, range);
}

void evaluator_histogram(struct evaluator *evaluator, int item, const float *steps,
                         struct histogram *histogram)
{
    observe(evaluator, item, steps, look_at_histogram, histogram);
}

void evaluator_moments(struct evaluator *evaluator, int layer, const float *steps,
                       int64_t *sums)
{
    set_candidate(evaluator, steps);
    for (size_t first = 0; first < evaluator->own.count;
         first += (size_t)evaluator->options.block) {
        struct block block = block_at(evaluator, &evaluator->own, first, true);

        run_block(evaluator, &block, evaluator->network->layers[layer].inputs[0]);
        add_moments(evaluator, layer, &block, sums);
    }
}

/* Nothing is taken from memory, so that every layer runs and is seen. */
void evaluator_float_moments(struct evaluator *evaluator, int64_t *sums)
{
    set_candidate(evaluator, NULL);
    evaluator->moments = sums;
    for (size_t first = 0; first < evaluator->own.count;
         first += (size_t)evaluator->options.block) {
        struct block block = block_at(evaluator, &evaluator->own, first, false);

        run_block(evaluator, &block, evaluator->network->output);
    }
    evaluator->moments = NULL;
}

struct evaluator_counters evaluator_counters(const struct evaluator *evaluator)
{
    return evaluator->counters;
}

const double *evaluator_layer_seconds(const struct evaluator *evaluator)
{
    return evaluator->layer_seconds;
}
