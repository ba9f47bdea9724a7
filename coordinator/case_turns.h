/* case_turns.h - cases that all teams share: each takes the next one, and all end together. */
#ifndef COORDINATOR_CASE_TURNS_H
#define COORDINATOR_CASE_TURNS_H

#include "core/base/error.h"
#include "core/base/progress.h"

#include <stdint.h>

struct case_turns {
    int waiting; /* how many there are */
    /* Does the one of that number; a failure ends the turns of this team. */
    int (*settle)(void *context, int turn, struct error *err);
    void *context;
    struct progress
        *progress; /* of the first team: it looks at the others now and then */
};

/* Takes turns until there are none, and awaits the other teams, which go on when one fails. Fails where any
 * team did. Collective over the ranks that coordinate. */
int case_turns_take(const struct case_turns *turns, struct error *err);

/* Fails with EXIT_INPUT unless the hash, of all that decides digits, is that of the first team. Collective as
 * that. */
int case_turns_compare(uint64_t hash, struct error *err);

#endif
