#include "core/report/report_page.h"

#include "core/base/text.h"

#include <math.h>
#include <string.h>

/* ---- numbers -------------------------------------------------------------------------------- */

static void write_score(const struct report_page *page, const char *what,
                        const struct result *result, const struct score *score)
{
    if (score->samples == 0)
        return;
    html_row_begin(page->out, what);
    html_number(page->out, "%.0f", (double)score->samples);
    html_number(page->out, "%.6g", score_loss(score));
    html_number(page->out, report_metric_format(result), report_metric(result, score));
    html_row_end(page->out);
}

static void write_scores(const struct report_page *page, const struct result *result)
{
    char metric[96];
    const char *heads[] = {"Of", "Samples", "Loss", metric};

    snprintf(metric, sizeof metric, "%s, %s", report_metric_name(result),
             report_metric_unit(result));
    html_table_begin(page->out, "Scores");
    html_heads(page->out, heads, sizeof heads / sizeof *heads);
    write_score(page, "float, calibration", result, &result->float_calibration);
    write_score(page, "start, calibration", result, &result->start.calibration);
    write_score(page, "result, calibration", result, &result->result.calibration);
    write_score(page, "start, held out", result, &result->start.check);
    write_score(page, "result, held out", result, &result->result.check);
    write_score(page, "float, validation", result, &result->float_validation);
    write_score(page, "start, validation", result, &result->start.validation);
    write_score(page, "result, validation", result, &result->result.validation);
    html_table_end(page->out);
}

static void write_notes(const struct report_page *page, const struct result *result)
{
    if (result->stop_reason)
        html_element(page->out, "p", "The search ended after %d sweep%s: %s.",
                     result->sweeps, result->sweeps == 1 ? "" : "s",
                     result->stop_reason);
    if (result->warning_count == 0)
        return;
    fputs("<ul>\n", page->out);
    for (int i = 0; i < result->warning_count; i++)
        html_element(page->out, "li", "%s", result->warnings[i]);
    fputs("</ul>\n", page->out);
}

/* ---- one case ------------------------------------------------------------------------------- */

static void write_summary_line(const struct report_page *page,
                               const struct report_entry *entry)
{
    const struct result *result = entry->result;
    enum metric metric = result->model->metric;
    double value = score_metric(&result->result.validation, metric);
    char loss[TEXT_OF_LOSS_BYTES], text[METRIC_TEXT_BYTES];

    html_print(page->out, "%s", entry->one->id);
    if (page->report->run_count > 1)
        html_print(page->out, " \xc2\xb7 %s", entry->run->name);
    html_print(page->out, ": loss %s",
               text_of_loss(score_loss(&result->result.calibration), loss));
    if (!isnan(value))
        html_print(page->out, ", %s %s", metric_table[metric].name,
                   metric_text(metric, value, text));
}

static void write_case(struct report_page *page, const struct report_entry *entry,
                       bool is_open)
{
    char anchor[HTML_ID_BYTES];

    report_anchor(page, entry, anchor);
    fprintf(page->out, "<details class=\"case\" id=\"%s\"%s data-model=\"", anchor,
            is_open ? " open" : "");
    html_text(page->out, entry->result->model->name);
    fputs("\">\n<summary>", page->out);
    write_summary_line(page, entry);
    fputs("</summary>\n<div class=\"figures\">\n", page->out);
    report_trace_figures(page, entry);
    report_p_figure(page, entry);
    report_step_figures(page, entry);
    report_phase_figure(page, entry);
    report_mixed_figures(page, entry);
    report_analysis_figures(page, entry);
    fputs("</div>\n", page->out);
    write_notes(page, entry->result);
    write_scores(page, entry->result);
    report_step_table(page, entry);
    html_details_end(page->out);
}

/* The best that a search found is shown at once: it has most to show. */
static int opened_case(const struct report_page *page)
{
    int opened = 0;

    for (int i = 1; i < page->count; i++)
        if (result_evaluations(page->entries[i].result) >
            result_evaluations(page->entries[opened].result))
            opened = i;
    return opened;
}

static int count_details(const struct report_page *page)
{
    int count = 0;

    for (int i = 0; i < page->count; i++)
        count += report_has_details(page, &page->entries[i]);
    return count;
}

void report_cases(struct report_page *page)
{
    int shown = count_details(page), opened = opened_case(page);

    fputs("<section id=\"cases\">\n", page->out);
    html_element(page->out, "h2", "Cases");
    if (shown < page->count)
        html_element(
            page->out, "p",
            "Details of the %d best cases, one for each model, target and number "
            "of bits. `calq report --all` shows those of all %d.",
            shown, page->count);
    for (int i = 0; i < page->count; i++)
        if (report_has_details(page, &page->entries[i]))
            write_case(page, &page->entries[i], i == opened);
    fputs("</section>\n", page->out);
}
