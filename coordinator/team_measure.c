#include "coordinator/team_inside.h"

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/evaluate/candidate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is asked in one go, and its numbers: the sums, and behind them the maxima. */
struct question {
    const struct measure *measures;
    int count;
    const struct choice *choices; /* NULL: about the float network */
    struct measure_room room;
    int64_t *numbers; /* owned */
};

static size_t bytes_of(const struct question *question)
{
    return (question->room.sums + question->room.maxima) * sizeof *question->numbers;
}

static struct hash128 key_of(const struct team *team, const struct question *question)
{
    struct hash128 key = candidate_key(question->choices, team_choice_count(team));

    hash128_add(&key, question->measures,
                (size_t)question->count * sizeof *question->measures);
    return key;
}

static int ask(struct team *team, const struct question *question, struct error *err)
{
    size_t bytes = (size_t)question->count * sizeof *question->measures;
    size_t more = team_choice_bytes(team, question->choices);
    struct request request = {.kind = REQUEST_MEASURE,
                              .candidate_count = question->choices ? 1 : 0,
                              .measure_count = question->count,
                              .room = question->room,
                              .payload_bytes = bytes + more};
    char *payload = memory_get(request.payload_bytes);
    struct reply reply;
    int status;

    memcpy(payload, question->measures, bytes);
    if (more > 0)
        memcpy(payload + bytes, question->choices, more);
    status = team_ask(team, &request, payload, &reply, err);
    if (status == 0)
        memcpy(question->numbers, reply.sums, bytes_of(question));
    reply_clear(&reply);
    free(payload);
    return status;
}

static int recall_or_ask(struct team *team, const struct question *question,
                         struct error *err)
{
    struct hash128 key = key_of(team, question);
    double began = clock_seconds();

    if (!measure_row(question->measures->kind)->is_kept)
        return ask(team, question, err);
    if (team_recall(team, JOURNAL_MEASURE, key, question->numbers, bytes_of(question)))
        return 0;
    if (ask(team, question, err) < 0)
        return -1;
    return team_keep(team, JOURNAL_MEASURE, key, question->numbers, bytes_of(question),
                     clock_seconds() - began, err);
}

static int check_finite(const struct measured *of, const void *answer,
                        struct error *err)
{
    const struct range *range = answer;

    if (of->measure->kind != MEASURE_RANGE ||
        (isfinite(range->low) && isfinite(range->high)))
        return 0;
    return error_set(err, EXIT_INPUT,
                     "tensor %s takes values that are not finite on the calibration "
                     "samples: the network overflows",
                     of->placement->items[of->measure->subject].name);
}

static int tell(struct team *team, const struct question *question,
                void *const *answers, struct error *err)
{
    const int64_t *sums = question->numbers;
    const double *maxima = (const double *)(sums + question->room.sums);

    for (int i = 0; i < question->count; i++) {
        const struct measured of = {team_network(team), team_placement(team),
                                    &question->measures[i]};
        const struct measure_row *row = measure_row(of.measure->kind);
        struct measure_room room = row->room(&of);

        row->tell(&of, sums, maxima, answers[i]);
        if (check_finite(&of, answers[i], err) < 0)
            return -1;
        sums += room.sums;
        maxima += room.maxima;
    }
    return 0;
}

int team_measure(struct team *team, const struct measure *measures, int count,
                 const struct choice *choices, void *const *answers, struct error *err)
{
    struct question question = {
        .measures = measures,
        .count = count,
        .choices = choices,
        .room =
            measures_room(team_network(team), team_placement(team), measures, count),
    };
    int status;

    question.numbers = memory_get(bytes_of(&question));
    status = recall_or_ask(team, &question, err);
    if (status == 0)
        status = tell(team, &question, answers, err);
    free(question.numbers);
    return status;
}

/* ---- how long answers take ------------------------------------------------------------------ */

void team_time_blocks(struct team *team)
{
    shard_time_blocks(team->shard);
}

struct shard_times team_take_times(struct team *team)
{
    return shard_take_times(team->shard);
}

static int by_size(const void *one, const void *other)
{
    const double *a = one, *b = other;

    return (*a > *b) - (*a < *b);
}

int team_time_question(struct team *team, double *seconds, struct error *err)
{
    enum { TIMES = 21 };
    const struct question nothing = {.count = 0};
    double all[TIMES];

    for (int i = 0; i < TIMES; i++) {
        all[i] = -clock_seconds();
        if (ask(team, &nothing, err) < 0)
            return -1;
        all[i] += clock_seconds();
    }
    qsort(all, TIMES, sizeof *all, by_size);
    *seconds = all[TIMES / 2];
    return 0;
}
