/* coordinator.h - the story of a run: case after case, from measuring to the result. */
#ifndef COORDINATOR_COORDINATOR_H
#define COORDINATOR_COORDINATOR_H

#include "coordinator/team.h"

#include <stdio.h>

/* Runs all cases of a configuration with the team and writes the run directory:
 *
 *   config.yaml              the resolved configuration
 *   cases/<id>/result.json   steps, losses, metrics, provenance
 *   results.csv              one line a case
 *
 * A table of what came out goes to `out`, how it goes on to `log`. Fails with the sentence of
 * the first case that fails; results of the cases before it stay. */
int coordinator_run(const struct config *config, const struct cases *cases,
                    struct team *team, FILE *out, FILE *log, struct error *err);

/* Prints what coordinator_run() would do: cases, tensors, evaluations, memory, time. */
int coordinator_plan(const struct config *config, const struct cases *cases,
                     struct team *team, FILE *out, struct error *err);

#endif
