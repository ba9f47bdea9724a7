#include "core/format/findings.h"

#include "core/base/draft.h"
#include "core/base/memory.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- making them -------------------------------------------------------------------------- */

static struct findings_name copy_name(struct findings_name name)
{
    return (struct findings_name){memory_text(name.name), memory_text(name.meaning),
                                  memory_text(name.unit)};
}

static void clear_name(struct findings_name *name)
{
    free((char *)name->name);
    free((char *)name->meaning);
    free((char *)name->unit);
}

static struct findings_axis *add_axis(struct findings *findings,
                                      struct findings_name name, int count)
{
    struct findings_axis *axis;

    findings->axes = memory_resize(findings->axes,
                                   (size_t)(findings->axis_count + 1) * sizeof *axis);
    axis = &findings->axes[findings->axis_count++];
    *axis = (struct findings_axis){.name = copy_name(name), .count = count};
    return axis;
}

int findings_add_axis(struct findings *findings, struct findings_name name, int count,
                      const double *values)
{
    add_axis(findings, name, count)->numbers =
        memory_copy(values, (size_t)count * sizeof *values);
    return findings->axis_count - 1;
}

int findings_add_text_axis(struct findings *findings, struct findings_name name,
                           int count, const char *const *values)
{
    struct findings_axis *axis = add_axis(findings, name, count);

    axis->texts = memory_get((size_t)count * sizeof *axis->texts);
    for (int i = 0; i < count; i++)
        axis->texts[i] = memory_text(values[i]);
    return findings->axis_count - 1;
}

static size_t value_count(const struct findings *findings,
                          const struct findings_variable *variable)
{
    size_t count = 1;

    for (int i = 0; i < variable->axis_count; i++)
        count *= (size_t)findings->axes[variable->axes[i]].count;
    return count;
}

double *findings_add_variable(struct findings *findings, struct findings_name name,
                              const int *axes, int axis_count)
{
    struct findings_variable *variable;
    size_t count;

    assert(axis_count >= 1 && axis_count <= FINDINGS_AXES_MOST);
    findings->variables = memory_resize(
        findings->variables, (size_t)(findings->variable_count + 1) * sizeof *variable);
    variable = &findings->variables[findings->variable_count++];
    *variable =
        (struct findings_variable){.name = copy_name(name), .axis_count = axis_count};
    memcpy(variable->axes, axes, (size_t)axis_count * sizeof *axes);
    count = value_count(findings, variable);
    variable->values = memory_get(count * sizeof *variable->values);
    for (size_t i = 0; i < count; i++)
        variable->values[i] = NAN;
    return variable->values;
}

static struct findings_fact *add_fact(struct findings *findings,
                                      struct findings_name name)
{
    struct findings_fact *fact;

    findings->facts = memory_resize(findings->facts,
                                    (size_t)(findings->fact_count + 1) * sizeof *fact);
    fact = &findings->facts[findings->fact_count++];
    *fact = (struct findings_fact){.name = copy_name(name), .value = NAN};
    return fact;
}

void findings_add_fact(struct findings *findings, struct findings_name name,
                       double value)
{
    add_fact(findings, name)->value = value;
}

void findings_add_text_fact(struct findings *findings, struct findings_name name,
                            const char *text)
{
    add_fact(findings, name)->text = memory_text(text);
}

static void clear_axis(struct findings_axis *axis)
{
    clear_name(&axis->name);
    free(axis->numbers);
    for (int i = 0; axis->texts && i < axis->count; i++)
        free(axis->texts[i]);
    free(axis->texts);
}

void findings_clear(struct findings *findings)
{
    for (int i = 0; i < findings->axis_count; i++)
        clear_axis(&findings->axes[i]);
    for (int i = 0; i < findings->variable_count; i++) {
        clear_name(&findings->variables[i].name);
        free(findings->variables[i].values);
    }
    for (int i = 0; i < findings->fact_count; i++) {
        clear_name(&findings->facts[i].name);
        free(findings->facts[i].text);
    }
    free(findings->axes);
    free(findings->variables);
    free(findings->facts);
    *findings = (struct findings){0};
}

/* ---- CSV ---------------------------------------------------------------------------------- */

static bool have_same_axes(const struct findings_variable *a,
                           const struct findings_variable *b)
{
    return a->axis_count == b->axis_count &&
           memcmp(a->axes, b->axes, (size_t)a->axis_count * sizeof *a->axes) == 0;
}

static void write_quoted(const char *text, FILE *file)
{
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

static void write_number(double value, FILE *file)
{
    if (!isnan(value))
        fprintf(file, "%.17g", value);
}

static void write_head(const struct findings *findings,
                       const struct findings_variable *first, FILE *file)
{
    for (int i = 0; i < first->axis_count; i++)
        fprintf(file, "%s%s", i ? "," : "", findings->axes[first->axes[i]].name.name);
    for (int i = 0; i < findings->variable_count; i++)
        if (have_same_axes(first, &findings->variables[i]))
            fprintf(file, ",%s", findings->variables[i].name.name);
    fputc('\n', file);
}

/* Where on each axis a value stands. */
static void write_place(const struct findings *findings,
                        const struct findings_variable *first, size_t value, FILE *file)
{
    size_t inside = value_count(findings, first);

    for (int i = 0; i < first->axis_count; i++) {
        const struct findings_axis *axis = &findings->axes[first->axes[i]];
        size_t at;

        inside /= (size_t)axis->count;
        at = value / inside % (size_t)axis->count;
        if (i > 0)
            fputc(',', file);
        if (axis->texts)
            write_quoted(axis->texts[at], file);
        else
            write_number(axis->numbers[at], file);
    }
}

static void write_table(const struct findings *findings,
                        const struct findings_variable *first, FILE *file)
{
    size_t count = value_count(findings, first);

    write_head(findings, first, file);
    for (size_t value = 0; value < count; value++) {
        write_place(findings, first, value, file);
        for (int i = 0; i < findings->variable_count; i++)
            if (have_same_axes(first, &findings->variables[i])) {
                fputc(',', file);
                write_number(findings->variables[i].values[value], file);
            }
        fputc('\n', file);
    }
}

/* "hessian.csv", "hessian-index.csv" */
static int path_of_table(const struct findings *findings,
                         const struct findings_variable *first, const char *folder,
                         const char *title, char path[PATH_MAX], struct error *err)
{
    char axes[256] = "";

    if (first != findings->variables)
        for (int i = 0; i < first->axis_count; i++) {
            size_t used = strlen(axes);

            snprintf(axes + used, sizeof axes - used, "-%s",
                     findings->axes[first->axes[i]].name.name);
        }
    if (snprintf(path, PATH_MAX, "%s/%s%s.csv", folder, title, axes) >= PATH_MAX)
        return error_set(err, EXIT_MACHINE, "the path %s/%s.csv is too long", folder,
                         title);
    return 0;
}

static int write_csv(const struct findings *findings,
                     const struct findings_variable *first, const char *folder,
                     const char *title, struct error *err)
{
    char path[PATH_MAX];
    FILE *file;

    if (path_of_table(findings, first, folder, title, path, err) < 0)
        return -1;
    file = draft_open(path, err);
    if (!file)
        return -1;
    write_table(findings, first, file);
    return draft_close(file, path, 0, err);
}

static bool is_first_of_its_axes(const struct findings *findings, int variable)
{
    for (int i = 0; i < variable; i++)
        if (have_same_axes(&findings->variables[i], &findings->variables[variable]))
            return false;
    return true;
}

int findings_write(const struct findings *findings, const struct findings_about *about,
                   const char *folder, struct error *err)
{
    const char *title = config_analysis_title(about->settings);
    char path[PATH_MAX];

    if (draft_make_folder(folder, err) < 0)
        return -1;
    for (int i = 0; i < findings->variable_count; i++)
        if (is_first_of_its_axes(findings, i) &&
            write_csv(findings, &findings->variables[i], folder, title, err) < 0)
            return -1;
    if (snprintf(path, sizeof path, "%s/%s.json", folder, title) >= (int)sizeof path)
        return error_set(err, EXIT_MACHINE, "the path %s/%s.json is too long", folder,
                         title);
    return findings_write_json(findings, about, path, err);
}
