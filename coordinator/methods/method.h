/* method.h - a way to find steps: each a short recipe over the team and the search. */
#ifndef COORDINATOR_METHODS_METHOD_H
#define COORDINATOR_METHODS_METHOD_H

#include "coordinator/team.h"
#include "core/base/progress.h"
#include "core/format/result.h"

struct method_task {
    struct team *team;                  /* with the case open; borrowed */
    const struct calibration_case *one; /* borrowed */
    long max_evaluations;               /* of the case; 0: no limit */
    struct progress *progress;          /* borrowed, or NULL */
};

/* Finds the steps of a case: fills start, result, phases, p_grid, stop_reason and
 * warnings. Validation is not its business. */
int method_run(const struct method_task *task, struct result *result,
               struct error *err);

/* A phase of the work: where its evaluations and seconds go. */
struct result_phase *method_begin_phase(struct result *result, const char *name);
void method_end_phase(struct result_phase *phase);

/* Takes the start as the result: all that a method without a search has, and what a search has
 * until it finds something better. */
void method_keep_start(struct result *result);

#endif
