#include "coordinator/team.h"

#include "coordinator/team_inside.h"

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "link/link.h"

#include <stdlib.h>
#include <string.h>

/* Why a team: methods ask for scores and measures, and need not know how many ranks answer, or
 * that a journal does. The coordinating rank answers for its own shard as every worker does, so
 * one rank and many run the same code. What the journal does not know is asked as one batch,
 * since a batch is one meeting of the ranks however long it is. */

struct team *team_create(const struct config *config, const struct cases *cases)
{
    struct team *team = memory_zeroed(1, sizeof *team);

    team->block = (size_t)config->block;
    team->shard = shard_create(config, cases, link_rank(), link_ranks());
    shard_cut_when(team->shard, link_must_cut);
    return team;
}

void team_destroy(struct team *team)
{
    struct error told; /* a link that breaks is seen where it is closed */

    if (!team)
        return;
    link_send(&(struct request){.kind = REQUEST_STOP}, NULL, &told);
    shard_destroy(team->shard);
    free(team);
}

/* ---- questions ------------------------------------------------------------------------------ */

/* Whether the ranks may be asked to work. */
static int may_work(const struct request *request, struct error *err)
{
    bool works = request->kind != REQUEST_STATE;

    return works ? link_check_stop(err) : 0;
}

static int ask_and_merge(struct team *team, const struct request *request,
                         const void *payload, struct reply *reply, struct error *err)
{
    int64_t own;
    int status;

    if (link_send(request, payload, err) < 0)
        return -1;
    status = shard_answer(team->shard, request, payload, reply, err);
    own = reply_work(reply)->cpu_nanoseconds;
    if (link_merge(status, reply, err) < 0)
        return -1;
    team->others_cpu += 1e-9 * (double)(reply_work(reply)->cpu_nanoseconds - own);
    return 0;
}

int team_ask(struct team *team, const struct request *request, const void *payload,
             struct reply *reply, struct error *err)
{
    reply_init(reply, request);
    if (may_work(request, err) < 0)
        return -1;
    if (ask_and_merge(team, request, payload, reply, err) == 0)
        return 0;
    if (err->code == EXIT_STOPPED)
        link_check_stop(err); /* why there was no time for an answer */
    return -1;
}

int team_choice_count(const struct team *team)
{
    return shard_placement(team->shard)->count;
}

size_t team_choice_bytes(const struct team *team, const struct choice *choices)
{
    return choices ? (size_t)team_choice_count(team) * sizeof *choices : 0;
}

static void note_cpus(struct team *team, const struct reply *reply)
{
    machine_cpu(team->cpu);
    if (reply->maxima[REPLY_CPU] != -reply->maxima[REPLY_MINUS_CPU])
        strcat(team->cpu, " and others");
}

static int open_case(struct team *team, struct team_case *opened, struct error *err)
{
    struct request request = {
        .kind = REQUEST_OPEN, .subject = team->index, .draw = team->draw};
    struct reply reply;
    int status = team_ask(team, &request, NULL, &reply, err);

    if (status == 0 && reply.maxima[REPLY_HASH] != -reply.maxima[REPLY_MINUS_HASH])
        status = error_set(err, EXIT_INPUT,
                           "%s is not the same file on all ranks, or its data are not",
                           shard_network(team->shard)->path);
    if (status == 0) {
        opened->calibration_samples = (size_t)reply.sums[REPLY_CALIBRATION_SAMPLES];
        team->calibration_samples = opened->calibration_samples;
        opened->check_samples = (size_t)reply.sums[REPLY_CHECK_SAMPLES];
        opened->validation_samples = (size_t)reply.sums[REPLY_VALIDATION_SAMPLES];
        note_cpus(team, &reply);
        team_sign_state(team);
    }
    reply_clear(&reply);
    return status;
}

int team_open(struct team *team, int index, struct team_case *opened, struct error *err)
{
    team_forget_case(team);
    team->index = index;
    team->draw = (struct sample_draw){0};
    return open_case(team, opened, err);
}

int team_draw(struct team *team, struct sample_draw draw, struct team_case *opened,
              struct error *err)
{
    team->draw = draw;
    return open_case(team, opened, err);
}

int team_count_overlapping(struct team *team, size_t *count, size_t *first,
                           struct error *err)
{
    struct request request = {.kind = REQUEST_OVERLAP};
    struct reply reply;
    int status = team_ask(team, &request, NULL, &reply, err);

    if (status == 0 &&
        reply.maxima[REPLY_SAMPLES_HASH] != -reply.maxima[REPLY_MINUS_SAMPLES_HASH])
        status =
            error_set(err, EXIT_INPUT,
                      "the calibration samples of %s are not the same on all ranks",
                      shard_network(team->shard)->path);
    if (status == 0) {
        *count = (size_t)reply.sums[REPLY_OVERLAPPING];
        *first = *count ? (size_t)-reply.maxima[REPLY_MINUS_FIRST_OVERLAPPING] : 0;
    }
    reply_clear(&reply);
    return status;
}

/* ---- scores ------------------------------------------------------------------------------- */

static int ask_scores(struct team *team, enum request_kind kind,
                      const struct choice *choices, int count, struct score *scores,
                      struct executor_counters *scored, struct error *err)
{
    struct request request = {.kind = kind,
                              .candidate_count = choices ? count : 0,
                              .payload_bytes =
                                  (size_t)count * team_choice_bytes(team, choices)};
    struct reply reply;
    int status = team_ask(team, &request, choices, &reply, err);

    if (status == 0) {
        memcpy(scores, reply_scores(&reply), (size_t)count * sizeof *scores);
        *scored = reply_work(&reply)->scores;
    }
    reply_clear(&reply);
    return status;
}

/* Questions of one kind about several candidates, of which the journal knows some. */
struct questions {
    enum request_kind request;
    enum journal_kind kind;
    const struct choice
        *choices; /* [count, items], NULL: the float network; borrowed */
    int count;
    struct score *scores; /* [count] borrowed */
    int *open;            /* [open_count] those that are to be asked */
    int open_count;
};

static const struct choice *choices_of(const struct team *team,
                                       const struct questions *all, int candidate)
{
    return all->choices
               ? all->choices + (size_t)candidate * (size_t)team_choice_count(team)
               : NULL;
}

static struct hash128 key_of(const struct team *team, const struct questions *all,
                             int candidate)
{
    return candidate_key(choices_of(team, all, candidate), team_choice_count(team));
}

static void recall_scores(struct team *team, struct questions *all)
{
    for (int i = 0; i < all->count; i++)
        if (!team_recall(team, all->kind, key_of(team, all, i), &all->scores[i],
                         sizeof *all->scores))
            all->open[all->open_count++] = i;
}

/* Asks what is open as one batch; each answer counts as its part of the time and of the work. */
static int ask_open(struct team *team, const struct questions *all, struct error *err)
{
    size_t items = (size_t)team_choice_count(team), count = (size_t)all->open_count;
    struct choice *choices =
        all->choices ? memory_get(count * items * sizeof *choices) : NULL;
    struct score *scores = memory_get(count * sizeof *scores);
    struct executor_counters scored;
    double seconds = -clock_seconds();
    int status;

    for (size_t i = 0; choices && i < count; i++)
        memcpy(choices + i * items, choices_of(team, all, all->open[i]),
               items * sizeof *choices);
    status =
        ask_scores(team, all->request, choices, all->open_count, scores, &scored, err);
    seconds = (seconds + clock_seconds()) / (double)count;
    for (size_t i = 0; status == 0 && i < count; i++) {
        int candidate = all->open[i];

        all->scores[candidate] = scores[i];
        status = team_keep_score(
            team, all->kind, key_of(team, all, candidate), &scores[i], sizeof scores[i],
            seconds, executor_counters_part(scored, (int)i, all->open_count), err);
    }
    free(scores);
    free(choices);
    return status;
}

static int find_scores(struct team *team, struct questions all, struct error *err)
{
    int status = 0;

    all.open = memory_get((size_t)all.count * sizeof *all.open);
    recall_scores(team, &all);
    if (all.open_count > 0)
        status = ask_open(team, &all, err);
    free(all.open);
    return status;
}

int team_score(struct team *team, const struct choice *choices, int count,
               struct score *scores, struct error *err)
{
    return find_scores(
        team,
        (struct questions){.request = REQUEST_SCORE,
                           .kind = choices ? JOURNAL_SCORE : JOURNAL_FLOAT_SCORE,
                           .choices = choices,
                           .count = count,
                           .scores = scores},
        err);
}

int team_check(struct team *team, const struct choice *choices, int count,
               struct score *scores, struct error *err)
{
    return find_scores(team,
                       (struct questions){.request = REQUEST_CHECK,
                                          .kind = JOURNAL_CHECK,
                                          .choices = choices,
                                          .count = count,
                                          .scores = scores},
                       err);
}

int team_validate(struct team *team, const struct choice *choices, int count,
                  struct score *scores, struct error *err)
{
    enum metric metric = shard_model(team->shard)->metric;

    return find_scores(
        team,
        (struct questions){.request = REQUEST_VALIDATE,
                           .kind = metric_table[metric].needs_float_logits
                                       ? JOURNAL_VALIDATION_TO_FLOAT
                                       : JOURNAL_VALIDATION,
                           .choices = choices,
                           .count = count,
                           .scores = scores},
        err);
}

/* ---- the open case -------------------------------------------------------------------------- */

int team_check_splits(struct team *team, const struct choice *choices,
                      struct error *err)
{
    struct request request = {.kind = REQUEST_CHECK_SPLITS,
                              .candidate_count = 1,
                              .payload_bytes = team_choice_bytes(team, choices)};
    struct reply reply;
    int status = team_ask(team, &request, choices, &reply, err);

    reply_clear(&reply);
    return status;
}

const struct network *team_network(const struct team *team)
{
    return shard_network(team->shard);
}

const struct placement *team_placement(const struct team *team)
{
    return shard_placement(team->shard);
}

const char *team_cpus(const struct team *team)
{
    return team->cpu;
}

const struct kernel_set *team_kernels(const struct team *team)
{
    return shard_kernels(team->shard);
}

int team_effective_data(struct team *team, struct effective_data *data,
                        struct error *err)
{
    return effective_data_find(data, team->shard, err);
}
