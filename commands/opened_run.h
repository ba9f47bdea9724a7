/* opened_run.h - a run directory that a command only looks at. */
#ifndef COMMANDS_OPENED_RUN_H
#define COMMANDS_OPENED_RUN_H

#include "coordinator/ledger.h"
#include "core/case/case_folder.h"

struct opened_run {
    struct config *config; /* its `out` is the directory as it is called now; owned */
    struct cases cases;
    struct ledger ledger;
    struct case_folder folder; /* with an id where one case is named */
};

/* Opens the run directory that a path names, or in which it names a case. Nobody has looked at the
 * ledger yet.
 *
 *   run  out; close with opened_run_close() whether or not this fails
 *
 * Fails with EXIT_USAGE where no run has begun there or it has no such case, else as config_read() does. */
int opened_run_open(struct opened_run *run, const char *path, struct error *err);
void opened_run_close(struct opened_run *run);

#endif
