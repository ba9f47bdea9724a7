/* crate.h - what a Workflow Run RO-Crate says of a run: its ro-crate-metadata.json.
 *
 * RO-Crate 1.1 with the profiles Process Run Crate 0.5, Workflow Run Crate 0.5 and Workflow RO-Crate 1.0
 * (w3id.org/ro/wfrun/workflow/0.5). The configuration is the workflow, the run an action that takes networks and
 * data, and gives results. */
#ifndef CORE_FORMAT_CRATE_H
#define CORE_FORMAT_CRATE_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stdio.h>

/* Of a file all texts are borrowed. */
struct crate_file {
    const char *path;     /* in the crate, fit for a URI; NULL: it is not in it */
    const char *name;     /* what it is, for people */
    const char *original; /* where the run has read it; NULL: in its directory */
    const char *format;   /* media type */
    const char *hash;     /* of its content; NULL: not told */
    long long bytes;
    bool is_input; /* else a result */
};

struct crate {
    const char *name;     /* of the run */
    const char *version;  /* of calq, which made its results */
    const char *license;  /* a URL; NULL: none was given */
    const char *author;   /* a person; NULL: none was named */
    const char *workflow; /* the hash of config.yaml, its version */
    const char *ended;    /* "2026-01-31T12:00:00+00:00" */
    bool failed;          /* some cases have failed */
    const struct crate_file
        *files; /* [count]; the configuration, config.yaml, is none of them */
    int count;
};

/* Writes the metadata. Fails with EXIT_INPUT where a text is not UTF-8, with EXIT_MACHINE where the disk is full. */
int crate_write(const struct crate *crate, FILE *file, struct error *err);

#endif
