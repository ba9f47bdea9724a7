/* calibration.h - the story of one case: from measuring to the result. */
#ifndef COORDINATOR_CALIBRATION_H
#define COORDINATOR_CALIBRATION_H

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

/* Runs the case with its journal, validates it, and writes cases/<id>/result.json.
 *
 *   result  zero; out; clear with result_clear() whether or not this fails; its network and placement
 *           are the team's, until the next case is opened */
int calibration_run(const struct calibration *calibration, struct result *result,
                    struct error *err);

#endif
