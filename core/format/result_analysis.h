/* result_analysis.h - what `calq analyze` has found of a case, read for people: axes, variables over them, facts. */
#ifndef CORE_FORMAT_RESULT_ANALYSIS_H
#define CORE_FORMAT_RESULT_ANALYSIS_H

#include <stdbool.h>

struct json_t;

/* Texts are borrowed from the JSON. */
struct analysis_name {
    const char *name, *meaning,
        *unit; /* "share": of 0 to 1; "": a plain number or a text */
};

struct analysis_axis {
    struct analysis_name name;
    int count;
    double *numbers;    /* [count] owned; NULL: texts */
    const char **texts; /* [count] owned */
};

struct analysis_variable {
    struct analysis_name name;
    int axes[2], axis_count;
    double *values; /* [count of the first axis, of the second] owned; NaN: not known */
};

struct analysis_fact {
    struct analysis_name name;
    double value;
    const char *text; /* NULL: the value */
};

struct analysis {
    const char *kind, *title;
    struct analysis_axis *axes; /* [axis_count], all owned */
    int axis_count;
    struct analysis_variable *variables;
    int variable_count;
    struct analysis_fact *facts;
    int fact_count;
    struct json_t *json;
};

/* Reads one; of variables those over one or two axes. False where the file is none.
 *
 *   analysis  out; clear with analysis_clear() whether or not this gives true */
bool analysis_read(const char *path, struct analysis *analysis);
void analysis_clear(struct analysis *analysis);

/* The variable of that name; NULL: there is none. And the value of a fact; NaN: there is none. */
const struct analysis_variable *analysis_variable_named(const struct analysis *analysis,
                                                        const char *name);
double analysis_fact_named(const struct analysis *analysis, const char *name);

#endif
