#include "core/report/report_page.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The tensors of one kind. */
struct kind {
    bool is_weight;
    const char *title, *tensors;
};

static const struct kind kinds[] = {
    {false, "Steps of activations, start and result", "activations"},
    {true, "Steps of weights, start and result", "weights"},
};

/* ---- a result's tensors --------------------------------------------------------------------- */

static bool is_of(const struct result *result, int item, const struct kind *kind)
{
    return result->tensors[item].is_weight == kind->is_weight &&
           result->result.choices[item].step > 0;
}

static int items_of(const struct result *result, const struct kind *kind,
                    const char **names)
{
    int count = 0;

    for (int i = 0; i < result->step_count; i++)
        if (is_of(result, i, kind))
            names[count++] = result->tensors[i].name;
    return count;
}

/* ---- the figure ----------------------------------------------------------------------------- */

static void draw_tensor(struct plot *plot, const struct result *result, int item, int y)
{
    double start = result->start.choices[item].step,
           end = result->result.choices[item].step;
    const char *name = result->tensors[item].name;
    char text[512];

    plot_link(plot, 0, start, y, end, y);
    snprintf(text, sizeof text, "%.300s: start %.5g", name, start);
    plot_point(plot, 1, true, start, y, text);
    snprintf(text, sizeof text, "%.300s: result %.5g, %+.1f %%", name, end,
             100 * (end / start - 1));
    plot_point(plot, 0, false, end, y, text);
}

static void draw_tensors(struct plot *plot, const struct result *result,
                         const struct kind *kind)
{
    int y = 0;

    for (int i = 0; i < result->step_count; i++)
        if (is_of(result, i, kind))
            draw_tensor(plot, result, i, y++);
    plot_end_drawing(plot);
    plot_key_hollow(plot, 1, "start");
    plot_key(plot, 0, "result");
}

static void write_figure(struct report_page *page, const struct report_entry *entry,
                         const struct kind *kind, const char *const *names, int count)
{
    const struct result *result = entry->result;
    struct plot plot =
        report_plot(page, kind->title,
                    "For each tensor the step where the search began and "
                    "that of the result. The table of tensors has the numbers.");

    plot.x = axis_of("step", "in the tensor's own unit");
    for (int i = 0; i < result->step_count; i++)
        if (is_of(result, i, kind)) {
            axis_fit(&plot.x, result->start.choices[i].step);
            axis_fit(&plot.x, result->result.choices[i].step);
        }
    axis_use_log(&plot.x, 4);
    plot.y = axis_of_labels(kind->tensors, "in execution order", names, count);
    plot_begin(&plot);
    draw_tensors(&plot, result, kind);
    plot_end(&plot);
}

/* ---- the table ------------------------------------------------------------------------------ */

static void write_tensor(FILE *out, const struct result *result, int item)
{
    const struct result_line *line = &result->lines[item];
    const struct choice *start = &result->start.choices[item],
                        *end = &result->result.choices[item];

    html_row_begin(out, result->tensors[item].name);
    html_cell(out, "%s", result->tensors[item].is_weight ? "weights" : "activations");
    html_number(out, "%.0f", end->bits ? end->bits : NAN);
    html_number(out, "%.5g", start->step);
    html_number(out, "%.5g", end->step);
    html_number(out, "%+.1f", 100 * ((double)end->step / start->step - 1));
    html_number(out, "%.5g", end->bits ? choice_clip(*end) : NAN);
    html_number(out, "%.0f", (double)line->evaluations);
    html_number(out, "%.4g", line->gain);
    html_row_end(out);
}

static void write_table(FILE *out, const struct result *result)
{
    static const char *const heads[] = {"Tensor",      "Kind",         "Bits",
                                        "Step, start", "Step, result", "Change, %",
                                        "Clip",        "Evaluations",  "Loss gained"};

    html_details_begin(out, "Table of the %d quantized tensors", result->step_count);
    html_table_begin(out, "Quantized tensors, in execution order");
    html_heads(out, heads, sizeof heads / sizeof *heads);
    for (int i = 0; i < result->step_count; i++)
        write_tensor(out, result, i);
    html_table_end(out);
    html_details_end(out);
}

void report_step_figures(struct report_page *page, const struct report_entry *entry)
{
    const struct result *result = entry->result;
    const char **names = memory_get((size_t)result->step_count * sizeof *names);

    if (!result->tensors) {
        free(names);
        return;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        int count = items_of(result, &kinds[i], names);

        if (count > 0)
            write_figure(page, entry, &kinds[i], names, count);
    }
    free(names);
}

void report_step_table(struct report_page *page, const struct report_entry *entry)
{
    if (entry->result->tensors && entry->result->step_count > 0)
        write_table(page->out, entry->result);
}
