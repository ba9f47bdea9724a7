#include "core/report/trace_lines.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { DOTS_MOST = 500 };

static struct trace_line line_of(int most)
{
    size_t bytes = (size_t)(most + 1) * sizeof(double);

    return (struct trace_line){memory_get(bytes), memory_get(bytes), memory_get(bytes),
                               0};
}

static void add(struct trace_line *line, int x, double loss, double metric)
{
    line->x[line->count] = x;
    line->loss[line->count] = loss;
    line->metric[line->count++] = metric;
}

static struct trace_line dots_of(const struct journal_trace *trace, bool is_dropped)
{
    struct trace_line line = line_of(trace->count);
    int every = trace->count / DOTS_MOST + 1;

    for (int i = 0; i < trace->count; i += every)
        if (trace->points[i].is_dropped == is_dropped)
            add(&line, i + 1, trace->points[i].loss, trace->points[i].metric);
    return line;
}

static struct trace_line best_of(const struct journal_trace *trace)
{
    struct trace_line line = line_of(2 * trace->count + 1);
    double loss = INFINITY, metric = NAN;

    for (int i = 0; i < trace->count; i++) {
        const struct trace_point *point = &trace->points[i];

        if (point->is_dropped || !(point->loss < loss))
            continue;
        if (line.count > 0)
            add(&line, i + 1, loss, metric);
        loss = point->loss;
        metric = point->metric;
        add(&line, i + 1, loss, metric);
    }
    if (line.count > 0)
        add(&line, trace->count, loss, metric);
    return line;
}

struct trace_lines trace_lines_of(const struct journal_trace *trace)
{
    return (struct trace_lines){dots_of(trace, false), dots_of(trace, true),
                                best_of(trace)};
}

static void scale(struct trace_line *line, double factor)
{
    for (int i = 0; i < line->count; i++)
        line->metric[i] *= factor;
}

void trace_lines_scale_metric(struct trace_lines *lines, double factor)
{
    scale(&lines->scored, factor);
    scale(&lines->dropped, factor);
    scale(&lines->best, factor);
}

static void clear(struct trace_line *line)
{
    free(line->x);
    free(line->loss);
    free(line->metric);
}

void trace_lines_clear(struct trace_lines *lines)
{
    clear(&lines->scored);
    clear(&lines->dropped);
    clear(&lines->best);
}
