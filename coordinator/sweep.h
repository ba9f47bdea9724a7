/* sweep.h - the cases of a run and where each of them stands. */
#ifndef COORDINATOR_SWEEP_H
#define COORDINATOR_SWEEP_H

#include "core/case/cases.h"
#include "core/format/result.h"

#include <stdio.h>

enum sweep_state { SWEEP_WAITING, SWEEP_DONE, SWEEP_FAILED };

struct sweep_case {
    enum sweep_state state;
    bool
        is_others; /* in the part of another run; its state is what the files said last */
    bool is_told;          /* that it is settled */
    char *identity;        /* see identity.h; owned; NULL: a file cannot be read */
    struct result result;  /* where it is done */
    enum exit_code failed; /* where it failed, and why; owned */
    char *failure;
};

struct sweep {
    const struct cases *cases; /* borrowed */
    struct sweep_case *each;   /* [cases->count] in the order of the configuration */
    struct cases_part part;
    FILE *out;     /* for the table; borrowed */
    bool has_head; /* the table has begun */
    int shown;     /* cases whose lines stand in the table */
    const struct config_model *shown_model;
};

void sweep_init(struct sweep *sweep, const struct cases *cases, struct cases_part part,
                FILE *out);
void sweep_clear(struct sweep *sweep);

/* A case has its result, which goes to the sweep, or none. */
void sweep_done(struct sweep *sweep, int index, const struct result *result);
void sweep_failed(struct sweep *sweep, int index, enum exit_code code,
                  const char *sentence);

/* A case of others has no result, as far as is known. */
void sweep_forget(struct sweep *sweep, int index);

/* Cases in a state: all of them, or those of this run. */
int sweep_count(const struct sweep *sweep, enum sweep_state state);
int sweep_count_own(const struct sweep *sweep, enum sweep_state state);

/* Cases that this run takes. */
int sweep_own(const struct sweep *sweep);

/* Prints the lines of the table that are known, of this run's cases: it is in the order of the configuration, so a case
 * that is done waits for those before it. */
void sweep_show(struct sweep *sweep);

/* Writes the cases that are done to results.csv, in the order of the configuration. */
int sweep_write_csv(const struct sweep *sweep, const char *path, struct error *err);

/* Fails when a case has failed, with its sentence and EXIT_SOME_FAILED; where all cases have failed
 * for the same reason, with the code of that. */
int sweep_tell_failures(const struct sweep *sweep, struct error *err);

#endif
