#include "core/report/report_page.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is told of a case ------------------------------------------------------------------ */

static double loss_of(const struct result *result)
{
    return score_loss(&result->result.calibration);
}

static double float_loss_of(const struct result *result)
{
    return score_loss(&result->float_calibration);
}

static double metric_of(const struct result *result)
{
    return report_metric(result, &result->result.validation);
}

static double float_metric_of(const struct result *result)
{
    return report_metric(result, &result->float_validation);
}

struct view {
    const char *what, *name, *unit, *format;
    int better; /* -1: less is, 1: more is */
    double (*number)(const struct result *result);
    double (*float_number)(const struct result *result);
};

static struct view metric_view(const struct result *result)
{
    return (struct view){
        .what = "Validation",
        .name = report_metric_name(result),
        .unit = report_metric_unit(result),
        .format = report_metric_format(result),
        .better = metric_table[result->model->metric].higher_is_better ? 1 : -1,
        .number = metric_of,
        .float_number = float_metric_of};
}

static struct view loss_view(const struct result *result)
{
    return (struct view){.what = "Calibration loss",
                         .name = loss_table[result->model->loss].name,
                         .unit = report_loss_unit(result),
                         .format = "%.5g",
                         .better = -1,
                         .number = loss_of,
                         .float_number = float_loss_of};
}

/* ---- columns -------------------------------------------------------------------------------- */

/* The first entry of each bits of a group. */
struct columns {
    const struct report_entry **each; /* [count] owned */
    char (*names)[16];                /* [count] owned */
    const char **labels;              /* [count] owned */
    int count;
};

static struct columns columns_of(const struct report_page *page,
                                 const struct report_entry *group)
{
    size_t most = (size_t)page->count;
    struct columns columns = {.each = memory_get(most * sizeof *columns.each),
                              .names = memory_get(most * sizeof *columns.names),
                              .labels = memory_get(most * sizeof *columns.labels)};

    for (int i = 0; i < page->count; i++)
        if (report_is_of_group(&page->entries[i], group) &&
            report_is_first(page, i, report_has_bits)) {
            char *name = columns.names[columns.count];

            config_bits_text(page->entries[i].result->bits, name);
            columns.labels[columns.count] = name;
            columns.each[columns.count++] = &page->entries[i];
        }
    return columns;
}

static void clear_columns(struct columns *columns)
{
    free(columns->each);
    free(columns->names);
    free(columns->labels);
}

/* ---- the table ------------------------------------------------------------------------------ */

static bool is_best(const struct report_page *page, const struct report_entry *entry,
                    const struct view *view)
{
    double number = view->number(entry->result);

    for (int i = 0; i < page->count; i++)
        if (report_is_of_group(&page->entries[i], entry) &&
            report_has_bits(&page->entries[i], entry) &&
            view->better * view->number(page->entries[i].result) >
                view->better * number)
            return false;
    return !isnan(number);
}

static void write_cell(const struct report_page *page, const struct report_entry *entry,
                       const struct view *view)
{
    double number = entry ? view->number(entry->result) : NAN;

    if (entry && is_best(page, entry, view))
        html_best_number(page->out, view->format, number);
    else
        html_number(page->out, view->format, number);
}

static void write_heads(const struct report_page *page, const struct columns *columns)
{
    fputs("<thead><tr><th scope=\"col\">Method</th>", page->out);
    for (int i = 0; i < columns->count; i++)
        fprintf(page->out, "<th scope=\"col\">%s</th>", columns->labels[i]);
    fputs("</tr></thead>\n<tbody>\n", page->out);
}

static void write_method(const struct report_page *page,
                         const struct report_entry *method,
                         const struct columns *columns, const struct view *view)
{
    html_row_begin(page->out, method->method);
    for (int i = 0; i < columns->count; i++)
        write_cell(page, report_entry_of(page, method, columns->each[i]), view);
    html_row_end(page->out);
}

static void write_table(const struct report_page *page,
                        const struct report_entry *group, const struct columns *columns,
                        const struct view *view)
{
    char caption[512];

    snprintf(caption, sizeof caption, "%s (%s, %s) by method and bits: %.200s",
             view->what, view->name, view->unit, group->result->model->name);
    html_table_begin(page->out, caption);
    write_heads(page, columns);
    html_row_begin(page->out, "float");
    for (int i = 0; i < columns->count; i++)
        html_number(page->out, view->format, view->float_number(group->result));
    html_row_end(page->out);
    for (int i = 0; i < page->count; i++)
        if (report_is_of_group(&page->entries[i], group) &&
            report_is_first(page, i, report_has_method))
            write_method(page, &page->entries[i], columns, view);
    html_table_end(page->out);
}

/* ---- the figure ----------------------------------------------------------------------------- */

/* Methods stand beside each other, so that points do not hide one another. */
static double place_of(int column, int method, int methods)
{
    const double room = 0.7;

    return methods > 1 ? column + room * ((double)method / (methods - 1) - 0.5)
                       : column;
}

static void draw_method(struct plot *plot, const struct report_page *page,
                        const struct report_entry *method,
                        const struct columns *columns, const struct view *view,
                        int place, int methods)
{
    for (int i = 0; i < columns->count; i++) {
        const struct report_entry *entry =
            report_entry_of(page, method, columns->each[i]);
        double number = entry ? view->number(entry->result) : NAN;
        char text[512], digits[64];

        if (isnan(number))
            continue;
        snprintf(digits, sizeof digits, "%.5g", number);
        snprintf(text, sizeof text, "%.300s, %s: %s %s", method->method,
                 columns->labels[i], digits, view->unit);
        plot_point(plot, method->series, false, place_of(i, place, methods), number,
                   text);
    }
}

static int count_methods(const struct report_page *page,
                         const struct report_entry *group)
{
    int count = 0;

    for (int i = 0; i < page->count; i++)
        count += report_is_of_group(&page->entries[i], group) &&
                 report_is_first(page, i, report_has_method);
    return count;
}

static struct axis numbers_axis(const struct report_page *page,
                                const struct report_entry *group,
                                const struct view *view)
{
    struct axis axis = axis_of(view->name, view->unit);

    for (int i = 0; i < page->count; i++)
        if (report_is_of_group(&page->entries[i], group))
            axis_fit(&axis, view->number(page->entries[i].result));
    if (view->better < 0)
        axis_use_log(&axis, 20);
    if (!axis.is_log)
        axis_fit(&axis, view->float_number(group->result));
    return axis;
}

static void draw_methods(struct plot *plot, const struct report_page *page,
                         const struct report_entry *group,
                         const struct columns *columns, const struct view *view)
{
    int place = 0, methods = count_methods(page, group);
    double in_float = view->float_number(group->result);

    if (!isnan(in_float) && (!plot->y.is_log || in_float > plot->y.low))
        plot_level(plot, in_float, "float");
    for (int i = 0; i < page->count; i++)
        if (report_is_of_group(&page->entries[i], group) &&
            report_is_first(page, i, report_has_method))
            draw_method(plot, page, &page->entries[i], columns, view, place++, methods);
}

static void write_figure(struct report_page *page, const struct report_entry *group,
                         const struct columns *columns, const struct view *view)
{
    char title[400], description[400];
    struct plot plot;

    snprintf(title, sizeof title, "%s by bits and method: %.200s", view->what,
             group->result->model->name);
    snprintf(description, sizeof description,
             "A point for each method at each number of bits. %s is better. The table "
             "beside has the same numbers.",
             view->better > 0 ? "Higher" : "Lower");
    plot = report_plot(page, title, description);
    plot.x = axis_of_labels("bits", "of weights and activations", columns->labels,
                            columns->count);
    plot.y = numbers_axis(page, group, view);
    plot_begin(&plot);
    draw_methods(&plot, page, group, columns, view);
    plot_end_drawing(&plot);
    for (int i = 0; i < page->count; i++)
        if (report_is_of_group(&page->entries[i], group) &&
            report_is_first(page, i, report_has_method))
            plot_key(&plot, page->entries[i].series, page->entries[i].method);
    plot_end(&plot);
}

/* ---- the section ---------------------------------------------------------------------------- */

static void write_view(struct report_page *page, const struct report_entry *group,
                       const struct columns *columns, struct view view)
{
    bool is_known = false;

    for (int i = 0; i < page->count; i++)
        is_known |= report_is_of_group(&page->entries[i], group) &&
                    isfinite(view.number(page->entries[i].result));
    if (!is_known)
        return;
    fputs("<div>\n", page->out);
    write_figure(page, group, columns, &view);
    write_table(page, group, columns, &view);
    fputs("</div>\n", page->out);
}

void report_methods(struct report_page *page)
{
    fputs("<section id=\"methods\">\n", page->out);
    html_element(page->out, "h2", "Methods by bits");
    html_element(page->out, "p", "The best of a column is bold.");
    for (int i = 0; i < page->count; i++) {
        const struct report_entry *group = &page->entries[i];
        struct columns columns;

        if (!report_is_first(page, i, report_is_of_group))
            continue;
        columns = columns_of(page, group);
        report_group_begin(page, group);
        fputs("<div class=\"figures\">\n", page->out);
        write_view(page, group, &columns, metric_view(group->result));
        write_view(page, group, &columns, loss_view(group->result));
        fputs("</div>\n", page->out);
        report_group_end(page);
        clear_columns(&columns);
    }
    fputs("</section>\n", page->out);
}
