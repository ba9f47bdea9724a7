#include "core/report/report_page.h"

#include "core/base/memory.h"
#include "core/format/journal_trace.h"
#include "core/report/trace_lines.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- phases --------------------------------------------------------------------------------- */

/* Evaluations whose answer was there already: the journal has it once. */
static long repeats_of(const struct result *result, const struct journal_trace *trace)
{
    return result_evaluations(result) - trace->count;
}

/* Of phases is told where they begin only if the journal has as many candidates as the result, but for a few. */
static bool knows_phases(const struct result *result, const struct journal_trace *trace)
{
    long repeats = repeats_of(result, trace);

    return repeats >= 0 && repeats <= trace->count / 50;
}

static void mark_phases(struct plot *plot, const struct result *result, int count)
{
    long first = 1;

    for (int i = 0; i < result->phase_count; i++) {
        const struct result_phase *phase = &result->phases[i];
        bool is_wide = (double)phase->evaluations > 0.2 * count;

        if (phase->evaluations > 0 && (first > 1 || is_wide))
            plot_mark(plot, (double)first - 0.5, false, is_wide ? phase->name : "");
        first += phase->evaluations;
    }
}

static void list_phases(FILE *out, const struct result *result, long repeats)
{
    long first = 1;
    bool is_begun = false;

    fputs("<p class=\"note\">Phases by evaluation: ", out);
    for (int i = 0; i < result->phase_count; i++) {
        const struct result_phase *phase = &result->phases[i];

        if (phase->evaluations == 0)
            continue;
        html_print(out, "%s%s %ld", is_begun ? ", " : "", phase->name, first);
        if (phase->evaluations > 1)
            html_print(out, " to %ld", first + phase->evaluations - 1);
        first += phase->evaluations;
        is_begun = true;
    }
    if (repeats > 0)
        html_print(out, "; the answer of %ld of them was there already", repeats);
    fputs(".</p>\n", out);
}

/* ---- of one case ---------------------------------------------------------------------------- */

static void draw_losses(struct plot *plot, const struct report_entry *entry,
                        const struct journal_trace *trace)
{
    struct trace_lines lines = trace_lines_of(trace);

    plot_faint_points(plot, 5, lines.scored.x, lines.scored.loss, lines.scored.count);
    plot_faint_points(plot, 6, lines.dropped.x, lines.dropped.loss,
                      lines.dropped.count);
    plot_line(plot, 0, lines.best.x, lines.best.loss, lines.best.count);
    if (knows_phases(entry->result, trace))
        mark_phases(plot, entry->result, trace->count);
    plot_end_drawing(plot);
    plot_dot_key(plot, 5, "a candidate");
    if (lines.dropped.count > 0)
        plot_dot_key(plot, 6, "dropped early (estimate)");
    plot_line_key(plot, 0, "lowest so far");
    trace_lines_clear(&lines);
}

static struct axis evaluations_axis(int count)
{
    struct axis axis = axis_of("evaluation", "in order");

    axis.low = 0;
    axis.high = count + 1;
    axis.ends_stay = true;
    return axis;
}

static void write_loss_figure(struct report_page *page,
                              const struct report_entry *entry,
                              const struct journal_trace *trace)
{
    const struct result *result = entry->result;
    struct plot plot = report_plot(
        page, "Loss over evaluations",
        "Each candidate's loss on the calibration samples, and the lowest loss until "
        "then. The table of phases has the numbers.");

    plot.x = evaluations_axis(trace->count);
    plot.y = axis_of(loss_table[result->model->loss].name, report_loss_unit(result));
    for (int i = 0; i < trace->count; i++)
        if (!trace->points[i].is_dropped)
            axis_fit(&plot.y, trace->points[i].loss);
    axis_use_log(&plot.y, 8);
    plot.has_marks = knows_phases(result, trace);
    plot_begin(&plot);
    draw_losses(&plot, entry, trace);
    plot_end_keys(&plot);
    if (knows_phases(result, trace))
        list_phases(page->out, result, repeats_of(result, trace));
    plot_end(&plot);
}

static void draw_metrics(struct plot *plot, const struct report_entry *entry,
                         const struct journal_trace *trace)
{
    struct trace_lines lines = trace_lines_of(trace);
    double in_float = report_metric(entry->result, &entry->result->float_calibration);
    double factor = metric_is_share(entry->result->model->metric) ? 100 : 1;

    trace_lines_scale_metric(&lines, factor);
    plot_faint_points(plot, 5, lines.scored.x, lines.scored.metric, lines.scored.count);
    plot_line(plot, 0, lines.best.x, lines.best.metric, lines.best.count);
    if (!isnan(in_float))
        plot_level(plot, in_float, "float");
    if (knows_phases(entry->result, trace))
        mark_phases(plot, entry->result, trace->count);
    plot_end_drawing(plot);
    plot_dot_key(plot, 5, "a candidate");
    plot_line_key(plot, 0, "that of the lowest loss so far");
    trace_lines_clear(&lines);
}

static void write_metric_figure(struct report_page *page,
                                const struct report_entry *entry,
                                const struct journal_trace *trace)
{
    const struct result *result = entry->result;
    double factor = metric_is_share(result->model->metric) ? 100 : 1;
    struct plot plot;
    char title[128];

    snprintf(title, sizeof title, "Calibration %s over evaluations",
             report_metric_name(result));
    plot =
        report_plot(page, title,
                    "The metric of each candidate on the calibration samples, and that "
                    "of the candidate with the lowest loss until then.");
    plot.x = evaluations_axis(trace->count);
    plot.y = axis_of(report_metric_name(result), report_metric_unit(result));
    for (int i = 0; i < trace->count; i++)
        axis_fit(&plot.y, factor * trace->points[i].metric);
    if (plot.y.high < plot.y.low)
        return;
    plot.has_marks = knows_phases(result, trace);
    axis_fit(&plot.y, report_metric(result, &result->float_calibration));
    plot_begin(&plot);
    draw_metrics(&plot, entry, trace);
    plot_end(&plot);
}

static int count_scored(const struct journal_trace *trace)
{
    int count = 0;

    for (int i = 0; i < trace->count; i++)
        count += !trace->points[i].is_dropped;
    return count;
}

/* Analyses ask the same journal, after the case was done. */
static void leave_out_analyses(struct journal_trace *trace, const struct result *result)
{
    long evaluations = result_evaluations(result);

    if (trace->count > evaluations)
        trace->count = (int)evaluations;
}

bool report_read_trace(const struct report_entry *entry, struct journal_trace *trace)
{
    enum { FEW = 5 };
    char path[PATH_MAX];
    bool is_read;

    *trace = (struct journal_trace){0};
    is_read = snprintf(path, sizeof path, "%s/journal", entry->one->folder) <
                  (int)sizeof path &&
              journal_trace_read(path, entry->result->model->metric, trace);
    leave_out_analyses(trace, entry->result);
    return is_read && count_scored(trace) >= FEW;
}

void report_trace_figures(struct report_page *page, const struct report_entry *entry)
{
    struct journal_trace trace;

    if (report_read_trace(entry, &trace)) {
        write_loss_figure(page, entry, &trace);
        write_metric_figure(page, entry, &trace);
    }
    journal_trace_clear(&trace);
}

/* ---- the p scan ----------------------------------------------------------------------------- */

static void draw_p_points(struct plot *plot, const struct result_p_grid *grid)
{
    char text[96];

    plot_line(plot, 0, grid->p, grid->losses, grid->count);
    for (int i = 0; i < grid->count; i++) {
        snprintf(text, sizeof text, "p = %.4g: loss %.5g", grid->p[i], grid->losses[i]);
        plot_point(plot, 0, grid->p[i] != grid->chosen, grid->p[i], grid->losses[i],
                   text);
    }
    if (grid->vertex >= plot->x.low && grid->vertex <= plot->x.high)
        plot_mark(plot, grid->vertex, false, "vertex of the parabola");
    plot_end_drawing(plot);
    plot_key_hollow(plot, 0, "tried");
    plot_key(plot, 0, "start of the search");
}

static void write_p_table(FILE *out, const struct result_p_grid *grid)
{
    static const char *const heads[] = {"p", "Loss"};
    char text[32];

    html_details_begin(out, "Values of the p scan");
    html_table_begin(out, "Loss by p");
    html_heads(out, heads, 2);
    for (int i = 0; i < grid->count; i++) {
        snprintf(text, sizeof text, "%.4g", grid->p[i]);
        html_row_begin(out, text);
        html_number(out, "%.6g", grid->losses[i]);
        html_row_end(out);
    }
    html_table_end(out);
    html_details_end(out);
}

void report_p_figure(struct report_page *page, const struct report_entry *entry)
{
    const struct result_p_grid *grid = &entry->result->p_grid;
    struct plot plot;

    if (grid->count == 0)
        return;
    plot =
        report_plot(page, "The p scan",
                    "The loss of steps that err least by the norm p, by p; where the "
                    "search began; where a parabola through them is lowest.");
    plot.x = axis_of("p of the norm", "a number");
    plot.y = axis_of(loss_table[entry->result->model->loss].name,
                     report_loss_unit(entry->result));
    for (int i = 0; i < grid->count; i++) {
        axis_fit(&plot.x, grid->p[i]);
        axis_fit(&plot.y, grid->losses[i]);
    }
    if (grid->vertex > 0.5 * plot.x.low && grid->vertex < 2 * plot.x.high)
        axis_fit(&plot.x, grid->vertex);
    axis_use_log(&plot.y, 20);
    plot.has_marks = true;
    plot_begin(&plot);
    draw_p_points(&plot, grid);
    plot_end_keys(&plot);
    if (grid->verdict)
        html_element(page->out, "p class=\"note\"", "The vertex: %s.", grid->verdict);
    write_p_table(page->out, grid);
    plot_end(&plot);
}

/* ---- methods beside each other -------------------------------------------------------------- */

/* The traces of the entries of one group and bits; those without one are empty. */
static struct journal_trace *read_traces(const struct report_page *page,
                                         const struct report_entry *bits, int *count)
{
    struct journal_trace *traces = memory_zeroed((size_t)page->count, sizeof *traces);

    *count = 0;
    for (int i = 0; i < page->count; i++)
        if (report_is_of_group(&page->entries[i], bits) &&
            report_has_bits(&page->entries[i], bits)) {
            if (!report_read_trace(&page->entries[i], &traces[i]))
                journal_trace_clear(&traces[i]);
            *count += traces[i].count > 0;
        }
    return traces;
}

static void draw_bests(struct plot *plot, const struct report_page *page,
                       const struct journal_trace *traces)
{
    for (int i = 0; i < page->count; i++) {
        struct trace_lines lines = trace_lines_of(&traces[i]);

        if (traces[i].count > 0)
            plot_line(plot, page->entries[i].series, lines.best.x, lines.best.loss,
                      lines.best.count);
        trace_lines_clear(&lines);
    }
    plot_end_drawing(plot);
    for (int i = 0; i < page->count; i++)
        if (traces[i].count > 0)
            plot_line_key(plot, page->entries[i].series, page->entries[i].method);
}

static void fit_bests(struct plot *plot, const struct report_page *page,
                      const struct journal_trace *traces)
{
    int most = 0;

    for (int i = 0; i < page->count; i++) {
        struct trace_lines lines = trace_lines_of(&traces[i]);

        for (int at = 0; at < lines.best.count; at++)
            axis_fit(&plot->y, lines.best.loss[at]);
        most = traces[i].count > most ? traces[i].count : most;
        trace_lines_clear(&lines);
    }
    plot->x = evaluations_axis(most);
    axis_use_log(&plot->y, 8);
}

static void write_comparison(struct report_page *page, const struct report_entry *bits,
                             const struct journal_trace *traces)
{
    const struct result *result = bits->result;
    char title[400], text[16];
    struct plot plot;

    config_bits_text(result->bits, text);
    snprintf(title, sizeof title, "Lowest loss by evaluations: %.200s, %s",
             result->model->name, text);
    plot = report_plot(
        page, title,
        "For each method that searches, the lowest loss until then. The table "
        "of methods has the last one.");
    plot.y = axis_of(loss_table[result->model->loss].name, report_loss_unit(result));
    fit_bests(&plot, page, traces);
    plot_begin(&plot);
    draw_bests(&plot, page, traces);
    plot_end(&plot);
}

void report_searches(struct report_page *page)
{
    bool is_begun = false;

    for (int i = 0; i < page->count; i++) {
        struct journal_trace *traces;
        int count;

        if (!report_is_first(page, i, report_has_bits))
            continue;
        traces = read_traces(page, &page->entries[i], &count);
        if (count > 1 && !is_begun) {
            fputs("<section id=\"searches\">\n", page->out);
            html_element(page->out, "h2", "Searches beside each other");
            fputs("<div class=\"figures\">\n", page->out);
            is_begun = true;
        }
        if (count > 1)
            write_comparison(page, &page->entries[i], traces);
        for (int j = 0; j < page->count; j++)
            journal_trace_clear(&traces[j]);
        free(traces);
    }
    if (is_begun)
        fputs("</div>\n</section>\n", page->out);
}
