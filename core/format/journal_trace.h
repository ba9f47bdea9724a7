/* journal_trace.h - the candidates of a case in the order they were evaluated, as its journal tells. */
#ifndef CORE_FORMAT_JOURNAL_TRACE_H
#define CORE_FORMAT_JOURNAL_TRACE_H

#include "core/evaluate/metric.h"

#include <stdbool.h>

/* A candidate on the samples of the search. */
struct trace_point {
    double
        loss; /* of one that was dropped an estimate: the lowest until then and what it was
                       above its rival; NaN: it is not finite */
    double metric; /* NaN: it is not known, as of one that was dropped */
    bool is_dropped;
};

struct journal_trace {
    struct trace_point *points; /* [count] owned */
    int count;
};

/* Reads a journal, which may grow meanwhile. False where there is none; a journal of an earlier version is
 * none.
 *
 *   trace  out; clear with journal_trace_clear() whether or not this gives true */
bool journal_trace_read(const char *path, enum metric metric,
                        struct journal_trace *trace);
void journal_trace_clear(struct journal_trace *trace);

#endif
