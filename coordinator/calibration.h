/* calibration.h - the story of one case: from measuring to the result. */
#ifndef COORDINATOR_CALIBRATION_H
#define COORDINATOR_CALIBRATION_H

#include "coordinator/methods/method.h"
#include "coordinator/model_facts.h"

#include <stdio.h>

/* A case, and what it needs; all borrowed. */
struct calibration {
    const struct config *config;
    const struct cases *cases;
    int index;            /* of the case */
    const char *identity; /* see identity.h; NULL: a file cannot be read */
    struct model_facts *facts;
    struct team *team;
    struct progress *progress; /* NULL: nobody looks at it */
    FILE *log;                 /* likewise */
};

/* What is done with a case that is open with its journal; `result` says what it is, and nothing of its steps. */
typedef int calibration_work_fn(void *context, const struct calibration *calibration,
                                const struct team_case *opened, struct result *result,
                                struct error *err);

/* Opens the case and its journal, finds what is to be known of its model, and does the work.
 *
 *   result  as of calibration_run() */
int calibration_open(const struct calibration *calibration, calibration_work_fn *run,
                     void *context, struct result *result, struct error *err);

/* What the result of the open case is of, and nothing of its steps.
 *
 *   result  zero; out */
void calibration_describe(const struct calibration *calibration,
                          const struct team_case *opened, struct result *result);

/* The task of the open case's method. */
struct method_task calibration_task(const struct calibration *calibration,
                                    const struct team_case *opened);

/* Runs the case with its journal, validates it, and writes cases/<id>/result.json.
 *
 *   result  zero; out; clear with result_clear() whether or not this fails; its network and placement
 *           are the team's, until the next case is opened */
int calibration_run(const struct calibration *calibration, struct result *result,
                    struct error *err);

#endif
