#include "core/evaluate/evaluator.h"

#include "core/base/memory.h"
#include "core/evaluate/moments.h"
#include "core/evaluate/product_means.h"
#include "core/layer/conv_weights.h"
#include "core/network/early_codes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Candidates that are evaluated together: a convolution has the weights of each at hand. */
enum { CANDIDATES_AT_ONCE = WEIGHT_VARIANTS };

struct evaluator {
    const struct network *network;
    const struct placement *placement;
    size_t block;                    /* samples evaluated together */
    bool (*must_cut)(void *context); /* as in the options */
    void *context;
    struct samples own;
    struct plane *planes; /* [tensors] */
    int *items;           /* [tensors] as early_codes() has them */
    struct block_memory memory;
    struct executor *executor;
    struct candidate candidates[CANDIDATES_AT_ONCE]; /* at hand */
    struct candidate before;                         /* signatures of the last one */
    struct executor_counters scored;                 /* evaluator_score_counters() */
    bool has_measured; /* since candidates were scored on the own samples */
};

struct evaluator *evaluator_create(const struct network *network,
                                   const struct placement *placement,
                                   const struct evaluator_options *options,
                                   struct samples own)
{
    struct evaluator *evaluator = memory_zeroed(1, sizeof *evaluator);
    size_t block = (size_t)options->block;

    evaluator->network = network;
    evaluator->placement = placement;
    evaluator->block = block;
    evaluator->must_cut = options->must_cut;
    evaluator->context = options->context;
    evaluator->own = own;
    evaluator->planes = planes_of(network);
    evaluator->items = early_codes(network, placement);
    block_memory_init(&evaluator->memory, network, evaluator->planes, evaluator->items,
                      options->block, (own.count + block - 1) / block,
                      options->memory_bytes);
    evaluator->executor = executor_create(
        network, evaluator->planes,
        &(struct executor_options){.kernels = options->kernels,
                                   .corrects_mean = options->corrects_mean,
                                   .corrects_variance = options->corrects_variance,
                                   .placement = placement,
                                   .block = options->block,
                                   .times_layers = options->times_layers});
    for (int i = 0; i < CANDIDATES_AT_ONCE; i++)
        candidate_init(&evaluator->candidates[i], network, placement, evaluator->items);
    candidate_init(&evaluator->before, network, placement, evaluator->items);
    return evaluator;
}

void evaluator_destroy(struct evaluator *evaluator)
{
    if (!evaluator)
        return;
    executor_destroy(evaluator->executor);
    block_memory_clear(&evaluator->memory);
    for (int i = 0; i < CANDIDATES_AT_ONCE; i++)
        candidate_clear(&evaluator->candidates[i]);
    candidate_clear(&evaluator->before);
    free(evaluator->planes);
    free(evaluator->items);
    free(evaluator);
}

/* ---- blocks ------------------------------------------------------------------------------ */

static bool is_cut(const struct evaluator *evaluator)
{
    return evaluator->must_cut && evaluator->must_cut(evaluator->context);
}

/* Whether there is a block from sample `first` on, and it is to be evaluated. */
static bool goes_on(const struct evaluator *evaluator, const struct samples *samples,
                    size_t first)
{
    return first < samples->count && !is_cut(evaluator);
}

static struct block block_at(const struct evaluator *evaluator,
                             const struct samples *samples, size_t first, bool is_own)
{
    const struct network *network = evaluator->network;
    size_t size = evaluator->block;
    size_t left = samples->count - first;
    struct block block = {
        .samples = (int)(left < size ? left : size),
        .remembered = is_own ? block_memory_at(&evaluator->memory, first / size) : NULL,
    };

    for (int input = 0; input < network->input_count; input++)
        block.values[input] =
            (const char *)samples->values[input] +
            first * network_input(network, input)->count * TENSOR_ELEMENT_BYTES;
    return block;
}

/* ---- scores ------------------------------------------------------------------------------ */

/* Adds the scores of `count` samples from `first` on. */
static void score_block(const struct samples *samples, size_t first, int count,
                        const float *logits, size_t classes, struct score *score)
{
    for (size_t i = 0; i < (size_t)count; i++) {
        score_add(score, samples->loss, logits + i * classes, classes,
                  samples_expected(samples, first + i, classes));
    }
}

/* Evaluates a candidate on a block, and counts what that takes; `is_whole`: as if all had run. */
static const float *count_logits(struct evaluator *evaluator,
                                 const struct candidate *candidate,
                                 const struct block *block, bool is_whole)
{
    struct executor_counters before = executor_counters(evaluator->executor), done;
    const float *logits = executor_run_floats(evaluator->executor, candidate, block,
                                              evaluator->network->output);

    done = executor_counters_since(executor_counters(evaluator->executor), before);
    evaluator->scored = executor_counters_sum(
        evaluator->scored, is_whole ? executor_counters_as_run(done) : done);
    return logits;
}

/* At most CANDIDATES_AT_ONCE. */
static void score_together(struct evaluator *evaluator, int count,
                           const struct samples *samples, bool is_own,
                           struct score *scores)
{
    const struct network *network = evaluator->network;
    size_t classes = network->tensors[network->output].count;

    for (size_t first = 0; goes_on(evaluator, samples, first);
         first += evaluator->block) {
        struct block block = block_at(evaluator, samples, first, is_own);

        for (int i = 0; i < count && (i == 0 || !is_cut(evaluator)); i++)
            score_block(samples, first, block.samples,
                        count_logits(evaluator, &evaluator->candidates[i], &block,
                                     is_own && i == 0 && evaluator->has_measured),
                        classes, &scores[i]);
    }
}

/* choices == NULL: `count` is one. */
static void set_candidates(struct evaluator *evaluator, const struct choice *choices,
                           int count)
{
    for (int i = 0; i < count; i++)
        candidate_set(&evaluator->candidates[i],
                      choices ? choices + i * evaluator->placement->count : NULL, -1);
}

/* Whatever comes next is held against the last candidate. */
static void end_with(struct evaluator *evaluator, const struct candidate *last)
{
    candidate_copy_signatures(&evaluator->before, last);
}

void evaluator_score(struct evaluator *evaluator, const struct choice *choices,
                     int count, struct score *scores)
{
    for (int done = 0; done < count; done += CANDIDATES_AT_ONCE) {
        int some =
            count - done < CANDIDATES_AT_ONCE ? count - done : CANDIDATES_AT_ONCE;

        set_candidates(evaluator,
                       choices ? choices + done * evaluator->placement->count : NULL,
                       some);
        candidates_compare(evaluator->candidates, some, &evaluator->before);
        score_together(evaluator, some, &evaluator->own, true, scores + done);
        evaluator->has_measured = false;
        end_with(evaluator, &evaluator->candidates[some - 1]);
    }
}

void evaluator_score_others(struct evaluator *evaluator, const struct choice *choices,
                            int count, struct samples others, struct score *scores)
{
    for (int i = 0; i < count; i++) {
        set_candidates(evaluator,
                       choices ? choices + i * evaluator->placement->count : NULL, 1);
        score_together(evaluator, 1, &others, false, scores + i);
    }
}

void evaluator_logits(struct evaluator *evaluator, const struct choice *choices,
                      struct samples others, float *logits)
{
    const struct network *network = evaluator->network;
    size_t classes = network->tensors[network->output].count;

    set_candidates(evaluator, choices, 1);
    for (size_t first = 0; goes_on(evaluator, &others, first);
         first += evaluator->block) {
        struct block block = block_at(evaluator, &others, first, false);

        memcpy(logits + first * classes,
               executor_run_floats(evaluator->executor, &evaluator->candidates[0],
                                   &block, network->output),
               (size_t)block.samples * classes * sizeof *logits);
    }
}

/* ---- statistics --------------------------------------------------------------------------- */

/* One candidate of which everything is worth remembering: who measures goes on from there. */
static const struct candidate *set_measured(struct evaluator *evaluator,
                                            const struct choice *choices, int left_out)
{
    struct candidate *candidate = &evaluator->candidates[0];

    candidate_set(candidate, choices, left_out);
    candidate_keep_all(candidate);
    evaluator->has_measured = true;
    return candidate;
}

typedef void (*observe_fn)(void *observer, const float *values, size_t count);

/* Shows an activation tensor, left in float, to an observer block after block. */
static void observe(struct evaluator *evaluator, int item, const struct choice *choices,
                    observe_fn look, void *observer)
{
    const struct quantized_tensor *quantized = &evaluator->placement->items[item];
    size_t count = evaluator->network->tensors[quantized->index].count;
    const struct candidate *candidate = set_measured(evaluator, choices, item);

    assert(!quantized->is_weight);
    candidate_keep_unfinished(&evaluator->candidates[0], quantized->index);
    for (size_t first = 0; goes_on(evaluator, &evaluator->own, first);
         first += evaluator->block) {
        struct block block = block_at(evaluator, &evaluator->own, first, true);

        look(observer,
             executor_run_floats(evaluator->executor, candidate, &block,
                                 quantized->index),
             (size_t)block.samples * count);
    }
    end_with(evaluator, candidate);
}

static void look_at_range(void *observer, const float *values, size_t count)
{
    range_add(observer, values, count);
}

static void look_at_histogram(void *observer, const float *values, size_t count)
{
    histogram_add(observer, values, count);
}

void evaluator_range(struct evaluator *evaluator, int item,
                     const struct choice *choices, struct range *range)
{
    observe(evaluator, item, choices, look_at_range, range);
}

void evaluator_histogram(struct evaluator *evaluator, int item,
                         const struct choice *choices, struct histogram *histogram)
{
    observe(evaluator, item, choices, look_at_histogram, histogram);
}

/* Shows all tensors of the float network in one go. Nothing is taken from memory, so that every
 * tensor is made and seen; the samples of a block are told through `samples`. */
static void show_float_tensors(struct evaluator *evaluator, see_tensor_fn see,
                               void *context, int *samples)
{
    set_candidates(evaluator, NULL, 1);
    for (size_t first = 0; goes_on(evaluator, &evaluator->own, first);
         first += evaluator->block) {
        struct block block = block_at(evaluator, &evaluator->own, first, false);

        *samples = block.samples;
        executor_show_tensors(evaluator->executor, &evaluator->candidates[0], &block,
                              see, context);
    }
}

/* Who looks at all activations that can be quantized. */
struct activations_observer {
    const struct evaluator *evaluator;
    int samples; /* of the block at hand */
    struct range *ranges;
    struct histogram *histograms;
};

static void look_at_tensor(void *context, int tensor, const float *values)
{
    const struct activations_observer *observer = context;
    int item = observer->evaluator->placement->of_tensor[tensor];
    size_t count =
        (size_t)observer->samples * observer->evaluator->network->tensors[tensor].count;

    if (item < 0)
        return;
    if (observer->ranges)
        range_add(&observer->ranges[item], values, count);
    else if (observer->histograms[item].bins > 0)
        histogram_add(&observer->histograms[item], values, count);
}

void evaluator_float_ranges(struct evaluator *evaluator, struct range *ranges)
{
    struct activations_observer observer = {.evaluator = evaluator, .ranges = ranges};

    show_float_tensors(evaluator, look_at_tensor, &observer, &observer.samples);
}

void evaluator_float_histograms(struct evaluator *evaluator,
                                struct histogram *histograms)
{
    struct activations_observer observer = {.evaluator = evaluator,
                                            .histograms = histograms};

    show_float_tensors(evaluator, look_at_tensor, &observer, &observer.samples);
}

/* Where the maxima of channels go. */
struct channel_maxima {
    const struct activation_split *split;
    size_t channels;
    float *maxima;
};

static void look_at_maxima(void *observer, const float *values, size_t count)
{
    const struct channel_maxima *of = observer;

    activation_split_look(of->split, values, count / of->channels, of->channels,
                          of->maxima);
}

void evaluator_channel_maxima(struct evaluator *evaluator, int item, float *maxima)
{
    const struct quantized_tensor *of_item = &evaluator->placement->items[item];
    struct channel_maxima of = {
        &of_item->split, (size_t)evaluator->network->tensors[of_item->index].channels,
        maxima};

    observe(evaluator, item, NULL, look_at_maxima, &of);
}

static void add_moments(const struct network *network, int layer, const float *input,
                        int samples, int64_t *sums)
{
    const struct batchnorm *batchnorm = network->layers[layer].batchnorm;
    const struct tensor *output = &network->tensors[network->layers[layer].output];

    moments_add(batchnorm, input, samples, output->count / (size_t)batchnorm->channels,
                sums);
}

void evaluator_moments(struct evaluator *evaluator, int layer,
                       const struct choice *choices, int64_t *sums)
{
    const struct candidate *candidate = set_measured(evaluator, choices, -1);

    for (size_t first = 0; goes_on(evaluator, &evaluator->own, first);
         first += evaluator->block) {
        struct block block = block_at(evaluator, &evaluator->own, first, true);

        add_moments(
            evaluator->network, layer,
            executor_run_to_batchnorm(evaluator->executor, candidate, &block, layer),
            block.samples, sums);
    }
    end_with(evaluator, candidate);
}

void evaluator_product_means(struct evaluator *evaluator, int layer,
                             const struct choice *choices, int64_t *sums)
{
    const struct candidate *candidate = set_measured(evaluator, choices, -1);
    const struct layer *measured = &evaluator->network->layers[layer];
    const struct tensor *output = &evaluator->network->tensors[measured->output];
    int channels = measured->weights->outputs;

    for (size_t first = 0; goes_on(evaluator, &evaluator->own, first);
         first += evaluator->block) {
        struct block block = block_at(evaluator, &evaluator->own, first, true);

        product_means_add(
            executor_run_to_batchnorm(evaluator->executor, candidate, &block, layer),
            block.samples, output->count / (size_t)channels, channels, sums);
    }
    end_with(evaluator, candidate);
}

/* Where the sums of all batch norms of a block's samples go. */
struct all_moments {
    const struct network *network;
    int samples;
    int64_t *sums;
};

/* Adds to the sums that stand behind those of all layers before this one. */
static void add_to_all_moments(void *context, int layer, const float *input)
{
    const struct all_moments *all = context;
    const struct layer *layers = all->network->layers;
    int64_t *sums = all->sums;

    for (int before = 0; before < layer; before++)
        if (layers[before].batchnorm)
            sums += moments_count(layers[before].batchnorm->channels);
    add_moments(all->network, layer, input, all->samples, sums);
}

/* Nothing is taken from memory, so that every layer runs and is seen. */
void evaluator_float_moments(struct evaluator *evaluator, int64_t *sums)
{
    set_candidates(evaluator, NULL, 1);
    for (size_t first = 0; goes_on(evaluator, &evaluator->own, first);
         first += evaluator->block) {
        struct block block = block_at(evaluator, &evaluator->own, first, false);
        struct all_moments all = {evaluator->network, block.samples, sums};

        executor_run_all(evaluator->executor, &evaluator->candidates[0], &block,
                         add_to_all_moments, &all);
    }
}

int evaluator_check_splits(struct evaluator *evaluator, const struct choice *choices,
                           struct error *err)
{
    const struct candidate *candidate = set_measured(evaluator, choices, -1);
    int status = 0;

    if (goes_on(evaluator, &evaluator->own, 0)) {
        struct block block = block_at(evaluator, &evaluator->own, 0, true);

        status = executor_check_splits(evaluator->executor, candidate, &block, err);
    }
    end_with(evaluator, candidate);
    return status;
}

struct executor_counters evaluator_counters(const struct evaluator *evaluator)
{
    return executor_counters(evaluator->executor);
}

struct executor_counters evaluator_score_counters(const struct evaluator *evaluator)
{
    return evaluator->scored;
}

const double *evaluator_layer_seconds(const struct evaluator *evaluator)
{
    return executor_layer_seconds(evaluator->executor);
}
