/* team_inside.h - what the files of the team share. */
#ifndef COORDINATOR_TEAM_INSIDE_H
#define COORDINATOR_TEAM_INSIDE_H

#include "coordinator/team.h"
#include "core/base/machine.h"

/* A kind of CPU, and that there are others. */
enum { CPU_TEXT_BYTES = MACHINE_TEXT_BYTES + 16 };

struct team {
    struct shard *shard;
    size_t block; /* samples evaluated together */
    /* the open case */
    int index;
    struct sample_draw draw;    /* of its calibration samples */
    size_t calibration_samples; /* that the search sees */
    char cpu[CPU_TEXT_BYTES];
    struct journal *journal;
    struct hash128 state_signature; /* of what is in force */
    double opened;                  /* clock_seconds() */
    double opened_cpu;              /* clock_cpu_seconds() */
    double others_cpu;              /* seconds that the other ranks took for answers */
    double kept_cpu; /* those of all ranks until the last that was kept */
    struct journal_cost replayed_cost;
    struct executor_counters scored; /* by this run, and known to it already */
    long replayed;
};

/* Asks all ranks, answers for this one, and merges. `reply` is made here; clear it afterwards
 * whether or not this fails. */
int team_ask(struct team *team, const struct request *request, const void *payload,
             struct reply *reply, struct error *err);

/* Choices of a candidate of the open case, and their bytes; none, of no choices: the float network. */
int team_choice_count(const struct team *team);
size_t team_choice_bytes(const struct team *team, const struct choice *choices);

/* Another state is in force. */
void team_sign_state(struct team *team);

/* team_keep() for answers that scored candidates. */
int team_keep_score(struct team *team, enum journal_kind kind, struct hash128 key,
                    const void *answer, size_t bytes, double seconds,
                    struct executor_counters scored, struct error *err);

/* Another case will be opened: there is no journal, and no time was taken. */
void team_forget_case(struct team *team);

#endif
