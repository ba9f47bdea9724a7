#include "core/report/report_page.h"

#include "core/base/memory.h"
#include "core/report/matrix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- which cases belong together ------------------------------------------------------------ */

bool report_is_of_group(const struct report_entry *a, const struct report_entry *b)
{
    return strcmp(a->result->model->name, b->result->model->name) == 0 &&
           a->result->target == b->result->target;
}

bool report_has_bits(const struct report_entry *a, const struct report_entry *b)
{
    return a->result->bits.weights == b->result->bits.weights &&
           a->result->bits.activations == b->result->bits.activations;
}

bool report_has_method(const struct report_entry *a, const struct report_entry *b)
{
    return strcmp(a->method, b->method) == 0;
}

bool report_is_first(const struct report_page *page, int index, report_same_fn *same)
{
    for (int before = 0; before < index; before++)
        if (report_is_of_group(&page->entries[before], &page->entries[index]) &&
            same(&page->entries[before], &page->entries[index]))
            return false;
    return true;
}

const struct report_entry *report_entry_of(const struct report_page *page,
                                           const struct report_entry *method,
                                           const struct report_entry *bits)
{
    for (int i = 0; i < page->count; i++)
        if (report_is_of_group(&page->entries[i], method) &&
            report_has_method(&page->entries[i], method) &&
            report_has_bits(&page->entries[i], bits))
            return &page->entries[i];
    return NULL;
}

/* ---- the best ------------------------------------------------------------------------------- */

static double judged_loss(const struct result *result)
{
    const struct result_point *point = &result->result;

    return score_loss(point->check.samples > 0 ? &point->check : &point->calibration);
}

/* By the metric of validation samples; where it is not known, or equal, by the loss. */
static bool is_better(const struct result *a, const struct result *b)
{
    double of_a = report_metric(a, &a->result.validation);
    double of_b = report_metric(b, &b->result.validation);

    if (a->model->metric == b->model->metric && !isnan(of_a) && !isnan(of_b) &&
        of_a != of_b)
        return metric_table[a->model->metric].higher_is_better ? of_a > of_b
                                                               : of_a < of_b;
    return judged_loss(a) < judged_loss(b);
}

const struct report_entry *report_best_of(const struct report_page *page,
                                          const struct report_entry *bits)
{
    const struct report_entry *best = bits;

    for (int i = 0; i < page->count; i++)
        if (report_is_of_group(&page->entries[i], bits) &&
            report_has_bits(&page->entries[i], bits) &&
            is_better(page->entries[i].result, best->result))
            best = &page->entries[i];
    return best;
}

/* ---- the entries ---------------------------------------------------------------------------- */

static char *method_of(const struct report *report, const struct report_run *run,
                       const struct result *result)
{
    const char *method = matrix_method(result);
    size_t bytes = strlen(method) + strlen(run->name) + 8;
    char *text = memory_get(bytes);

    if (report->run_count > 1)
        snprintf(text, bytes, "%s \xc2\xb7 %s", method, run->name);
    else
        snprintf(text, bytes, "%s", method);
    return text;
}

/* A method has one series on the whole page. */
static int series_of(struct report_page *page, const char *method)
{
    for (int i = 0; i < page->count; i++)
        if (strcmp(page->entries[i].method, method) == 0)
            return page->entries[i].series;
    return page->series++;
}

static void add_run(struct report_page *page, const struct report_run *run)
{
    size_t most = (size_t)(page->count + run->count);

    page->entries = memory_resize(page->entries, most * sizeof *page->entries);
    for (int i = 0; i < run->count; i++) {
        struct report_entry entry = {
            .run = run, .one = &run->cases[i], .result = run->cases[i].result};

        if (!entry.result)
            continue;
        entry.method = method_of(page->report, run, entry.result);
        entry.series = series_of(page, entry.method);
        page->entries[page->count++] = entry;
    }
}

void report_page_init(struct report_page *page, const struct report *report, FILE *out)
{
    *page = (struct report_page){.out = out, .report = report};
    for (int i = 0; i < report->run_count; i++)
        add_run(page, &report->runs[i]);
    for (int i = 0; i < page->count; i++)
        page->entries[i].is_best =
            report_best_of(page, &page->entries[i]) == &page->entries[i];
}

void report_page_clear(struct report_page *page)
{
    for (int i = 0; i < page->count; i++)
        free(page->entries[i].method);
    free(page->entries);
    *page = (struct report_page){0};
}

/* ---- texts ---------------------------------------------------------------------------------- */

void report_group_text(const struct report_entry *entry, char *text, size_t bytes)
{
    snprintf(text, bytes, "%s, target %s", entry->result->model->name,
             config_target_name(entry->result->target));
}

bool report_has_details(const struct report_page *page,
                        const struct report_entry *entry)
{
    enum { FEW = 40 };

    return page->report->all_details || page->count <= FEW || entry->is_best;
}

void report_anchor(const struct report_page *page, const struct report_entry *entry,
                   char anchor[HTML_ID_BYTES])
{
    snprintf(anchor, HTML_ID_BYTES, "case-%d", (int)(entry - page->entries));
}

void report_group_begin(const struct report_page *page,
                        const struct report_entry *entry)
{
    char text[512];

    fputs("<section data-model=\"", page->out);
    html_text(page->out, entry->result->model->name);
    fputs("\">\n", page->out);
    report_group_text(entry, text, sizeof text);
    html_element(page->out, "h3", "%s", text);
}

void report_group_end(const struct report_page *page)
{
    fputs("</section>\n", page->out);
}

struct plot report_plot(struct report_page *page, const char *title,
                        const char *description)
{
    return (struct plot){.out = page->out,
                         .id = ++page->figures,
                         .title = title,
                         .description = description};
}

/* ---- numbers -------------------------------------------------------------------------------- */

double report_metric(const struct result *result, const struct score *score)
{
    enum metric metric = result->model->metric;

    return score_metric(score, metric) * (metric_is_share(metric) ? 100 : 1);
}

const char *report_metric_name(const struct result *result)
{
    return metric_table[result->model->metric].name;
}

const char *report_metric_unit(const struct result *result)
{
    return metric_is_share(result->model->metric) ? "%" : "its own unit";
}

const char *report_metric_format(const struct result *result)
{
    return metric_is_share(result->model->metric) ? "%.2f" : "%.5g";
}

const char *report_loss_unit(const struct result *result)
{
    return loss_table[result->model->loss].is_distance ? "squared units of the output"
                                                       : "nats";
}

/* Wilson's interval of a share. */
static void wilson(double right, double all, double *low, double *high)
{
    const double z = 1.959963984540054; /* 97.5 % of the normal distribution */
    double share = right / all, bottom = 1 + z * z / all;
    double centre = (share + z * z / (2 * all)) / bottom;
    double half =
        z * sqrt(share * (1 - share) / all + z * z / (4 * all * all)) / bottom;

    *low = centre - half;
    *high = centre + half;
}

struct report_drop report_drop_of(const struct result *result)
{
    const struct score *before = &result->float_validation,
                       *after = &result->result.validation;
    enum metric metric = result->model->metric;
    double a = score_metric(before, metric), b = score_metric(after, metric);
    struct report_drop drop = {.drop = a - b, .low = NAN, .high = NAN};
    double a_low, a_high, b_low, b_high;

    if (!metric_table[metric].higher_is_better)
        drop.drop = b - a;
    if (!metric_is_share(metric) || isnan(drop.drop))
        return drop;
    wilson((double)before->metrics[metric], (double)before->known[metric], &a_low,
           &a_high);
    wilson((double)after->metrics[metric], (double)after->known[metric], &b_low,
           &b_high);
    drop.low = 100 * (a - b - hypot(a - a_low, b_high - b));
    drop.high = 100 * (a - b + hypot(a_high - a, b - b_low));
    drop.drop *= 100;
    return drop;
}

void report_drop_text(const struct report_drop *drop, char *text, size_t bytes)
{
    if (isnan(drop->drop))
        snprintf(text, bytes, "-");
    else if (isnan(drop->low))
        snprintf(text, bytes, "%.5g", drop->drop);
    else
        snprintf(text, bytes, "%.2f (%.2f to %.2f)", drop->drop, drop->low, drop->high);
}
