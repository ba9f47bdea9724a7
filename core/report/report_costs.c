#include "core/report/report_page.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- phases of one case --------------------------------------------------------------------- */

static void write_phase_table(FILE *out, const struct result *result)
{
    static const char *const heads[] = {
        "Phase", "Evaluations", "Time, s", "Multiply-adds run", "Avoided", "Dropped"};

    html_details_begin(out, "Table of phases");
    html_table_begin(out, "Where evaluations and seconds went");
    html_heads(out, heads, sizeof heads / sizeof *heads);
    for (int i = 0; i < result->phase_count; i++) {
        const struct result_phase *phase = &result->phases[i];

        html_row_begin(out, phase->name);
        html_number(out, "%.0f", (double)phase->evaluations);
        html_number(out, "%.2f", phase->seconds);
        html_number(out, "%.4g", (double)phase->work.macs_run);
        html_number(out, "%.4g", (double)phase->work.macs_avoided);
        html_number(out, "%.4g", (double)phase->work.macs_dropped);
        html_row_end(out);
    }
    html_table_end(out);
    html_details_end(out);
}

static void draw_phases(struct plot *plot, const struct result *result)
{
    for (int i = 0; i < result->phase_count; i++) {
        const struct result_phase *phase = &result->phases[i];
        char text[128];

        snprintf(text, sizeof text, "%s: %.2f s, %ld evaluations", phase->name,
                 phase->seconds, phase->evaluations);
        plot_bar(plot, 0, 0, phase->seconds, i, text);
    }
    plot_end_drawing(plot);
}

void report_phase_figure(struct report_page *page, const struct report_entry *entry)
{
    const struct result *result = entry->result;
    const char **names = memory_get((size_t)result->phase_count * sizeof *names);
    struct plot plot =
        report_plot(page, "Where the seconds went",
                    "The wall-clock seconds of each phase of the case. The table below "
                    "has evaluations and work, too.");

    if (result->phase_count > 0) {
        plot.x = axis_of("time", "s");
        axis_fit(&plot.x, 0);
        for (int i = 0; i < result->phase_count; i++) {
            names[i] = result->phases[i].name;
            axis_fit(&plot.x, result->phases[i].seconds);
        }
        plot.y = axis_of_labels("phase", "in order", names, result->phase_count);
        plot_begin(&plot);
        draw_phases(&plot, result);
        write_phase_table(page->out, result);
        plot_end(&plot);
    }
    free(names);
}

/* ---- tables of cases ------------------------------------------------------------------------ */

enum { HEADS_MOST = 8 };

/* Of several runs the run of a case stands behind its name; `heads` are those of what follows. */
static void begin_table(const struct report_page *page, const char *title,
                        const char *const *heads, size_t count)
{
    const char *all[HEADS_MOST] = {"Case", "Run"};
    size_t first = page->report->run_count > 1 ? 2 : 1;

    memcpy(all + first, heads, count * sizeof *all);
    html_table_begin(page->out, title);
    html_heads(page->out, all, (int)(first + count));
}

static void begin_row(const struct report_page *page, const struct report_entry *entry)
{
    html_row_begin(page->out, entry->one->id);
    if (page->report->run_count > 1)
        html_cell(page->out, "%s", entry->run->name);
}

/* ---- all cases ------------------------------------------------------------------------------ */

static double share_of(int64_t macs, const struct executor_counters *work)
{
    double all = (double)(work->macs_run + work->macs_avoided + work->macs_dropped);

    return all > 0 ? 100 * (double)macs / all : NAN;
}

static void write_costs(const struct report_page *page,
                        const struct report_entry *entry)
{
    const struct result *result = entry->result;

    begin_row(page, entry);
    html_number(page->out, "%.0f", (double)result_evaluations(result));
    html_number(page->out, "%.1f", result->seconds);
    html_number(page->out, "%.1f", result->cpu_seconds);
    html_number(page->out, "%.0f", result->ranks);
    html_number(page->out, "%.1f", share_of(result->work.macs_avoided, &result->work));
    html_number(page->out, "%.1f", share_of(result->work.macs_dropped, &result->work));
    html_row_end(page->out);
}

static void write_total(const struct report_page *page)
{
    double seconds = 0, cpu_seconds = 0, evaluations = 0;

    for (int i = 0; i < page->count; i++) {
        seconds += page->entries[i].result->seconds;
        cpu_seconds += page->entries[i].result->cpu_seconds;
        evaluations += (double)result_evaluations(page->entries[i].result);
    }
    html_element(
        page->out, "p",
        "The %d cases took %.0f evaluations, %.1f CPU seconds, and %.1f seconds "
        "one after the other.",
        page->count, evaluations, cpu_seconds, seconds);
}

/* ---- analyses --------------------------------------------------------------------------------- */

struct analysis_costs {
    const struct report_page *page;
    const struct report_entry *entry;
    double cpu_seconds;
    bool is_begun;
};

static void write_analysis_cost(void *context, const char *file,
                                const struct analysis *analysis)
{
    static const char *const heads[] = {"Analysis", "Time, s", "CPU time, s"};
    struct analysis_costs *costs = context;
    FILE *out = costs->page->out;

    (void)file;
    if (!analysis)
        return;
    if (!costs->is_begun) {
        html_element(out, "h3", "What analyses took");
        begin_table(costs->page, "What each analysis took", heads,
                    sizeof heads / sizeof *heads);
    }
    costs->is_begun = true;
    costs->cpu_seconds += fmax(0, analysis->cpu_seconds);
    begin_row(costs->page, costs->entry);
    html_cell(out, "%s", analysis->title);
    html_number(out, "%.1f", analysis->seconds);
    html_number(out, "%.1f", analysis->cpu_seconds);
    html_row_end(out);
}

static void write_analysis_costs(const struct report_page *page)
{
    struct analysis_costs costs = {.page = page};

    for (int i = 0; i < page->count; i++) {
        costs.entry = &page->entries[i];
        report_for_analyses(costs.entry, write_analysis_cost, &costs);
    }
    if (!costs.is_begun)
        return;
    html_table_end(page->out);
    html_element(page->out, "p class=\"note\"",
                 "Together %.1f CPU seconds. What one found of a case costs the next "
                 "ones nothing.",
                 costs.cpu_seconds);
}

/* ---- what the networks cost ----------------------------------------------------------------- */

static bool has_cost(const struct report_entry *entry)
{
    return entry->result->cost.weight_bytes > 0;
}

static void write_network_cost(const struct report_page *page,
                               const struct report_entry *entry)
{
    const struct cost *cost = &entry->result->cost;

    begin_row(page, entry);
    html_number(page->out, "%.2f", cost->weight_bits);
    html_number(page->out, "%.2f", cost->activation_bits);
    html_number(page->out, "%.1f", cost->weight_bytes / 1024);
    html_number(page->out, "%.4g", cost->bit_operations / 1e9);
    html_row_end(page->out);
}

static void write_network_costs(const struct report_page *page)
{
    static const char *const heads[] = {"Bits of a weight", "Bits of an activation",
                                        "Weights, KiB", "Bit operations, 10^9"};
    int with_cost = 0;

    for (int i = 0; i < page->count; i++)
        with_cost += has_cost(&page->entries[i]);
    if (with_cost == 0)
        return;
    html_element(page->out, "h3", "What the quantized networks cost");
    html_element(
        page->out, "p class=\"note\"",
        "Bits are means over values, with those that stay in float, 32; a bit "
        "operation is a multiply-add of a sample times the bits of both sides.");
    begin_table(page, "Bits, bytes and bit operations", heads,
                sizeof heads / sizeof *heads);
    for (int i = 0; i < page->count; i++)
        if (has_cost(&page->entries[i]))
            write_network_cost(page, &page->entries[i]);
    html_table_end(page->out);
}

void report_costs(struct report_page *page)
{
    static const char *const heads[] = {
        "Evaluations", "Time, s", "CPU time, s", "Ranks", "Multiply-adds avoided, %",
        "Dropped, %"};

    fputs("<section id=\"costs\">\n", page->out);
    html_element(page->out, "h2", "Where evaluations and seconds went");
    write_total(page);
    begin_table(page, "What each case took", heads, sizeof heads / sizeof *heads);
    for (int i = 0; i < page->count; i++)
        write_costs(page, &page->entries[i]);
    html_table_end(page->out);
    write_analysis_costs(page);
    write_network_costs(page);
    fputs("</section>\n", page->out);
}
