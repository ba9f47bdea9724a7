#include "coordinator/case_turns.h"

#include "link/link.h"

#include <math.h>

/* Between two looks at what other teams have done, for who has nothing else to do. */
#define LOOK_SECONDS 1.

static int take_all(const struct case_turns *turns, struct error *err)
{
    for (;;) {
        long turn;

        if (link_take_turn(&turn, err) < 0)
            return -1;
        if (turn >= turns->waiting)
            return 0;
        if (turns->settle(turns->context, (int)turn, err) < 0)
            return -1;
    }
}

/* Other teams may still be at work. */
static int await_teams(const struct case_turns *turns, struct error *err)
{
    double seconds = link_is_first() ? LOOK_SECONDS : INFINITY;
    int status;

    while ((status = link_await_teams(seconds, err)) == 0)
        progress_show(turns->progress, "waiting for the other teams");
    return status < 0 ? -1 : 0;
}

/* A team ends when it is stopped or its machine fails, while others go on. */
int case_turns_take(const struct case_turns *turns, struct error *err)
{
    struct error broken;
    int status = take_all(turns, err);

    if (await_teams(turns, &broken) < 0) {
        *err = broken;
        return -1;
    }
    return link_agree_all_teams(status, err);
}

int case_turns_compare(uint64_t hash, struct error *err)
{
    uint64_t first = hash;
    int status;

    if (link_share(&first, sizeof first, err) < 0)
        return -1;
    status = hash == first ? 0
                           : error_set(err, EXIT_INPUT,
                                       "networks or data are not the same here as for "
                                       "the first team");
    return link_agree_all_teams(status, err);
}
