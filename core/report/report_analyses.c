#include "core/report/report_page.h"

#include "core/base/memory.h"
#include "core/report/heat_map.h"

#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---------------------------------------------------------------------------------- */

/* "off_diagonal_share" as people write it. */
static const char *words_of(const char *name, char text[96])
{
    snprintf(text, 96, "%.95s", name);
    for (char *at = text; *at; at++)
        *at = *at == '_' ? ' ' : *at;
    return text;
}

const char *report_analysis_unit(const struct findings_name *name)
{
    return strcmp(name->unit, "share") == 0 ? "%"
           : *name->unit                    ? name->unit
                                            : "a number";
}

double report_analysis_factor(const struct findings_name *name)
{
    return strcmp(name->unit, "share") == 0 ? 100 : 1;
}

/* ---- curves over one axis -------------------------------------------------------------------- */

/* The ends of an interval around "<name>" are "<name>_low" and "<name>_high". */
static const struct findings_variable *end_of(const struct analysis *analysis,
                                              const struct findings_variable *variable,
                                              const char *suffix)
{
    char name[128];

    snprintf(name, sizeof name, "%.100s%s", variable->name.name, suffix);
    return analysis_variable_named(analysis, name);
}

static bool is_end(const struct analysis *analysis,
                   const struct findings_variable *variable)
{
    for (int i = 0; i < analysis->findings.variable_count; i++) {
        const struct findings_variable *of = &analysis->findings.variables[i];

        if (end_of(analysis, of, "_low") == variable ||
            end_of(analysis, of, "_high") == variable)
            return true;
    }
    return false;
}

/* Draws, of which a curve is the mean, are an axis of their own. */
static bool is_of_draws(const struct analysis *analysis,
                        const struct findings_variable *variable)
{
    return variable->axis_count == 2 &&
           strcmp(analysis->findings.axes[variable->axes[1]].name.name, "draw") == 0;
}

/* Variables of one unit over one axis stand in one figure. */
struct curves {
    const struct analysis *analysis;
    const struct findings_variable *first;
};

static bool is_told(const struct curves *curves,
                    const struct findings_variable *variable)
{
    return variable->axis_count == 1 && variable->axes[0] == curves->first->axes[0] &&
           strcmp(variable->name.unit, curves->first->name.unit) == 0;
}

/* A line of its own. */
static bool is_of(const struct curves *curves, const struct findings_variable *variable)
{
    return is_told(curves, variable) && !is_end(curves->analysis, variable);
}

static bool is_first(const struct analysis *analysis, int index)
{
    struct curves curves = {analysis, &analysis->findings.variables[index]};

    for (int i = 0; i < index; i++)
        if (is_told(&curves, &analysis->findings.variables[i]))
            return false;
    return curves.first->axis_count == 1;
}

static int series_of(const struct curves *curves,
                     const struct findings_variable *variable)
{
    int series = 0;

    for (int i = 0; &curves->analysis->findings.variables[i] != variable; i++)
        series += is_of(curves, &curves->analysis->findings.variables[i]);
    return series;
}

static const char *last_word(const char *name)
{
    const char *gap = strrchr(name, '_');

    return gap ? gap + 1 : name;
}

/* What lines of a figure have in common: the name of one alone, or the last word of all names. */
static const char *common_name(const struct curves *curves, char name[96])
{
    const struct findings *findings = &curves->analysis->findings;
    const char *word = last_word(curves->first->name.name);
    int count = 0;

    for (int i = 0; i < findings->variable_count; i++) {
        const char *other = findings->variables[i].name.name;

        if (!is_of(curves, &findings->variables[i]))
            continue;
        if (strcmp(last_word(other), word) != 0)
            return "value";
        count++;
    }
    return words_of(count == 1 ? curves->first->name.name : word, name);
}

static struct axis values_axis(const struct curves *curves, const char *name)
{
    struct axis axis = axis_of(name, report_analysis_unit(&curves->first->name));
    double factor = report_analysis_factor(&curves->first->name);

    for (int i = 0; i < curves->analysis->findings.variable_count; i++) {
        const struct findings_variable *variable =
            &curves->analysis->findings.variables[i];

        for (int at = 0; is_told(curves, variable) &&
                         at < curves->analysis->findings.axes[variable->axes[0]].count;
             at++)
            axis_fit(&axis, factor * variable->values[at]);
    }
    axis_use_log(&axis, 50);
    return axis;
}

static void draw_interval(struct plot *plot, const struct curves *curves,
                          const struct findings_variable *variable, int at, double x)
{
    const struct findings_variable *low = end_of(curves->analysis, variable, "_low"),
                                   *high = end_of(curves->analysis, variable, "_high");
    double factor = report_analysis_factor(&variable->name);

    if (low && high && isfinite(low->values[at]) && isfinite(high->values[at]))
        plot_link(plot, series_of(curves, variable), x, factor * low->values[at], x,
                  factor * high->values[at]);
}

static void draw_curve(struct plot *plot, const struct curves *curves,
                       const struct findings_variable *variable)
{
    const struct findings_axis *axis =
        &curves->analysis->findings.axes[variable->axes[0]];
    double factor = report_analysis_factor(&variable->name);
    double *values = memory_get((size_t)axis->count * sizeof *values);
    int series = series_of(curves, variable);
    char text[256];

    for (int i = 0; i < axis->count; i++)
        values[i] = factor * variable->values[i];
    if (axis->numbers)
        plot_line(plot, series, axis->numbers, values, axis->count);
    for (int i = 0; i < axis->count; i++) {
        if (axis->numbers)
            snprintf(text, sizeof text, "%.5g: %.5g", axis->numbers[i], values[i]);
        else
            snprintf(text, sizeof text, "%.200s: %.5g", axis->texts[i], values[i]);
        if (axis->numbers)
            draw_interval(plot, curves, variable, i, axis->numbers[i]);
        if (axis->numbers)
            plot_point(plot, series, false, axis->numbers[i], values[i], text);
        else
            plot_point(plot, series, false, values[i], i, text);
    }
    free(values);
}

static void write_curve_table(FILE *out, const struct curves *curves)
{
    const struct analysis *analysis = curves->analysis;
    const struct findings_axis *axis = &analysis->findings.axes[curves->first->axes[0]];
    char text[96], head[64];

    html_details_begin(out, "Values by %s", words_of(axis->name.name, text));
    html_table_begin(out, curves->first->name.meaning);
    fputs("<thead><tr>", out);
    html_element(out, "th scope=\"col\"", "%s", words_of(axis->name.name, text));
    for (int i = 0; i < analysis->findings.variable_count; i++)
        if (is_told(curves, &analysis->findings.variables[i]))
            html_element(out, "th scope=\"col\"", "%s, %s",
                         words_of(analysis->findings.variables[i].name.name, text),
                         report_analysis_unit(&analysis->findings.variables[i].name));
    fputs("</tr></thead>\n<tbody>\n", out);
    for (int at = 0; at < axis->count; at++) {
        snprintf(head, sizeof head, "%.6g", axis->numbers ? axis->numbers[at] : 0);
        html_row_begin(out, axis->numbers ? head : axis->texts[at]);
        for (int i = 0; i < analysis->findings.variable_count; i++)
            if (is_told(curves, &analysis->findings.variables[i]))
                html_number(out, "%.6g",
                            report_analysis_factor(&curves->first->name) *
                                analysis->findings.variables[i].values[at]);
        html_row_end(out);
    }
    html_table_end(out);
    html_details_end(out);
}

/* Whether numbers lie as a geometric row rather than an even one. */
static bool is_geometric(const struct findings_axis *axis)
{
    double low = axis->numbers[0], high = axis->numbers[axis->count - 1];
    double middle = axis->numbers[axis->count / 2];

    return axis->count > 2 && low > 0 && high > 3 * low &&
           fabs(middle - sqrt(low * high)) < fabs(middle - (low + high) / 2);
}

/* Numbers go along x, texts down y. */
static void place_axes(struct plot *plot, const struct curves *curves, char name[96],
                       char of_values[96])
{
    const struct findings_axis *axis =
        &curves->analysis->findings.axes[curves->first->axes[0]];
    struct axis values = values_axis(curves, common_name(curves, of_values));

    words_of(axis->name.name, name);
    if (!axis->numbers) {
        plot->x = values;
        plot->y = axis_of_labels(name, "in execution order",
                                 (const char *const *)axis->texts, axis->count);
        return;
    }
    plot->y = values;
    plot->x = axis_of(name, report_analysis_unit(&axis->name));
    for (int i = 0; i < axis->count; i++)
        axis_fit(&plot->x, axis->numbers[i]);
    plot->x.is_log = is_geometric(axis);
}

/* A line alone is what the axis says. */
static void write_keys(struct plot *plot, const struct curves *curves)
{
    const struct findings *findings = &curves->analysis->findings;
    char text[96];
    int count = 0;

    for (int i = 0; i < findings->variable_count; i++)
        count += is_of(curves, &findings->variables[i]);
    for (int i = 0; count > 1 && i < findings->variable_count; i++)
        if (is_of(curves, &findings->variables[i]))
            plot_key(plot, series_of(curves, &findings->variables[i]),
                     words_of(findings->variables[i].name.name, text));
    plot_end_keys(plot);
}

static void write_curves(struct report_page *page, const struct curves *curves)
{
    const struct analysis *analysis = curves->analysis;
    char title[256], text[96], name[96], of_values[96];
    struct plot plot;

    snprintf(title, sizeof title, "%.60s: %.80s by %.80s", analysis->title,
             words_of(curves->first->name.name, text),
             words_of(analysis->findings.axes[curves->first->axes[0]].name.name, name));
    plot = report_plot(page, title, curves->first->name.meaning);
    place_axes(&plot, curves, name, of_values);
    plot_begin(&plot);
    for (int i = 0; i < analysis->findings.variable_count; i++)
        if (is_of(curves, &analysis->findings.variables[i]))
            draw_curve(&plot, curves, &analysis->findings.variables[i]);
    plot_end_drawing(&plot);
    write_keys(&plot, curves);
    write_curve_table(page->out, curves);
    plot_end(&plot);
}

/* ---- maps over two axes ---------------------------------------------------------------------- */

static void write_map(struct report_page *page, const struct analysis *analysis,
                      const struct findings_variable *variable)
{
    const struct findings_axis *y = &analysis->findings.axes[variable->axes[0]],
                               *x = &analysis->findings.axes[variable->axes[1]];
    char names[3][96], title[256];
    struct heat_map map = {
        .title = title,
        .meaning = variable->name.meaning,
        .x = {words_of(x->name.name, names[0]), report_analysis_unit(&x->name),
              x->numbers, (const char *const *)x->texts, x->count},
        .y = {words_of(y->name.name, names[1]), report_analysis_unit(&y->name),
              y->numbers, (const char *const *)y->texts, y->count},
        .name = words_of(variable->name.name, names[2]),
        .unit = report_analysis_unit(&variable->name),
        .values = variable->values,
        .factor = report_analysis_factor(&variable->name),
    };

    if (strcmp(analysis->title, names[2]) == 0)
        snprintf(title, sizeof title, "%s of each pair", names[2]);
    else
        snprintf(title, sizeof title, "%.100s: %s", analysis->title, names[2]);
    heat_map_write(page, &map);
}

/* ---- facts ----------------------------------------------------------------------------------- */

static void write_facts(FILE *out, const struct analysis *analysis)
{
    static const char *const heads[] = {"Fact", "Value", "Unit", "Meaning"};
    char text[96];

    if (analysis->findings.fact_count == 0)
        return;
    html_details_begin(out, "Facts of the analysis %s", analysis->title);
    html_table_begin(out, analysis->title);
    html_heads(out, heads, sizeof heads / sizeof *heads);
    for (int i = 0; i < analysis->findings.fact_count; i++) {
        const struct findings_fact *fact = &analysis->findings.facts[i];
        double factor = report_analysis_factor(&fact->name);

        html_row_begin(out, words_of(fact->name.name, text));
        if (fact->text)
            html_cell(out, "%s", fact->text);
        else
            html_number(out, "%.6g", factor * fact->value);
        html_cell(out, "%s", report_analysis_unit(&fact->name));
        html_cell(out, "%s", fact->name.meaning);
        html_row_end(out);
    }
    html_table_end(out);
    html_details_end(out);
}

/* ---- the analyses of a case ------------------------------------------------------------------ */

static bool is_json(const char *name)
{
    size_t length = strlen(name);

    return length > 5 && strcmp(name + length - 5, ".json") == 0;
}

void report_for_analyses(const struct report_entry *entry, report_analysis_fn *use,
                         void *context)
{
    char folder[PATH_MAX], path[2 * PATH_MAX];
    struct dirent **names;
    int count;

    snprintf(folder, sizeof folder, "%.4000s/analyses", entry->one->folder);
    count = scandir(folder, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        struct analysis analysis;

        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (is_json(names[i]->d_name)) {
            bool is_whole = analysis_read(path, &analysis);

            use(context, names[i]->d_name, is_whole ? &analysis : NULL);
            analysis_clear(&analysis);
        }
        free(names[i]);
    }
    if (count >= 0)
        free(names);
}

static void write_variables(struct report_page *page, const struct analysis *analysis)
{
    const struct findings *findings = &analysis->findings;

    for (int i = 0; i < findings->variable_count; i++) {
        const struct findings_variable *variable = &findings->variables[i];

        if (is_first(analysis, i))
            write_curves(page, &(struct curves){analysis, variable});
        else if (variable->axis_count == 2 && !is_of_draws(analysis, variable))
            write_map(page, analysis, variable);
    }
}

static void write_analysis(void *context, const char *file,
                           const struct analysis *analysis)
{
    struct report_page *page = context;

    if (!analysis) {
        html_element(
            page->out, "p class=\"note\"",
            "analyses/%s is not what calq writes, or of another version: it is "
            "left out; calq analyze writes it again.",
            file);
        return;
    }
    html_element(page->out, "h3", "Analysis: %s", analysis->title);
    if (strcmp(analysis->kind, "error") != 0 || !report_error_figures(page, analysis))
        write_variables(page, analysis);
    fputs("<div class=\"wide\">\n", page->out);
    write_facts(page->out, analysis);
    fputs("</div>\n", page->out);
}

void report_analysis_figures(struct report_page *page, const struct report_entry *entry)
{
    report_for_analyses(entry, write_analysis, page);
}
