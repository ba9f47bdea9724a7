#include "core/report/report_page.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Which tensors to keep in float, as analyses tell: those whose float lowers the loss most where all others are
 * quantized, or else those that cost most where all others are in float. */

enum { TOLD = 5, NAME_BYTES = 256 };

struct ranking {
    const struct report_entry *entry;
    struct tensor_gain {
        char tensor[NAME_BYTES];
        double gain, alone; /* of the loss; gain is NaN where nobody has looked */
    } * gains;              /* [count] what gains or costs most first; owned */
    int count;
    bool knows_gains;
    double all; /* what quantizing adds to the loss: all tensors, or one by one */
    char unit[32];
};

/* ---- what analyses tell --------------------------------------------------------------------- */

static int by_gain(const void *a, const void *b)
{
    const struct tensor_gain *one = a, *other = b;
    double of_one = isnan(one->gain) ? one->alone : one->gain;
    double of_other = isnan(other->gain) ? other->alone : other->gain;

    return (of_one < of_other) - (of_one > of_other);
}

/* kept: NULL, or the losses with each tensor in float. */
static void take(struct ranking *ranking, const struct analysis *analysis,
                 const struct findings_variable *alone,
                 const struct findings_variable *kept)
{
    const struct findings_axis *axis = &analysis->findings.axes[alone->axes[0]];
    double none = analysis_fact_named(analysis, "none_loss");
    double all = analysis_fact_named(analysis, "all_loss");

    free(ranking->gains);
    ranking->gains = memory_zeroed((size_t)axis->count, sizeof *ranking->gains);
    ranking->count = 0;
    ranking->all = kept ? all - none : 0;
    ranking->knows_gains = kept != NULL;
    snprintf(ranking->unit, sizeof ranking->unit, "%.31s", alone->name.unit);
    for (int i = 0; i < axis->count; i++) {
        struct tensor_gain *gain = &ranking->gains[ranking->count];

        snprintf(gain->tensor, sizeof gain->tensor, "%.255s", axis->texts[i]);
        gain->alone = alone->values[i] - none;
        gain->gain = kept ? all - kept->values[i] : NAN;
        if (isfinite(kept ? gain->gain : gain->alone))
            ranking->count++;
        if (!kept && gain->alone > 0)
            ranking->all += gain->alone;
    }
    qsort(ranking->gains, (size_t)ranking->count, sizeof *ranking->gains, by_gain);
}

static bool is_of_tensors(const struct analysis *analysis,
                          const struct findings_variable *variable)
{
    return variable && variable->axis_count == 1 &&
           analysis->findings.axes[variable->axes[0]].texts;
}

/* Of report_for_analyses(). */
static void look_at(void *context, const char *file, const struct analysis *analysis)
{
    struct ranking *ranking = context;
    const struct findings_variable *alone, *kept;

    (void)file;
    if (!analysis || ranking->knows_gains)
        return;
    alone = analysis_variable_named(analysis, "alone_loss");
    kept = analysis_variable_named(analysis, "kept_loss");
    if (is_of_tensors(analysis, alone) && (kept || !ranking->gains))
        take(ranking, analysis, alone,
             is_of_tensors(analysis, kept) && kept->axes[0] == alone->axes[0] ? kept
                                                                              : NULL);
}

/* ---- in words --------------------------------------------------------------------------------- */

static void write_sentence(FILE *out, const struct ranking *ranking)
{
    const struct tensor_gain *first = &ranking->gains[0];

    if (ranking->knows_gains && first->gain > 0)
        html_element(out, "p",
                     "%s: keep %s in float first. That lowers the loss by %.4g with "
                     "all other steps as they are; quantizing all tensors adds %.4g.",
                     ranking->entry->one->id, first->tensor, first->gain, ranking->all);
    else if (ranking->knows_gains)
        html_element(out, "p", "%s: no tensor in float would lower the loss.",
                     ranking->entry->one->id);
    else
        html_element(out, "p",
                     "%s: %s costs most alone. It raises the loss by %.4g, which is "
                     "%.0f %% of what all tensors do one by one. What its float saves "
                     "where all others are quantized is found by `calq analyze "
                     "keep_float`.",
                     ranking->entry->one->id, first->tensor, first->alone,
                     ranking->all > 0 ? 100 * first->alone / ranking->all : 0);
}

static bool is_weight(const struct result *result, const char *tensor)
{
    for (int i = 0; result->tensors && i < result->step_count; i++)
        if (strcmp(result->tensors[i].name, tensor) == 0)
            return result->tensors[i].is_weight;
    return false;
}

static void write_setting(FILE *out, const struct ranking *ranking)
{
    const char *tensor = ranking->gains[0].tensor;

    fputs("<p>A setting of the model does it: <code>", out);
    html_print(out, "overrides: [{match: \"%s\", bits: %s}]", tensor,
               is_weight(ranking->entry->result, tensor) ? "W32" : "A32");
    fputs("</code></p>\n", out);
}

/* What float would save is told where an analysis has looked. */
static void write_table(FILE *out, const struct ranking *ranking)
{
    char alone[96], saved[96], caption[400];
    const char *heads[] = {"Tensor", alone, saved};

    snprintf(caption, sizeof caption, "What single tensors cost: %.200s",
             ranking->entry->one->id);
    snprintf(alone, sizeof alone, "Rise of the loss alone, %s", ranking->unit);
    snprintf(saved, sizeof saved, "Saved in float, %s", ranking->unit);
    html_table_begin(out, caption);
    html_heads(out, heads, ranking->knows_gains ? 3 : 2);
    for (int i = 0; i < ranking->count && i < TOLD; i++) {
        html_row_begin(out, ranking->gains[i].tensor);
        html_number(out, "%.5g", ranking->gains[i].alone);
        if (ranking->knows_gains)
            html_number(out, "%.5g", ranking->gains[i].gain);
        html_row_end(out);
    }
    html_table_end(out);
}

/* ---- the part of the summary ---------------------------------------------------------------- */

/* Returns whether anything is known of it. */
static bool write_entry(const struct report_page *page,
                        const struct report_entry *entry)
{
    struct ranking ranking = {.entry = entry};

    report_for_analyses(entry, look_at, &ranking);
    if (ranking.count > 0) {
        fputs("<div data-model=\"", page->out);
        html_text(page->out, entry->result->model->name);
        fputs("\">\n", page->out);
        write_sentence(page->out, &ranking);
        if (ranking.knows_gains && ranking.gains[0].gain > 0)
            write_setting(page->out, &ranking);
        write_table(page->out, &ranking);
        fputs("</div>\n", page->out);
    }
    free(ranking.gains);
    return ranking.count > 0;
}

void report_keep_in_float(struct report_page *page)
{
    bool is_known = false;

    html_element(page->out, "h3", "Which layer to keep in float");
    for (int i = 0; i < page->count; i++)
        is_known |= write_entry(page, &page->entries[i]);
    if (is_known)
        return;
    fputs("<p>This finds it, for a page that is written again: <code>", page->out);
    report_word(page->out, "calq analyze keep_float ", page->report->runs[0].path, "");
    fputs("</code></p>\n", page->out);
}
