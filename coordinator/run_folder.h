/* run_folder.h - what earlier runs have left in the run directory, and what this one writes first. */
#ifndef COORDINATOR_RUN_FOLDER_H
#define COORDINATOR_RUN_FOLDER_H

#include "coordinator/model_facts.h"
#include "coordinator/sweep.h"
#include "core/format/journal.h"

#include <limits.h>

/* A path in the run directory. Fails with EXIT_MACHINE when it is too long. */
int run_folder_path(const struct config *config, const char *name, char path[PATH_MAX],
                    struct error *err);

/* The same in the folder of a case: "/journal", or "" for the folder. */
int run_folder_case_path(const struct config *config, const char *case_id,
                         const char *name, char path[PATH_MAX], struct error *err);

/* What a run holds of its directory: all of it, or a part beside other parts. */
struct run_folder_lock {
    int run, part;
};

/* Makes the directory and locks it: returns as lock_take() does. Runs of several parts, which must
 * be of the same number, share it; no part has two. */
int run_folder_open(const struct config *config, struct cases_part part,
                    struct run_folder_lock *lock, struct error *err);
void run_folder_close(struct run_folder_lock *lock);

/* Looks at every case: gives it its identity, compares that with what is there, and takes the
 * results that still stand. A result stands unless more evaluations or seconds are allowed now than
 * those that ended its search, or fewer than it took, or its samples overlap and may not any more.
 *
 *   facts  [config->model_count] with the hashes of the files; receives what results tell
 *
 * Fails with the first difference, as identity_compare() does; nothing is changed then. */
int run_folder_look_back(const struct config *config, struct model_facts *facts,
                         struct sweep *sweep, struct error *err);

/* Write config.yaml, and results.csv where a case is done. What other teams and runs of other parts have
 * done by now is taken in before. Runs of several parts write one after the other. */
int run_folder_write_config(const struct config *config, struct cases_part part,
                            struct error *err);
int run_folder_write_csv(const struct config *config, struct sweep *sweep,
                         struct error *err);

/* Writes cases/<id>/failed, reads it, or removes it: why the case has failed. The sentence that is read is
 * the caller's; NULL: there is no such file. */
int run_folder_write_failure(const struct config *config, const char *case_id,
                             const struct sweep_case *failed, struct error *err);
char *run_folder_read_failure(const struct config *config, const char *case_id,
                              enum exit_code *code);
void run_folder_forget_failure(const struct config *config, const char *case_id);

/* Opens the journal of a case, whose folder is made. */
struct journal *run_folder_open_journal(const struct config *config,
                                        const char *case_id, const char *identity,
                                        struct error *err);

#endif
