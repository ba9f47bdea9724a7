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

/* Makes the directory and takes its lock: see lock_take(). */
int run_folder_open(const struct config *config, int *lock, struct error *err);

/* Looks at every case: gives it its identity, compares that with what is there, and takes the
 * results that still stand. A result stands unless more evaluations or seconds are allowed now than
 * those that ended its search, or fewer than it took, or its samples overlap and may not any more.
 *
 *   facts  [config->model_count] with the hashes of the files; receives what results tell
 *
 * Fails with the first difference, as identity_compare() does; nothing is changed then. */
int run_folder_look_back(const struct config *config, struct model_facts *facts,
                         struct sweep *sweep, struct error *err);

/* Writes config.yaml. */
int run_folder_write_config(const struct config *config, struct error *err);

/* Opens the journal of a case, whose folder is made. */
struct journal *run_folder_open_journal(const struct config *config,
                                        const char *case_id, const char *identity,
                                        struct error *err);

#endif
