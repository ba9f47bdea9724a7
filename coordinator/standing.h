/* standing.h - where the cases of a run directory stand, as seen by one who only looks at it. */
#ifndef COORDINATOR_STANDING_H
#define COORDINATOR_STANDING_H

#include "core/case/cases.h"

enum standing_state {
    STANDING_DONE,
    STANDING_RUNNING,
    STANDING_FAILED,
    STANDING_WAITING
};
enum { STANDING_STATES = STANDING_WAITING + 1 };

struct standing_case {
    enum standing_state state;
    double best_loss; /* NaN: none is known, as for the others */
    long evaluations;
    double seconds; /* of work so far */
    double rate;    /* evaluations a second */
    double left;    /* seconds of work, about */
    char *failure;  /* why it failed; owned; NULL: it did not */
};

struct standing {
    const struct config *config; /* borrowed, as the cases */
    const struct cases *cases;
    struct standing_case *each; /* [case_count] owned */
    struct plan_cost *costs;    /* [case_count] owned; NULL: nobody has looked yet */
    int case_count;
    int count[STANDING_STATES];
    double
        left; /* seconds until all is done, about, while cases are running; else NaN */
};

/* Looks at the run directory, while others may write there; changes nothing. A case is running while its
 * journal is held open. What is left follows from what the cases so far have taken of the work that
 * is planned for them. */
void standing_init(struct standing *standing, const struct config *config,
                   const struct cases *cases);
void standing_look(struct standing *standing);
void standing_clear(struct standing *standing);

/* Looks, and writes one line about all cases: how many are done, how fast it goes, what is left.
 *
 *   standing  struct standing * */
void standing_line(void *standing, char *text, size_t bytes);

/* "40 s", "12 min", "3.5 h", "2.1 days" */
enum { STANDING_TIME_BYTES = 32 };
void standing_time(double seconds, char text[STANDING_TIME_BYTES]);

#endif
