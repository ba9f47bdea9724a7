#include "core/report/report_page.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Which tensors to keep in float: those that cost most where all others are in float, as the analyses that
 * measure each tensor alone tell. */

enum { TOLD = 5, NAME_BYTES = 256 };

/* What some tensors cost alone. */
struct ranking {
    const struct report_entry *entry;
    struct layer_cost {
        char tensor[NAME_BYTES];
        double rise; /* of the loss */
    } * costs;       /* [count] by the rise, the most first; owned */
    int count;
    char unit[32];
};

static int by_rise(const void *a, const void *b)
{
    const struct layer_cost *one = a, *other = b;

    return (one->rise < other->rise) - (one->rise > other->rise);
}

/* `none` is the loss where all are in float. */
static void take_costs(struct ranking *ranking, const struct findings_axis *axis,
                       const struct findings_variable *variable, double none)
{
    ranking->costs = memory_zeroed((size_t)axis->count, sizeof *ranking->costs);
    snprintf(ranking->unit, sizeof ranking->unit, "%.31s", variable->name.unit);
    for (int i = 0; i < axis->count; i++) {
        struct layer_cost *cost = &ranking->costs[ranking->count];

        if (!isfinite(variable->values[i] - none))
            continue;
        snprintf(cost->tensor, sizeof cost->tensor, "%.255s", axis->texts[i]);
        cost->rise = variable->values[i] - none;
        ranking->count++;
    }
    qsort(ranking->costs, (size_t)ranking->count, sizeof *ranking->costs, by_rise);
}

static void look_at(void *context, const char *file, const struct analysis *analysis)
{
    struct ranking *ranking = context;
    const struct findings_variable *alone;

    (void)file;
    alone = analysis ? analysis_variable_named(analysis, "alone_loss") : NULL;
    if (ranking->costs || !alone || alone->axis_count != 1 ||
        !analysis->findings.axes[alone->axes[0]].texts)
        return;
    take_costs(ranking, &analysis->findings.axes[alone->axes[0]], alone,
               analysis_fact_named(analysis, "none_loss"));
}

static void write_cost(FILE *out, const struct layer_cost *cost, double all)
{
    html_row_begin(out, cost->tensor);
    html_number(out, "%.5g", cost->rise);
    html_number(out, "%.1f", all > 0 ? 100 * fmax(0, cost->rise) / all : NAN);
    html_row_end(out);
}

static void write_ranking(FILE *out, const struct ranking *ranking)
{
    char rise[96], caption[400];
    const char *heads[] = {"Tensor", rise, "Of all tensors, %"};
    double all = 0;

    snprintf(rise, sizeof rise, "Rise of the loss alone, %s", ranking->unit);
    snprintf(caption, sizeof caption, "Quantized alone, all others in float: %.200s",
             ranking->entry->one->id);
    for (int i = 0; i < ranking->count; i++)
        all += fmax(0, ranking->costs[i].rise);
    html_element(
        out, "p",
        "%s: keep the layer of %s in float first. Quantized alone it raises the "
        "loss by %.4g, which is %.0f %% of what all tensors do one by one.",
        ranking->entry->one->id, ranking->costs[0].tensor, ranking->costs[0].rise,
        all > 0 ? 100 * fmax(0, ranking->costs[0].rise) / all : 0);
    html_table_begin(out, caption);
    html_heads(out, heads, sizeof heads / sizeof *heads);
    for (int i = 0; i < ranking->count && i < TOLD; i++)
        write_cost(out, &ranking->costs[i], all);
    html_table_end(out);
}

static void write_entry(struct report_page *page, const struct report_entry *entry,
                        bool *is_begun)
{
    struct ranking ranking = {.entry = entry};

    report_for_analyses(entry, look_at, &ranking);
    if (ranking.count > 0) {
        if (!*is_begun)
            html_element(page->out, "h3", "Which layer to keep in float");
        *is_begun = true;
        fputs("<div data-model=\"", page->out);
        html_text(page->out, entry->result->model->name);
        fputs("\">\n", page->out);
        write_ranking(page->out, &ranking);
        fputs("</div>\n", page->out);
    }
    free(ranking.costs);
}

void report_keep_in_float(struct report_page *page)
{
    bool is_begun = false;

    for (int i = 0; i < page->count; i++)
        write_entry(page, &page->entries[i], &is_begun);
}
