#include "core/report/report_page.h"

#include "core/base/text.h"

#include <math.h>
#include <string.h>

/* ---- in a few words ------------------------------------------------------------------------- */

static const char *loss_text(const struct score *score, char text[TEXT_OF_LOSS_BYTES])
{
    return score->samples > 0 ? text_of_loss(score_loss(score), text) : "-";
}

static void write_fact(const struct report_page *page, const struct report_entry *best)
{
    const struct result *result = best->result;
    char bits[16], text[128], metric[METRIC_TEXT_BYTES], before[METRIC_TEXT_BYTES],
        loss[TEXT_OF_LOSS_BYTES];
    enum metric of = result->model->metric;
    struct report_drop drop = report_drop_of(result);

    config_bits_text(result->bits, bits);
    fputs("<li data-model=\"", page->out);
    html_text(page->out, result->model->name);
    fputs("\">", page->out);
    html_print(page->out, "%s, %s, %s: best is", result->model->name,
               config_target_name(result->target), bits);
    if (isnan(drop.drop)) {
        html_element(page->out, "strong", "%s, loss %s", best->method,
                     loss_text(&result->result.calibration, loss));
    } else {
        metric_text(of, score_metric(&result->result.validation, of), metric);
        metric_text(of, score_metric(&result->float_validation, of), before);
        report_drop_text(&drop, text, sizeof text);
        html_element(page->out, "strong", "%s, %s", best->method, metric);
        html_print(page->out, "%s; in float %s, drop %s", metric_table[of].name, before,
                   text);
    }
    fputs("</li>\n", page->out);
}

static void write_facts(const struct report_page *page)
{
    fputs("<ul class=\"key-facts\">\n", page->out);
    for (int i = 0; i < page->count; i++)
        if (report_is_first(page, i, report_has_bits))
            write_fact(page, report_best_of(page, &page->entries[i]));
    fputs("</ul>\n", page->out);
}

/* ---- the best by bits ----------------------------------------------------------------------- */

static void write_method_cell(const struct report_page *page,
                              const struct report_entry *entry)
{
    char anchor[HTML_ID_BYTES];

    if (!report_has_details(page, entry)) {
        html_cell(page->out, "%s", entry->method);
        return;
    }
    report_anchor(page, entry, anchor);
    fprintf(page->out, "<td><a href=\"#%s\">", anchor);
    html_text(page->out, entry->method);
    fputs("</a></td>", page->out);
}

static void write_best(const struct report_page *page, const struct report_entry *best)
{
    const struct result *result = best->result;
    const char *format = report_metric_format(result);
    struct report_drop drop = report_drop_of(result);
    char bits[16], text[128];

    config_bits_text(result->bits, bits);
    report_drop_text(&drop, text, sizeof text);
    html_row_begin(page->out, bits);
    write_method_cell(page, best);
    html_number(page->out, format, report_metric(result, &result->result.validation));
    html_cell(page->out, "%s", text);
    html_number(page->out, "%.5g", score_loss(&result->result.calibration));
    html_number(page->out, "%.5g", score_loss(&result->result.check));
    html_number(page->out, "%.0f", (double)result_evaluations(result));
    html_number(page->out, "%.1f", result->cpu_seconds);
    html_row_end(page->out);
}

static void write_bests(const struct report_page *page,
                        const struct report_entry *group)
{
    const struct result *result = group->result;
    char caption[640], name[512], metric[64], drop[96], loss[96];
    const char *heads[] = {"Bits", "Best method",         metric,        drop,
                           loss,   "On held-out samples", "Evaluations", "CPU time, s"};

    report_group_text(group, name, sizeof name);
    snprintf(caption, sizeof caption, "Best method by bits: %s", name);
    snprintf(metric, sizeof metric, "%s, %s", report_metric_name(result),
             report_metric_unit(result));
    snprintf(drop, sizeof drop, "Drop from float%s",
             metric_is_share(result->model->metric) ? ", points (95 %)" : "");
    snprintf(loss, sizeof loss, "Loss (%s), %s", loss_table[result->model->loss].name,
             report_loss_unit(result));
    html_table_begin(page->out, caption);
    html_heads(page->out, heads, sizeof heads / sizeof *heads);
    for (int i = 0; i < page->count; i++)
        if (report_is_of_group(&page->entries[i], group) &&
            report_is_first(page, i, report_has_bits))
            write_best(page, report_best_of(page, &page->entries[i]));
    html_table_end(page->out);
}

static void write_group(const struct report_page *page,
                        const struct report_entry *group)
{
    const struct result *result = group->result;
    enum metric metric = result->model->metric;
    double in_float = score_metric(&result->float_validation, metric);
    char text[METRIC_TEXT_BYTES];

    report_group_begin(page, group);
    if (!isnan(in_float))
        html_element(page->out, "p",
                     "In float: %s %s on %lld validation samples. Drops are from that.",
                     metric_table[metric].name, metric_text(metric, in_float, text),
                     (long long)result->float_validation.samples);
    else
        html_element(page->out, "p",
                     "There is no validation data, so methods are judged by the loss.");
    write_bests(page, group);
    report_group_end(page);
}

/* ---- what is not done ----------------------------------------------------------------------- */

static int count_open(const struct report *report)
{
    int count = 0;

    for (int run = 0; run < report->run_count; run++)
        for (int i = 0; i < report->runs[run].count; i++)
            count += !report->runs[run].cases[i].result;
    return count;
}

static void write_open(const struct report_page *page)
{
    static const char *const heads[] = {"Case", "Run", "State", "Why"};
    const struct report *report = page->report;

    if (count_open(report) == 0)
        return;
    html_element(page->out, "h3", "Cases without a result");
    html_table_begin(page->out, "Cases without a result");
    html_heads(page->out, heads, sizeof heads / sizeof *heads);
    for (int run = 0; run < report->run_count; run++)
        for (int i = 0; i < report->runs[run].count; i++) {
            const struct report_case *one = &report->runs[run].cases[i];

            if (one->result)
                continue;
            html_row_begin(page->out, one->id);
            html_cell(page->out, "%s", report->runs[run].name);
            html_cell(page->out, "%s", one->state);
            html_cell(page->out, "%s", one->failure ? one->failure : "");
            html_row_end(page->out);
        }
    html_table_end(page->out);
}

/* ---- the section ---------------------------------------------------------------------------- */

static bool has_interval(const struct report_page *page)
{
    for (int i = 0; i < page->count; i++)
        if (!isnan(report_drop_of(page->entries[i].result).low))
            return true;
    return false;
}

void report_summary(struct report_page *page)
{
    fputs("<section id=\"summary\">\n", page->out);
    html_element(page->out, "h2", "Summary");
    write_facts(page);
    for (int i = 0; i < page->count; i++)
        if (report_is_first(page, i, report_is_of_group))
            write_group(page, &page->entries[i]);
    if (has_interval(page))
        html_element(
            page->out, "p class=\"note\"",
            "In brackets: the 95 %% confidence interval of the drop (Newcombe "
            "1998, method "
            "10), as if both networks had been measured on different samples. "
            "They were "
            "measured on the same ones, so the true interval is mostly narrower.");
    report_keep_in_float(page);
    write_open(page);
    fputs("</section>\n", page->out);
}
