/* identity.h - what a case is: everything that decides its digits, as lines of text "key: value".
 *
 * Journals and results carry it. What never changes a digit (memory, kernels, ranks, budgets, names
 * and paths) is not part of it; files are named by the hashes of their content.
 */
#ifndef CORE_FORMAT_IDENTITY_H
#define CORE_FORMAT_IDENTITY_H

#include "core/base/error.h"
#include "core/format/config.h"

struct identity_parts {
    const struct config *config;
    const struct config_model *model;
    enum config_target target;
    struct config_bits bits;
    const struct config_method_settings *method;
    const char *network_hash, *calibration_hash;
    const char *validation_hash; /* "" without validation data */
};

/* The text; owned by the caller. */
char *identity_text(const struct identity_parts *parts);

/* Compares what a file was written with and what this run has. Fails with a sentence about the first
 * difference: EXIT_INPUT where it is in the content of a file, else EXIT_CONFIG. */
int identity_compare(const char *path, const char *written, const char *ours,
                     struct error *err);

#endif
