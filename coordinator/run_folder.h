/* run_folder.h - the files and locks of a run directory. */
#ifndef COORDINATOR_RUN_FOLDER_H
#define COORDINATOR_RUN_FOLDER_H

#include "core/case/cases.h"
#include "core/format/journal.h"

#include <limits.h>
#include <stdio.h>

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
/* The same for all teams: the first one holds the directory, and says on `log` where there are no locks. Collective
 * over the ranks that coordinate. */
int run_folder_open_for_all(const struct config *config, struct cases_part part,
                            FILE *log, struct run_folder_lock *lock, struct error *err);
void run_folder_close(struct run_folder_lock *lock);

/* Fails where the directory holds the cases of a run of another name: it holds those of one. */
int run_folder_compare_names(const struct config *config, struct error *err);

/* Takes the lock of the files that runs of all parts write, config.yaml and results.csv, when it is
 * free; without parts there is none. Returns as lock_wait(). */
int run_folder_lock_files(const struct config *config, struct cases_part part,
                          int *lock, struct error *err);

/* Writes config.yaml. */
int run_folder_write_config(const struct config *config, struct cases_part part,
                            struct error *err);

/* Writes cases/<id>/failed, reads it, or removes it: why the case has failed. The sentence that is read is
 * the caller's; NULL: there is no such file. */
int run_folder_write_failure(const struct config *config, const char *case_id,
                             enum exit_code code, const char *sentence,
                             struct error *err);
char *run_folder_read_failure(const struct config *config, const char *case_id,
                              enum exit_code *code);
void run_folder_forget_failure(const struct config *config, const char *case_id);

/* Opens the journal of a case, whose folder is made. */
struct journal *run_folder_open_journal(const struct config *config,
                                        const char *case_id, const char *identity,
                                        struct error *err);

#endif
