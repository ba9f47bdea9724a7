/* method.h - a way to find steps: each a short recipe over the team and the search. */
#ifndef COORDINATOR_METHODS_METHOD_H
#define COORDINATOR_METHODS_METHOD_H

#include "coordinator/team.h"
#include "core/base/progress.h"
#include "core/format/result.h"

struct method_task {
    struct team *team;                  /* with the case open; borrowed */
    const struct calibration_case *one; /* borrowed */
    bool has_check;                     /* calibration samples are held out */
    uint64_t seed;
    const char *folder;   /* of the run, for what its cases share; borrowed, or NULL */
    long max_evaluations; /* of the case; 0: no limit */
    double max_seconds;   /* the same */
    struct progress *progress; /* borrowed, or NULL */
};

/* Finds the steps of a case: start, with what is done to weights -> batch norms, biases -> joint
 * search -> rounding -> batch norms, biases, as far as the method has them. Fills start, result, phases, p_grid, rounds, stop_reason and warnings.
 * Validation is not its business. */
int method_run(const struct method_task *task, struct result *result,
               struct error *err);

/* A phase of the work: where its evaluations and seconds go. */
int method_begin_phase(const struct team *team, struct result *result,
                       const char *name);
void method_end_phase(const struct team *team, struct result *result, int phase,
                      long evaluations);
void method_add_phase(struct result *result, const char *name, double seconds);

/* Evaluations that the budget leaves for a search; 0: no limit, -1: none. */
long method_evaluations_left(const struct method_task *task,
                             const struct result *result);

/* Whether the case has taken its seconds, those of earlier runs included. */
bool method_is_out_of_time(const struct method_task *task);

/* Puts it on record that time ended the search, and that such a result is not reproducible. */
void method_end_by_time(const struct method_task *task, struct result *result);

/* Scores a point on all calibration samples, the search's and those held out. */
int method_score(const struct method_task *task, struct result_point *point,
                 struct error *err);

/* Whether `point` is to be preferred to `other`: by the held-out samples, if there are any. */
bool method_is_better(const struct result_point *point,
                      const struct result_point *other);

/* The mean loss a sample by which points are told apart: on the held-out samples, if there are any. */
double method_judged_loss(const struct result_point *point);

/* Copies choices, state and the scores of calibration and check samples. */
void method_copy_point(const struct result *result, struct result_point *to,
                       const struct result_point *from);

#endif
