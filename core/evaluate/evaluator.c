#include "core/evaluate/evaluator.h"

#include "core/base/memory.h"
#include "core/evaluate/gram_block.h"
#include "core/evaluate/group_rank.h"
#include "core/evaluate/loss_memory.h"
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
    size_t block;       /* samples evaluated together */
    size_t first_block; /* as in the options, as the next two */
    bool (*must_cut)(void *context);
    void *context;
    struct samples own;
    struct plane *planes; /* [tensors] */
    int *items;           /* [tensors] as early_codes() has them */
    struct block_memory memory;
    struct loss_memory losses; /* of the own samples */
    struct executor *executor;
    struct executor_options options;
    size_t memory_bytes;
    struct float_twin *twin; /* made when it is needed first, or NULL */
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
    evaluator->first_block = options->first_block;
    evaluator->must_cut = options->must_cut;
    evaluator->context = options->context;
    evaluator->own = own;
    loss_memory_init(&evaluator->losses, own.count);
    evaluator->planes = planes_of(network);
    evaluator->items = early_codes(network, placement);
    block_memory_init(&evaluator->memory, network, evaluator->planes, evaluator->items,
                      options->block, (own.count + block - 1) / block,
                      options->memory_bytes);
    evaluator->memory_bytes = options->memory_bytes;
    evaluator->options =
        (struct executor_options){.kernels = options->kernels,
                                  .corrects_mean = options->corrects_mean,
                                  .corrects_variance = options->corrects_variance,
                                  .placement = placement,
                                  .block = options->block,
                                  .times_layers = options->times_layers,
                                  .near_bytes = options->near_bytes};
    evaluator->executor =
        executor_create(network, evaluator->planes, &evaluator->options);
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
    float_twin_destroy(evaluator->twin);
    block_memory_clear(&evaluator->memory);
    loss_memory_clear(&evaluator->losses);
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

/* Adds the scores of `count` samples from `first` on, of groups those that end among them. `losses` [samples]
 * of each, NULL: they are not wanted. */
static void score_block(const struct samples *samples, size_t first, int count,
                        const float *logits, struct output_shape shape,
                        struct group_rank *rank, struct score *score, double *losses)
{
    size_t outputs = shape.places * shape.outputs;

    for (size_t i = 0; i < (size_t)count; i++) {
        double loss =
            samples_score(samples, first + i, logits + i * outputs, shape, score);

        if (losses)
            losses[first + i] = loss;
        if (samples->groups && outputs == 1)
            group_rank_add(rank, samples->groups[first + i], logits[i], samples->k,
                           score);
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

/* Which samples are scored. */
struct scoring {
    const struct samples *samples;
    bool is_own;
    struct turns turns;
    bool only_unknown;                  /* blocks whose losses the candidate lacks */
    double *losses[CANDIDATES_AT_ONCE]; /* of own samples, [count] each */
};

static bool has_turn(const struct evaluator *evaluator, const struct scoring *scoring,
                     size_t first)
{
    size_t block = evaluator->first_block + first / evaluator->block;
    int turn = turn_of_block(block, scoring->turns.halvings);

    return (scoring->turns.chosen >> turn & 1) &&
           !(scoring->only_unknown && !loss_memory_lacks(scoring->losses[0][first]));
}

/* At most CANDIDATES_AT_ONCE. */
static void score_together(struct evaluator *evaluator, int count,
                           const struct scoring *scoring, struct score *scores)
{
    const struct samples *samples = scoring->samples;
    struct output_shape shape = output_shape_of(evaluator->network);
    struct group_rank ranks[CANDIDATES_AT_ONCE] = {{0}};

    for (size_t first = 0; goes_on(evaluator, samples, first);
         first += evaluator->block) {
        struct block block = block_at(evaluator, samples, first, scoring->is_own);
        bool is_whole = scoring->is_own && evaluator->has_measured;

        if (!has_turn(evaluator, scoring, first))
            continue;
        for (int i = 0; i < count && (i == 0 || !is_cut(evaluator)); i++)
            score_block(samples, first, block.samples,
                        count_logits(evaluator, &evaluator->candidates[i], &block,
                                     is_whole && i == 0),
                        shape, &ranks[i], &scores[i], scoring->losses[i]);
    }
    for (int i = 0; i < count; i++)
        group_rank_end(&ranks[i], samples->k, &scores[i]);
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

/* Of a candidate at hand. */
static double *losses_of(struct evaluator *evaluator, int candidate)
{
    return loss_memory_of(
        &evaluator->losses,
        evaluator->candidates[candidate].tensors[evaluator->network->output]);
}

static const struct choice *choices_at(const struct evaluator *evaluator,
                                       const struct choice *choices, int candidate)
{
    return choices ? choices + candidate * evaluator->placement->count : NULL;
}

/* The candidates at hand, on own samples. */
static void score_own(struct evaluator *evaluator, int count, struct scoring *scoring,
                      struct score *scores)
{
    if (!evaluator->has_measured)
        block_memory_use(&evaluator->memory, LAYOUT_OWN_ROOMS);
    candidates_compare(evaluator->candidates, count, &evaluator->before);
    for (int i = 0; i < count; i++)
        scoring->losses[i] = losses_of(evaluator, i);
    float_twin_destroy(evaluator->twin); /* its memory is worth more now */
    evaluator->twin = NULL;
    score_together(evaluator, count, scoring, scores);
    evaluator->has_measured = false;
    end_with(evaluator, &evaluator->candidates[count - 1]);
}

static int at_once(int left)
{
    return left < CANDIDATES_AT_ONCE ? left : CANDIDATES_AT_ONCE;
}

void evaluator_score(struct evaluator *evaluator, const struct choice *choices,
                     int count, struct score *scores)
{
    for (int done = 0; done < count; done += CANDIDATES_AT_ONCE) {
        struct scoring scoring = {
            .samples = &evaluator->own, .is_own = true, .turns = turns_all};
        int some = at_once(count - done);

        set_candidates(evaluator, choices_at(evaluator, choices, done), some);
        score_own(evaluator, some, &scoring, scores + done);
    }
}

/* Scores the rival where its losses are not known, for nobody's account. */
static const double *losses_of_rival(struct evaluator *evaluator,
                                     const struct choice *rival, struct turns turns)
{
    struct scoring scoring = {.samples = &evaluator->own,
                              .is_own = true,
                              .turns = turns,
                              .only_unknown = true};
    struct executor_counters scored = evaluator->scored;
    struct score ignored = {0};
    bool is_known = true;

    set_candidates(evaluator, rival, 1);
    scoring.losses[0] = losses_of(evaluator, 0);
    for (size_t first = 0; is_known && first < evaluator->own.count;
         first += evaluator->block)
        is_known = !has_turn(evaluator, &scoring, first);
    if (!is_known)
        score_own(evaluator, 1, &scoring, &ignored);
    evaluator->scored = scored;
    return scoring.losses[0];
}

/* Adds the differences on the samples that have their turn. */
static void pair_losses(const struct evaluator *evaluator, struct turns turns,
                        const double *losses, const double *rival,
                        struct paired *paired)
{
    const struct scoring scoring = {
        .samples = &evaluator->own, .is_own = true, .turns = turns};
    size_t block = evaluator->block, count = evaluator->own.count;

    for (size_t first = 0; goes_on(evaluator, &evaluator->own, first); first += block)
        for (size_t i = first;
             has_turn(evaluator, &scoring, first) && i < first + block && i < count;
             i++)
            paired_add(paired, losses[i], rival[i]);
}

void evaluator_contest(struct evaluator *evaluator, const struct choice *rival,
                       const struct choice *choices, int count, struct turns turns,
                       struct score *scores, struct paired *paired)
{
    for (int done = 0; done < count; done += CANDIDATES_AT_ONCE) {
        struct scoring scoring = {
            .samples = &evaluator->own, .is_own = true, .turns = turns};
        const double *of_rival = losses_of_rival(evaluator, rival, turns);
        int some = at_once(count - done);

        set_candidates(evaluator, choices_at(evaluator, choices, done), some);
        score_own(evaluator, some, &scoring, scores + done);
        for (int i = 0; i < some; i++)
            pair_losses(evaluator, turns, scoring.losses[i], of_rival,
                        &paired[done + i]);
    }
}

void evaluator_score_others(struct evaluator *evaluator, const struct choice *choices,
                            int count, struct samples others, struct score *scores)
{
    for (int i = 0; i < count; i++) {
        const struct scoring scoring = {.samples = &others, .turns = turns_all};

        set_candidates(evaluator, choices_at(evaluator, choices, i), 1);
        score_together(evaluator, 1, &scoring, scores + i);
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

/* ---- measures ----------------------------------------------------------------------------- */

/* One candidate of which everything is worth remembering: who measures goes on from there. */
static const struct candidate *set_measured(struct evaluator *evaluator,
                                            const struct choice *choices, int left_out)
{
    struct candidate *candidate = &evaluator->candidates[0];

    candidate_set(candidate, choices, left_out);
    candidate_keep_all(candidate);
    block_memory_use(&evaluator->memory, LAYOUT_SHARED_ROOMS);
    evaluator->has_measured = true;
    return candidate;
}

/* Measures at work, and where their numbers go. */
struct measuring {
    const struct evaluator *evaluator;
    const struct measure *measures;
    int count;
    int64_t *sums;
    double *maxima;
};

static struct measured measured_of(const struct measuring *measuring, int which)
{
    return (struct measured){measuring->evaluator->network,
                             measuring->evaluator->placement,
                             &measuring->measures[which]};
}

/* Hands what is seen to the measures that look at it. */
static void see(void *context, enum sight sight, int index, const float *values,
                size_t count)
{
    const struct measuring *measuring = context;
    int64_t *sums = measuring->sums;
    double *maxima = measuring->maxima;

    for (int i = 0; i < measuring->count; i++) {
        const struct measured of = measured_of(measuring, i);
        const struct measure_row *row = measure_row(of.measure->kind);
        struct measure_room room = row->room(&of);

        if (row->sees == sight && measure_index(&of) == index)
            row->add(&of, values, count, sums, maxima);
        sums += room.sums;
        maxima += room.maxima;
    }
}

static struct observer observer_of(struct measuring *measuring)
{
    const struct network *network = measuring->evaluator->network;
    struct observer observer = {.see = see, .context = measuring};

    for (int sight = 0; sight < SIGHTS; sight++)
        observer.wants[sight] =
            memory_zeroed((size_t)(sight == SEE_PRODUCTS ? network->layer_count
                                                         : network->tensor_count),
                          sizeof *observer.wants[sight]);
    for (int i = 0; i < measuring->count; i++) {
        const struct measured of = measured_of(measuring, i);
        enum sight sight = measure_row(of.measure->kind)->sees;

        observer.wants[sight][measure_index(&of)] = true;
    }
    return observer;
}

/* An activation that is measured is left in float, and what it is made of is remembered. */
static const struct candidate *choose_for(struct evaluator *evaluator,
                                          const struct measured *of,
                                          const struct choice *choices)
{
    bool sees_tensor = measure_row(of->measure->kind)->sees != SEE_PRODUCTS;
    const struct candidate *candidate =
        set_measured(evaluator, choices, sees_tensor ? of->measure->subject : -1);

    if (sees_tensor)
        candidate_keep_unfinished(&evaluator->candidates[0], measure_index(of));
    return candidate;
}

static void observe_all(struct evaluator *evaluator, const struct observer *observer,
                        bool remembers)
{
    for (size_t first = 0; goes_on(evaluator, &evaluator->own, first);
         first += evaluator->block) {
        struct block block = block_at(evaluator, &evaluator->own, first, remembers);

        executor_observe(evaluator->executor, &evaluator->candidates[0], &block,
                         observer);
    }
}

/* Measures that each look at one thing. */
static void measure_seen(struct evaluator *evaluator, const struct measure *measures,
                         int count, const struct choice *choices, int64_t *sums,
                         double *maxima)
{
    struct measuring measuring = {evaluator, measures, count, sums, maxima};
    struct observer observer = observer_of(&measuring);

    assert(count == 1 || !choices);
    if (choices) {
        const struct measured of = measured_of(&measuring, 0);
        const struct candidate *candidate = choose_for(evaluator, &of, choices);

        observe_all(evaluator, &observer, true);
        end_with(evaluator, candidate);
    } else {
        set_candidates(evaluator, NULL, 1);
        observe_all(evaluator, &observer, false);
    }
    for (int sight = 0; sight < SIGHTS; sight++)
        free(observer.wants[sight]);
}

/* Measures that look at the quantized network, and at the float one beside it. */
static void measure_both(struct evaluator *evaluator, const struct measure *measure,
                         const struct choice *choices, int64_t *sums, double *maxima)
{
    const struct candidate *candidate = set_measured(evaluator, choices, -1);
    size_t blocks = (evaluator->own.count + evaluator->block - 1) / evaluator->block;

    if (!evaluator->twin)
        evaluator->twin =
            float_twin_create(evaluator->network, evaluator->planes,
                              &evaluator->options, blocks, evaluator->memory_bytes);
    for (size_t first = 0; goes_on(evaluator, &evaluator->own, first);
         first += evaluator->block) {
        struct block block = block_at(evaluator, &evaluator->own, first, true);
        const struct gram_block both = {
            evaluator->network,      evaluator->executor,        candidate,
            evaluator->twin,         evaluator->options.kernels, &block,
            first / evaluator->block};

        if (measure->kind == MEASURE_GRAM)
            gram_block_add(&both, measure, sums, maxima);
        else
            gram_block_compare(&both, measure, sums);
    }
    end_with(evaluator, candidate);
}

void evaluator_measure(struct evaluator *evaluator, const struct measure *measures,
                       int count, const struct choice *choices, int64_t *sums,
                       double *maxima)
{
    if (count == 0 || measure_row(measures->kind)->sees != SIGHTS) {
        measure_seen(evaluator, measures, count, choices, sums, maxima);
        return;
    }
    assert(count == 1);
    measure_both(evaluator, measures, choices, sums, maxima);
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

struct block_times evaluator_block_times(const struct evaluator *evaluator)
{
    return executor_block_times(evaluator->executor);
}

void evaluator_forget_times(struct evaluator *evaluator)
{
    executor_forget_times(evaluator->executor);
}
