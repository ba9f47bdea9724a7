/* trace_lines.h - what figures show of a search: its candidates, and the best of them so far. */
#ifndef CORE_REPORT_TRACE_LINES_H
#define CORE_REPORT_TRACE_LINES_H

#include "core/format/journal_trace.h"

/* Points by evaluation, from 1 on; [count] owned. */
struct trace_line {
    double *x, *loss, *metric;
    int count;
};

struct trace_lines {
    struct trace_line scored, dropped; /* of many only some: no eye tells more apart */
    struct trace_line best; /* steps: each change of the lowest loss, and the end */
};

struct trace_lines trace_lines_of(const struct journal_trace *trace);
void trace_lines_scale_metric(struct trace_lines *lines, double factor);
void trace_lines_clear(struct trace_lines *lines);

#endif
