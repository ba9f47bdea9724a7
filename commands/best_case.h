/* best_case.h - the best case of a run directory within a size. */
#ifndef COMMANDS_BEST_CASE_H
#define COMMANDS_BEST_CASE_H

#include "core/base/error.h"

#include <limits.h>

/* What is asked for. */
struct best_case {
    const char *by; /* "loss" or "accuracy": the metric of the validation samples */
    double bytes;   /* its weights take at most so many; 0: any number */
    const char *model, *target; /* of these alone; NULL: the run has one */
};

/* Reads "loss" or "accuracy", and a number of bytes such as 300000 or 512KiB; as option.h has it. */
int best_case_read_by(const char *name, const char *text, void *place,
                      struct error *err);
int best_case_read_bytes(const char *name, const char *text, void *place,
                         struct error *err);

/* Finds the folder of the best of the cases that are done, and prints its name, what it loses, its metric
 * and its bytes, and how many cases there were. Of cases that are as good the smallest is the best.
 *
 *   run     the run directory
 *   folder  out
 *
 * Fails with EXIT_USAGE where no case is as asked, or where those that are belong to several models or
 * targets, which cannot be compared. */
int best_case_find(const char *run, const struct best_case *best, char folder[PATH_MAX],
                   struct error *err);

#endif
