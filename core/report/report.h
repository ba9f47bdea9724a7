/* report.h - runs as one page of HTML for people: results, how they were found, and where they come from. */
#ifndef CORE_REPORT_REPORT_H
#define CORE_REPORT_REPORT_H

#include "core/base/error.h"
#include "core/format/result.h"

#include <stdbool.h>
#include <stdio.h>

/* A case of a run; all borrowed. */
struct report_case {
    const char *id, *folder;
    const char *state;   /* "done", "failed" ... */
    const char *failure; /* why it failed; NULL */
    const struct result
        *result; /* with model, target, bits and method; NULL: not done */
};

struct report_run {
    const char *name; /* no other run of the report has it */
    const char *path; /* as it is called on the command line */
    const struct config *config;
    const struct report_case *cases; /* [count] */
    int count;
};

struct report {
    const struct report_run *runs; /* [run_count] */
    int run_count;
    bool all_details; /* of every case, not only of the best ones */
};

/* Writes the page. Reads the journals of the cases; where one is missing, what it would show is left out.
 * Fails with EXIT_USAGE where no case of any run is done. */
int report_write(const struct report *report, FILE *out, struct error *err);

#endif
