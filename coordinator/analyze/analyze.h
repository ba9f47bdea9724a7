/* analyze.h - the story of `calq analyze`: case after case, one analysis after the other. */
#ifndef COORDINATOR_ANALYZE_ANALYZE_H
#define COORDINATOR_ANALYZE_ANALYZE_H

#include "coordinator/team.h"

#include <stdio.h>

/* Does the analyses of a configuration, in turn with the other teams, and writes into the run directory:
 *
 *   cases/<id>/analyses/<name>.json, <name>*.csv   see findings.h
 *   cases/<id>/journal                             that of the case, which a run goes on from, too
 *
 *   kind  a kind's name: the analyses of that kind, or one with the defaults where there is none; NULL: all
 *
 * A case that fails ends it, as EXIT_STOPPED does when it is to stop. Run again it goes on. */
int analyze(const struct config *config, const struct cases *cases, const char *kind,
            struct team *team, FILE *out, FILE *log, struct error *err);

/* Fails with EXIT_USAGE where there is no such kind. */
int analyze_check_kind(const char *kind, struct error *err);

#endif
