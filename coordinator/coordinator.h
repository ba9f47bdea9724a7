/* coordinator.h - the story of a run: case after case, from measuring to the result. */
#ifndef COORDINATOR_COORDINATOR_H
#define COORDINATOR_COORDINATOR_H

#include "coordinator/rank_cost.h"
#include "coordinator/team.h"
#include "core/case/cases.h"

#include <stdio.h>

/* Runs the cases of a configuration, or a part of them beside runs of the other parts, with the team, in turn with the other teams of this run, which call this too, and writes the run directory:
 *
 *   config.yaml              the resolved configuration
 *   lock, lock.I-of-N        held while this runs: who and since when
 *   cases/<id>/journal       the answers that the case has got
 *   cases/<id>/result.json   steps, losses, metrics, provenance
 *   cases/<id>/failed        why the case has no result
 *   results.csv              one line a case
 *
 * What earlier runs have left there is gone on with, or refused: see ledger.h. Cases are run the
 * longest first.
 *
 * A table of what came out goes to `out`, how it goes on to `log`. Cases that fail do not stop the
 * others; they are told at the end (EXIT_SOME_FAILED, see ledger_report_failures()). What concerns the
 * whole run ends it: EXIT_MACHINE, or EXIT_STOPPED when its time is over. */
int coordinator_run(const struct config *config, const struct cases *cases,
                    struct cases_part part, struct team *team, FILE *out, FILE *log,
                    struct error *err);

/* Prints what coordinator_run() would do: cases, tensors, evaluations, memory, time, also on numbers of ranks
 * that are asked for. */
int coordinator_plan(const struct config *config, const struct cases *cases,
                     struct cases_part part, const struct rank_counts *ranks,
                     struct team *team, FILE *out, struct error *err);

#endif
