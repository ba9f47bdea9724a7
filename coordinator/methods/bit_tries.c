/* What is evaluated beside the model: the best few that it predicts, and assignments at random. */
#include "coordinator/methods/bit_choice_inside.h"

#include "coordinator/methods/rounding.h"
#include "coordinator/search/rank_correlation.h"
#include "core/base/memory.h"
#include "core/base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the best few --------------------------------------------------------------------------- */

enum { NODES_BY_SINGLES = 1000000 };

/* Choices [count, groups] that are evaluated: the solution, its neighbours, and the same bits for all; behind them those that
 * a descent takes up. */
struct tries {
    int *choices; /* owned */
    int count;
    int room;           /* >= count */
    const int *uniform; /* the same bits for all, among `choices`; NULL: too many */
};

static void add_uniform(const struct chooser *chooser, int64_t most,
                        struct tries *tries)
{
    const struct assignment_model *model = &chooser->model;

    for (int width = model->most - 1; width >= 0; width--) {
        int *choices = tries->choices + (size_t)tries->count * (size_t)model->groups;

        for (int group = 0; group < model->groups; group++)
            choices[group] =
                width < model->choices[group] ? width : model->choices[group] - 1;
        if (assignment_cost(model, choices) <= most) {
            tries->uniform = choices;
            tries->count++;
            return;
        }
    }
}

/* Adds choices [count, groups] but those that are there. */
static void add_new(const struct chooser *chooser, const int *choices, int count,
                    struct tries *tries)
{
    size_t groups = (size_t)chooser->model.groups, bytes = groups * sizeof *choices;

    for (int i = 0; i < count; i++) {
        const int *next = choices + (size_t)i * groups;
        int place = 0;

        while (place < tries->count &&
               memcmp(tries->choices + (size_t)place * groups, next, bytes) != 0)
            place++;
        if (place == tries->count)
            memcpy(tries->choices + (size_t)tries->count++ * groups, next, bytes);
    }
}

/* What singles alone predict best, and its neighbours, `wanted` in all: where much is rounded, pairs tell of interactions
 * that rounding layer behind layer makes up for. */
static void add_by_singles(const struct chooser *chooser, int wanted,
                           struct tries *tries)
{
    struct assignment_model singles = chooser->model;
    size_t groups = (size_t)singles.groups;
    int *choices = memory_get((size_t)wanted * groups * sizeof *choices);
    struct assignment found = {.choices = choices};
    int64_t most = bit_budget_most(&chooser->budget);

    singles.pairs = NULL;
    if (assignment_solve(&singles, most, NODES_BY_SINGLES, &found))
        add_new(
            chooser, choices,
            1 + assignment_near(&singles, most, choices, wanted - 1, choices + groups),
            tries);
    free(choices);
}

static struct tries find_tries(const struct chooser *chooser,
                               const struct assignment *best)
{
    size_t groups = (size_t)chooser->model.groups;
    int64_t most = bit_budget_most(&chooser->budget);
    int count = chooser->asked->tries;
    int room = 2 * count + 1 + chooser->asked->descents * chooser->asked->finals;
    struct tries tries = {.choices = memory_get((size_t)room * groups * sizeof(int)),
                          .count = 1,
                          .room = room};

    memcpy(tries.choices, best->choices, groups * sizeof(int));
    if (most == INT64_MAX || chooser->asked->model == BITS_BY_GREEDY)
        return tries;
    tries.count += assignment_near(&chooser->model, most, best->choices, count - 1,
                                   tries.choices + groups);
    if (chooser->model.pairs)
        add_by_singles(chooser, count, &tries);
    add_uniform(chooser, most, &tries);
    return tries;
}

/* A try, and what is known of it. */
struct tried {
    const int *choices; /* [groups] of the tries; borrowed */
    struct result_mixed_point point;
    struct score score; /* of the last evaluation */
};

static int compare_tried(const void *one, const void *other)
{
    const struct tried *a = one, *b = other;

    if (score_is_lower(&a->score, &b->score))
        return -1;
    return score_is_lower(&b->score, &a->score)
               ? 1
               : (a->choices > b->choices) - (a->choices < b->choices);
}

/* Evaluates the tries, with codes of each layer alone; the least loss stands first. */
static int score_tries(struct chooser *chooser, const struct tries *tries,
                       bool is_proven, struct tried *tried, struct error *err)
{
    size_t groups = (size_t)chooser->model.groups;
    struct score *scores = memory_zeroed((size_t)tries->count, sizeof *scores);
    int status = sensitivity_score(chooser->task, &chooser->space, tries->choices,
                                   tries->count, scores, err);

    for (int i = 0; i < tries->count; i++) {
        const int *choices = tries->choices + (size_t)i * groups;

        tried[i] = (struct tried){
            choices, bit_choice_point(chooser, choices, i == 0 && is_proven),
            scores[i]};
        tried[i].point.loss = score_loss(&scores[i]);
    }
    qsort(tried, (size_t)tries->count, sizeof *tried, compare_tried);
    chooser->found.evaluations += tries->count;
    free(scores);
    return status;
}

/* Rounds a try as the end will, under what was in force before. */
static int round_try(struct chooser *chooser, struct tried *tried, struct error *err)
{
    size_t items = (size_t)chooser->space.placement->count;
    struct result_point point = {.choices = memory_get(items * sizeof(struct choice)),
                                 .state = state_copy(&chooser->before)};
    int status;

    bit_choice_put(chooser, tried->choices, point.choices);
    status = rounding_try(chooser->task, &point, err);
    tried->score = point.check.samples > 0 ? point.check : point.calibration;
    tried->point.rounded = score_loss(&tried->score);
    chooser->found.evaluations++;
    state_clear(&point.state);
    free(point.choices);
    return status;
}

static void swap_tries(struct tried *one, struct tried *other)
{
    struct tried kept = *one;

    *one = *other;
    *other = kept;
}

/* Rounds those of least loss, and the same bits for all; these stand first then. */
static int round_best(struct chooser *chooser, const struct tries *tries,
                      struct tried *tried, int *rounded, struct error *err)
{
    int finals = 0, status = 0;

    for (int i = 0; status == 0 && i < tries->count; i++) {
        if (i >= chooser->asked->finals && tried[i].choices != tries->uniform)
            continue;
        progress_show(chooser->task->progress, "%s: rounding the best bits",
                      chooser->task->one->id);
        status = round_try(chooser, &tried[i], err);
        swap_tries(&tried[i], &tried[finals]);
        finals++;
    }
    if (status == 0)
        qsort(tried, (size_t)finals, sizeof *tried, compare_tried);
    *rounded = finals;
    return status;
}

/* ---- from the best of them on ----------------------------------------------------------------- */

/* The place of choices among those that are tried; their count: they are none of them. */
static int place_of(const struct chooser *chooser, const struct tries *tries,
                    const struct tried *tried, const int *choices)
{
    size_t bytes = (size_t)chooser->model.groups * sizeof *choices;
    int place = 0;

    while (place < tries->count && memcmp(tried[place].choices, choices, bytes) != 0)
        place++;
    return place;
}

/* A try more. */
static void add_try(const struct chooser *chooser, struct tries *tries,
                    struct tried *tried, const int *choices)
{
    size_t groups = (size_t)chooser->model.groups;
    int *own = tries->choices + (size_t)tries->count * groups;

    memcpy(own, choices, groups * sizeof *own);
    tried[tries->count++] =
        (struct tried){.choices = own, .point = bit_choice_point(chooser, own, false)};
}

/* Rounds neighbours of the best, as many as `finals`, that were not rounded: those that the model holds for the lowest. */
static int round_neighbours(struct chooser *chooser, struct tries *tries,
                            struct tried *tried, int *rounded, struct error *err)
{
    size_t groups = (size_t)chooser->model.groups;
    int wanted = chooser->asked->finals, status = 0;
    int room = wanted + *rounded;
    int *near = memory_get((size_t)room * groups * sizeof *near);
    int count = assignment_near(&chooser->model, bit_budget_most(&chooser->budget),
                                tried[0].choices, room, near);

    for (int i = 0; status == 0 && wanted > 0 && i < count; i++) {
        const int *choices = near + (size_t)i * groups;
        int place = place_of(chooser, tries, tried, choices);

        if (place < *rounded)
            continue;
        if (place == tries->count)
            add_try(chooser, tries, tried, choices);
        swap_tries(&tried[place], &tried[*rounded]);
        status = round_try(chooser, &tried[*rounded], err);
        ++*rounded;
        wanted--;
    }
    free(near);
    return status;
}

/* Goes on to the best neighbour as long as one is better. */
static int descend(struct chooser *chooser, struct tries *tries, struct tried *tried,
                   int rounded, struct error *err)
{
    int status = 0;

    if (bit_budget_most(&chooser->budget) == INT64_MAX ||
        chooser->asked->model == BITS_BY_GREEDY)
        return 0;
    for (int i = 0; status == 0 && i < chooser->asked->descents; i++) {
        const int *best = tried[0].choices;

        progress_show(chooser->task->progress, "%s: rounding neighbours of the best",
                      chooser->task->one->id);
        status = round_neighbours(chooser, tries, tried, &rounded, err);
        if (status == 0)
            qsort(tried, (size_t)rounded, sizeof *tried, compare_tried);
        if (tried[0].choices == best)
            break;
    }
    return status;
}

static void tell_tries(struct chooser *chooser, const struct tried *tried, int count)
{
    struct result_mixed *mixed = &chooser->result->mixed;

    free(mixed->tried);
    mixed->tried = memory_zeroed((size_t)count, sizeof *mixed->tried);
    mixed->tried_count = count;
    for (int i = 0; i < count; i++)
        mixed->tried[i] = tried[i].point;
    mixed->chosen = tried[0].point;
}

/* Evaluates the tries; `best` receives the lowest one. */
int bit_tries_best(struct chooser *chooser, struct assignment *best, struct error *err)
{
    struct tries tries = find_tries(chooser, best);
    struct tried *tried = memory_zeroed((size_t)tries.room, sizeof *tried);
    int status = score_tries(chooser, &tries, best->is_proven, tried, err), rounded;

    if (status == 0 && chooser->asked->finals > 0) {
        status = round_best(chooser, &tries, tried, &rounded, err);
        if (status == 0)
            status = descend(chooser, &tries, tried, rounded, err);
    }
    if (status == 0) {
        tell_tries(chooser, tried, tries.count);
        memcpy(best->choices, tried[0].choices,
               (size_t)chooser->model.groups * sizeof(int));
    }
    free(tried);
    free(tries.choices);
    return status;
}

/* ---- assignments at random ------------------------------------------------------------------ */

static void draw(const struct chooser *chooser, int *assignments, int count)
{
    struct random_stream stream = {chooser->task->seed};
    const struct assignment_model *model = &chooser->model;

    for (int i = 0; i < count; i++)
        for (int group = 0; group < model->groups; group++)
            assignments[(size_t)i * (size_t)model->groups + (size_t)group] =
                (int)(random_fraction(&stream) * model->choices[group]);
}

/* How well singles, and pairs with them, foretell the losses [drawn_count] of what was drawn. */
static void correlate(const struct chooser *chooser, const int *assignments)
{
    struct result_mixed *mixed = &chooser->result->mixed;
    size_t count = (size_t)mixed->drawn_count;
    struct assignment_model singles = chooser->model;
    double *losses = memory_get(count * sizeof *losses);
    double *predicted = memory_get(count * sizeof *predicted);

    singles.pairs = NULL;
    for (size_t i = 0; i < count; i++) {
        losses[i] = mixed->drawn[i].loss;
        predicted[i] = mixed->drawn[i].predicted;
    }
    mixed->by_pairs = chooser->model.pairs
                          ? rank_correlation(predicted, losses, mixed->drawn_count)
                          : NAN;
    for (size_t i = 0; i < count; i++)
        predicted[i] =
            assignment_loss(&singles, assignments + i * (size_t)singles.groups);
    mixed->by_singles = rank_correlation(predicted, losses, mixed->drawn_count);
    free(predicted);
    free(losses);
}

/* Evaluates assignments at random, and compares them with what is predicted. */
int bit_tries_random(struct chooser *chooser, struct error *err)
{
    struct result_mixed *mixed = &chooser->result->mixed;
    size_t groups = (size_t)chooser->model.groups,
           count = (size_t)chooser->asked->draws;
    int *assignments = memory_get(count * groups * sizeof *assignments);
    struct score *scores = memory_zeroed(count, sizeof *scores);
    int status;

    draw(chooser, assignments, chooser->asked->draws);
    status = sensitivity_score(chooser->task, &chooser->space, assignments,
                               chooser->asked->draws, scores, err);
    free(mixed->drawn);
    mixed->drawn = memory_zeroed(count, sizeof *mixed->drawn);
    mixed->drawn_count = status == 0 ? chooser->asked->draws : 0;
    for (int i = 0; i < mixed->drawn_count; i++) {
        mixed->drawn[i] =
            bit_choice_point(chooser, assignments + (size_t)i * groups, false);
        mixed->drawn[i].loss = score_loss(&scores[i]);
    }
    if (status == 0)
        correlate(chooser, assignments);
    chooser->found.evaluations += chooser->asked->draws;
    free(scores);
    free(assignments);
    return status;
}
