#include "coordinator/team_inside.h"

#include "core/base/clock.h"

#include <stdlib.h>

void team_forget_case(struct team *team)
{
    free(team->statistics);
    free(team->bias_shifts);
    team->statistics = team->bias_shifts = NULL;
    team->journal = NULL;
    team->opened = clock_seconds();
    team->seconds_replayed = 0;
    team->replayed = 0;
}

void team_use_journal(struct team *team, struct journal *journal)
{
    team->journal = journal;
}

double team_seconds(const struct team *team)
{
    return clock_seconds() - team->opened + team->seconds_replayed;
}

long team_replayed(const struct team *team)
{
    return team->replayed;
}

/* What everything that is asked depends on. */
static void add_state(const struct team *team, enum journal_kind kind,
                      struct hash128 *key)
{
    size_t layers = (size_t)team_network(team)->layer_count;
    uint32_t bits[] = {kind, team->treatments};

    hash128_add(key, bits, sizeof bits);
    hash128_add(key, team->statistics, layers * sizeof *team->statistics);
    hash128_add(key, team->bias_shifts, layers * sizeof *team->bias_shifts);
}

bool team_recall(struct team *team, enum journal_kind kind, struct hash128 key,
                 void *answer, size_t bytes)
{
    double seconds;

    if (!team->journal)
        return false;
    add_state(team, kind, &key);
    if (!journal_find(team->journal, &key, answer, bytes, &seconds))
        return false;
    if (seconds >= 0) {
        team->replayed++;
        team->seconds_replayed += seconds;
    }
    return true;
}

int team_keep(struct team *team, enum journal_kind kind, struct hash128 key,
              const void *answer, size_t bytes, double seconds, struct error *err)
{
    if (!team->journal)
        return 0;
    add_state(team, kind, &key);
    return journal_add(team->journal, kind, &key, answer, bytes, seconds, err);
}
