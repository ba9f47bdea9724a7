#include "coordinator/team_inside.h"

#include "core/base/clock.h"

#include <stdlib.h>

void team_forget_case(struct team *team)
{
    team->journal = NULL;
    team->opened = clock_seconds();
    team->opened_cpu = clock_cpu_seconds();
    team->others_cpu = team->kept_cpu = 0;
    team->replayed_cost = (struct journal_cost){0};
    team->scored = (struct executor_counters){0};
    team->replayed = 0;
}

void team_use_journal(struct team *team, struct journal *journal)
{
    team->journal = journal;
}

double team_seconds(const struct team *team)
{
    return clock_seconds() - team->opened + team->replayed_cost.seconds;
}

/* Those of this run. */
static double own_cpu_seconds(const struct team *team)
{
    return clock_cpu_seconds() - team->opened_cpu + team->others_cpu;
}

double team_cpu_seconds(const struct team *team)
{
    return own_cpu_seconds(team) + team->replayed_cost.cpu_seconds;
}

struct executor_counters team_scores(const struct team *team)
{
    return executor_counters_sum(team->scored, team->replayed_cost.scores);
}

long team_replayed(const struct team *team)
{
    return team->replayed;
}

/* What everything that is asked depends on. */
static void add_state(const struct team *team, enum journal_kind kind,
                      struct hash128 *key)
{
    uint32_t bits = kind;

    hash128_add(key, &bits, sizeof bits);
    hash128_add(key, &team->state_signature, sizeof team->state_signature);
    if (team->draw.count > 0)
        hash128_add(key, &team->draw, sizeof team->draw);
}

static void add_cost(struct team *team, const struct journal_cost *cost)
{
    struct journal_cost *sum = &team->replayed_cost;

    sum->scores = executor_counters_sum(sum->scores, cost->scores);
    if (cost->seconds < 0) /* told before */
        return;
    sum->seconds += cost->seconds;
    sum->cpu_seconds += cost->cpu_seconds;
    team->replayed++;
}

bool team_recall(struct team *team, enum journal_kind kind, struct hash128 key,
                 void *answer, size_t bytes)
{
    struct journal_cost cost;

    if (!team->journal)
        return false;
    add_state(team, kind, &key);
    if (!journal_find(team->journal, &key, answer, bytes, &cost))
        return false;
    add_cost(team, &cost);
    return true;
}

/* The cost comes with seconds and scores. */
static int keep(struct team *team, enum journal_kind kind, struct hash128 key,
                const void *answer, size_t bytes, struct journal_cost cost,
                struct error *err)
{
    double cpu = own_cpu_seconds(team);

    if (!team->journal)
        return 0;
    add_state(team, kind, &key);
    cost.cpu_seconds = cpu - team->kept_cpu;
    team->kept_cpu = cpu;
    return journal_add(team->journal, kind, &key, answer, bytes, &cost, err);
}

int team_keep(struct team *team, enum journal_kind kind, struct hash128 key,
              const void *answer, size_t bytes, double seconds, struct error *err)
{
    return keep(team, kind, key, answer, bytes,
                (struct journal_cost){.seconds = seconds}, err);
}

int team_keep_score(struct team *team, enum journal_kind kind, struct hash128 key,
                    const void *answer, size_t bytes, double seconds,
                    struct executor_counters scored, struct error *err)
{
    team->scored = executor_counters_sum(team->scored, scored);
    return keep(team, kind, key, answer, bytes,
                (struct journal_cost){.seconds = seconds, .scores = scored}, err);
}
