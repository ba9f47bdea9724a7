/* ledger.h - the cases of a run directory and where each of them stands, for run, status and table.
 *
 * Results, journals, their locks and the files `failed` say where a case stands; a run adds what it
 * has just done itself. */
#ifndef COORDINATOR_LEDGER_H
#define COORDINATOR_LEDGER_H

#include "core/case/cases.h"
#include "core/format/journal_summary.h"
#include "core/format/result.h"

enum ledger_state {
    LEDGER_DONE,
    LEDGER_RUNNING,     /* its journal is held open */
    LEDGER_FAILED,      /* the last who tried says why */
    LEDGER_INTERRUPTED, /* its journal has answers, and nobody works on it */
    LEDGER_WAITING,     /* nothing of it is there */
    LEDGER_STATES
};

struct ledger_case {
    enum ledger_state state;
    bool is_others; /* in the part of another run */
    char *
        identity; /* see identity.h; owned; NULL: a file cannot be read, or nobody asks */
    bool has_result; /* which may be one that does not stand */
    struct result result;
    struct journal_summary progress; /* of the result or the journal */
    enum exit_code failed;           /* where it failed, and why; owned */
    char *failure;
};

struct ledger {
    const struct config *config; /* borrowed, as the cases */
    const struct cases *cases;
    struct cases_part part;
    bool compares; /* identities: the results of others are none */
    struct ledger_case
        *each; /* [cases->count] owned; in the order of the configuration */
};

void ledger_init(struct ledger *ledger, const struct config *config,
                 const struct cases *cases, struct cases_part part);
void ledger_clear(struct ledger *ledger);

/* Looks where all cases stand, and holds what earlier runs have written against the identities,
 * which the caller has put into `each`; from then on what is not of the same identity does not
 * count. Cases without an identity have no results.
 *
 * Fails with the first difference, as identity_compare() does. */
int ledger_compare(struct ledger *ledger, struct error *err);

/* Looks again where the cases stand that were not settled, and those of others. Changes no file; others
 * may write meanwhile.
 *
 * A result stands unless more evaluations or seconds are allowed now than those that ended its
 * search, or fewer than it took, or its samples overlap and may not any more. */
void ledger_look(struct ledger *ledger);

/* What this run has done: a case has its result, which goes to the ledger, or none; or it is to be
 * tried once more. */
void ledger_done(struct ledger *ledger, int index, const struct result *result);
void ledger_failed(struct ledger *ledger, int index, enum exit_code code,
                   const char *sentence);
void ledger_retry(struct ledger *ledger, int index);

/* "done", "running" ... */
const char *ledger_state_name(enum ledger_state state);

/* Whether a case has its result, or the reason why there is none. */
bool ledger_is_settled(const struct ledger_case *each);

/* Cases in a state: all, or those of this run; LEDGER_STATES: in any. */
int ledger_count(const struct ledger *ledger, enum ledger_state state);
int ledger_count_own(const struct ledger *ledger, enum ledger_state state);

/* Cases of this run that are not settled. */
int ledger_count_open(const struct ledger *ledger);

/* Writes the cases that are done to results.csv, in the order of the configuration; where none is,
 * writes nothing. Looks before. Runs of several parts write one after the other. */
int ledger_write_csv(struct ledger *ledger, struct error *err);

/* Fails when a case of this run has failed, with its sentence and EXIT_SOME_FAILED; where all have
 * failed for the same reason, with the code of that. */
int ledger_report_failures(const struct ledger *ledger, struct error *err);

#endif
