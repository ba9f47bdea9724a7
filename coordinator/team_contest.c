#include "coordinator/team_inside.h"

#include "core/base/clock.h"
#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Why a contest: a search asks whether a candidate is better than the best one, and most are not. Some samples
 * tell that, where candidates are compared sample by sample. Each turn is a meeting of the ranks of its own. */

/* A candidate that is neither known nor dropped yet. */
struct contender {
    int index; /* among the candidates */
    struct score score;
    struct paired paired;
    double seconds; /* that its turns took, and their work */
    struct executor_counters scored;
};

/* A contest at work. */
struct contesting {
    struct team *team;
    const struct contest *contest;
    const struct choice *choices; /* [.., items] of all candidates */
    struct contested *answers;
    struct contender *open; /* [open_count] owned */
    int open_count;
};

static const struct choice *choices_of(const struct contesting *contesting,
                                       int candidate)
{
    return contesting->choices +
           (size_t)candidate * (size_t)team_choice_count(contesting->team);
}

static struct hash128 key_of(const struct contesting *contesting, int candidate)
{
    return candidate_key(choices_of(contesting, candidate),
                         team_choice_count(contesting->team));
}

/* Of the answer that a candidate is dropped. */
static struct hash128 dropped_key(const struct contesting *contesting, int candidate)
{
    const struct contest *contest = contesting->contest;
    struct hash128 rival =
        candidate_key(contest->rival, team_choice_count(contesting->team));
    struct hash128 key = key_of(contesting, candidate);

    hash128_add(&key, &rival, sizeof rival);
    hash128_add(&key, &contest->halvings, sizeof contest->halvings);
    hash128_add(&key, &contest->errors, sizeof contest->errors);
    return key;
}

/* Who was dropped is dropped again: its score may have been found later by the run that goes on, which did
 * not know it here. */
static void recall(struct contesting *contesting, int candidate)
{
    struct contested *answer = &contesting->answers[candidate];

    *answer = (struct contested){0};
    if (team_recall(contesting->team, JOURNAL_DROPPED,
                    dropped_key(contesting, candidate), &answer->dropped,
                    sizeof answer->dropped) ||
        team_recall(contesting->team, JOURNAL_SCORE, key_of(contesting, candidate),
                    &answer->score, sizeof answer->score))
        return;
    contesting->open[contesting->open_count++] = (struct contender){.index = candidate};
}

/* The choices of the rival and of who is left; owned by the caller. */
static struct choice *line_up(const struct contesting *contesting)
{
    size_t items = (size_t)team_choice_count(contesting->team);
    size_t bytes = items * sizeof(struct choice);
    struct choice *choices = memory_get((size_t)(contesting->open_count + 1) * bytes);

    memcpy(choices, contesting->contest->rival, bytes);
    for (int i = 0; i < contesting->open_count; i++)
        memcpy(choices + (size_t)(i + 1) * items,
               choices_of(contesting, contesting->open[i].index), bytes);
    return choices;
}

/* What each found on the blocks of a turn, and its part of what that took. */
static void add_turn(struct contesting *contesting, const struct request *request,
                     const struct reply *reply, double seconds)
{
    struct executor_counters scored = reply_work(reply)->scores;

    for (int i = 0; i < contesting->open_count; i++) {
        struct contender *contender = &contesting->open[i];

        score_merge(&contender->score, &reply_scores(reply)[i]);
        paired_merge(&contender->paired, &reply_paired(reply, request)[i]);
        contender->seconds += seconds / contesting->open_count;
        contender->scored = executor_counters_sum(
            contender->scored,
            executor_counters_part(scored, i, contesting->open_count));
    }
}

static int ask_turn(struct contesting *contesting, int turn, struct error *err)
{
    struct request request = {
        .kind = REQUEST_CONTEST,
        .candidate_count = contesting->open_count,
        .payload_bytes =
            (size_t)(contesting->open_count + 1) *
            team_choice_bytes(contesting->team, contesting->contest->rival),
        .turns = {contesting->contest->halvings, 1u << turn}};
    struct choice *choices = line_up(contesting);
    double seconds = -clock_seconds();
    struct reply reply;
    int status = team_ask(contesting->team, &request, choices, &reply, err);

    if (status == 0)
        add_turn(contesting, &request, &reply, seconds + clock_seconds());
    reply_clear(&reply);
    free(choices);
    return status;
}

static bool is_hopeless(const struct contesting *contesting,
                        const struct contender *contender)
{
    return contender->score.not_finite > 0 ||
           paired_is_hopeless(&contender->paired,
                              (int64_t)contesting->team->calibration_samples,
                              contesting->contest->errors);
}

static int keep_dropped(struct contesting *contesting,
                        const struct contender *contender, int turn, struct error *err)
{
    const struct team *team = contesting->team;
    struct journal_dropped *dropped = &contesting->answers[contender->index].dropped;
    size_t samples = team->calibration_samples;
    size_t blocks = (samples + team->block - 1) / team->block;
    struct executor_extent all = {(int64_t)samples, (int64_t)blocks};
    struct executor_extent some = {
        contender->score.samples,
        (int64_t)turn_blocks(blocks, contesting->contest->halvings, turn)};

    dropped->samples = contender->score.samples;
    dropped->excess =
        contender->score.not_finite > 0
            ? INFINITY
            : paired_sum(&contender->paired) / (double)contender->score.predictions;
    return team_keep_score(
        contesting->team, JOURNAL_DROPPED, dropped_key(contesting, contender->index),
        dropped, sizeof *dropped, contender->seconds,
        executor_counters_dropped(contender->scored, some, all), err);
}

static int keep_score(struct contesting *contesting, const struct contender *contender,
                      struct error *err)
{
    struct score *score = &contesting->answers[contender->index].score;

    *score = contender->score;
    return team_keep_score(contesting->team, JOURNAL_SCORE,
                           key_of(contesting, contender->index), score, sizeof *score,
                           contender->seconds, contender->scored, err);
}

static bool is_scored(const struct contesting *contesting,
                      const struct contender *contender)
{
    return contender->score.samples == (int64_t)contesting->team->calibration_samples;
}

/* Who is hopeless leaves after a turn, and who has had all samples. */
static int judge(struct contesting *contesting, int turn, struct error *err)
{
    int asked = contesting->open_count;

    contesting->open_count = 0;
    for (int i = 0; i < asked; i++) {
        const struct contender contender = contesting->open[i];
        int status = 0;

        if (is_scored(contesting, &contender))
            status = keep_score(contesting, &contender, err);
        else if (is_hopeless(contesting, &contender))
            status = keep_dropped(contesting, &contender, turn, err);
        else
            contesting->open[contesting->open_count++] = contender;
        if (status < 0)
            return -1;
    }
    return 0;
}

int team_contest(struct team *team, const struct contest *contest,
                 const struct choice *choices, int count, struct contested *answers,
                 struct error *err)
{
    struct contesting contesting = {
        .team = team,
        .contest = contest,
        .choices = choices,
        .answers = answers,
        .open = memory_get((size_t)count * sizeof *contesting.open),
    };
    int status = 0;

    for (int i = 0; i < count; i++)
        recall(&contesting, i);
    for (int turn = 0; status == 0 && contesting.open_count > 0; turn++) {
        status = ask_turn(&contesting, turn, err);
        if (status == 0)
            status = judge(&contesting, turn, err);
    }
    free(contesting.open);
    return status;
}
