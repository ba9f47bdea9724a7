/* stop.h - why and when a search ends. */
#ifndef COORDINATOR_SEARCH_STOP_H
#define COORDINATOR_SEARCH_STOP_H

#include "coordinator/search/objective.h"

enum stop_reason {
    STOP_NOT_YET,
    STOP_CONVERGED,         /* the last sweep gained next to nothing */
    STOP_SWEEPS_DONE,       /* as many sweeps as were asked for */
    STOP_EVALUATIONS_SPENT, /* objective.max_evaluations reached */
    STOP_SECONDS_SPENT,     /* objective.is_over said so */
    STOP_TOLD,              /* whoever watches the sweeps has seen enough */
    STOP_NOT_FINITE         /* no finite loss at the start nor after a sweep */
};

/* In words, to end the sentence "the search ended: ...". */
const char *stop_reason_name(enum stop_reason reason);

struct stop {
    int max_sweeps;        /* > 0 */
    double loss_tolerance; /* relative: a sweep that gains less has converged */
};

/* Looks at the search after a sweep: how many are done, and the loss before and after
 * the last one. The order of the questions is scipy's. */
enum stop_reason stop_after_sweep(const struct stop *stop,
                                  const struct objective *objective, int sweeps,
                                  double loss_before, double loss_after);

#endif
