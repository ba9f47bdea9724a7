/* result_analysis.h - what `calq analyze` has found of a case, read back for people; written by findings_write(). */
#ifndef CORE_FORMAT_RESULT_ANALYSIS_H
#define CORE_FORMAT_RESULT_ANALYSIS_H

#include "core/format/findings.h"

#include <stdbool.h>

struct analysis {
    char *kind, *title;          /* owned */
    double seconds, cpu_seconds; /* that it took, without what was in the journal of
                                    an analysis before it; NaN: it does not tell */
    struct findings findings;
};

/* Reads one; of variables those over one or two axes. False where the file is none.
 *
 *   analysis  out; clear with analysis_clear() whether or not this gives true */
bool analysis_read(const char *path, struct analysis *analysis);
void analysis_clear(struct analysis *analysis);

/* The variable of that name; NULL: there is none. And the value of a fact; NaN: there is none. */
const struct findings_variable *analysis_variable_named(const struct analysis *analysis,
                                                        const char *name);
double analysis_fact_named(const struct analysis *analysis, const char *name);

#endif
