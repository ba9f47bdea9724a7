/* findings.h - what an analysis has found: axes, variables over them, and facts; as JSON and CSV.
 *
 * All analyses have this shape, so who draws or reads one can do so with all. */
#ifndef CORE_FORMAT_FINDINGS_H
#define CORE_FORMAT_FINDINGS_H

#include "core/base/error.h"
#include "core/format/config.h"
#include "core/format/result.h"

enum { FINDINGS_AXES_MOST = 3 };

/* Of an axis, a variable or a fact. The unit of a share, which people read in per cent, is "share"; "" is a
 * plain number or a text. */
struct findings_name {
    const char *name; /* in files: small letters, digits and '_' */
    const char *meaning, *unit;
};

/* Numbers or texts, in order. */
struct findings_axis {
    struct findings_name name; /* owned, as those of the others */
    int count;
    double *numbers; /* [count] owned */
    char **texts;    /* [count] owned, as each; NULL: numbers */
};

struct findings_variable {
    struct findings_name name;
    int axes[FINDINGS_AXES_MOST]; /* [axis_count] the first outermost */
    int axis_count;
    double *values; /* [count of the first axis, ...] owned */
};

struct findings_fact {
    struct findings_name name;
    double value;
    char *text; /* in its place; NULL: the value; owned */
};

/* Begins as zeros. */
struct findings {
    struct findings_axis *axes;
    int axis_count;
    struct findings_variable *variables;
    int variable_count;
    struct findings_fact *facts;
    int fact_count;
};

void findings_clear(struct findings *findings);

/* Adds an axis of numbers, or of texts, with a copy of its `count` values; returns which one it is. */
int findings_add_axis(struct findings *findings, struct findings_name name, int count,
                      const double *values);
int findings_add_text_axis(struct findings *findings, struct findings_name name,
                           int count, const char *const *values);

/* Adds a variable over axes, all of it NaN: not known. Returns its values, which the findings own. */
double *findings_add_variable(struct findings *findings, struct findings_name name,
                              const int *axes, int axis_count);

void findings_add_fact(struct findings *findings, struct findings_name name,
                       double value);
void findings_add_text_fact(struct findings *findings, struct findings_name name,
                            const char *text);

/* What was analysed. Borrowed. */
struct findings_about {
    const struct config_analysis_settings *settings;
    const struct config_section *section; /* of the settings */
    const struct result *
        result; /* of the case: its names, identity and warnings, and what the work took */
    const char *metric;
};

/* Writes <folder>/<title>.json and <title>.csv: a line for each value of the first variable's axes, with all
 * variables over the same axes; of others <title>-<axis>-<axis>.csv. Each file complete or not at all.
 * Infinite or not known is null in JSON, "inf" or empty in CSV. Fails with EXIT_MACHINE. */
int findings_write(const struct findings *findings, const struct findings_about *about,
                   const char *folder, struct error *err);

/* The JSON alone. */
int findings_write_json(const struct findings *findings,
                        const struct findings_about *about, const char *path,
                        struct error *err);

#endif
