#include "core/format/result_analysis.h"

#include "core/base/memory.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_MOST = 4096 };

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* Borrowed from the JSON; findings keep a copy. */
static struct findings_name name_of(const json_t *object)
{
    return (struct findings_name){text_at(object, "name"), text_at(object, "meaning"),
                                  text_at(object, "unit")};
}

static double number_of(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* ---- axes ----------------------------------------------------------------------------------- */

static bool read_texts(const json_t *object, const json_t *values,
                       struct findings *findings)
{
    size_t count = json_array_size(values), i;
    const char **texts = memory_get(count * sizeof *texts);
    bool are_texts = true;
    const json_t *value;

    json_array_foreach(values, i, value)
    {
        texts[i] = json_string_value(value);
        are_texts = are_texts && texts[i];
    }
    if (are_texts)
        findings_add_text_axis(findings, name_of(object), (int)count, texts);
    free(texts);
    return are_texts;
}

static bool read_numbers(const json_t *object, const json_t *values,
                         struct findings *findings)
{
    size_t count = json_array_size(values), i;
    double *numbers = memory_get(count * sizeof *numbers);
    bool are_numbers = true;
    const json_t *value;

    json_array_foreach(values, i, value)
    {
        numbers[i] = json_number_value(value);
        are_numbers = are_numbers && json_is_number(value);
    }
    if (are_numbers)
        findings_add_axis(findings, name_of(object), (int)count, numbers);
    free(numbers);
    return are_numbers;
}

static bool read_axis(const json_t *object, struct findings *findings)
{
    const json_t *values = json_object_get(object, "values");
    size_t count = json_array_size(values);

    if (count == 0 || count > COUNT_MOST)
        return false;
    return json_is_string(json_array_get(values, 0))
               ? read_texts(object, values, findings)
               : read_numbers(object, values, findings);
}

static bool read_axes(const json_t *list, struct findings *findings)
{
    const json_t *object;
    size_t i;

    json_array_foreach(list, i, object)
    {
        if (!read_axis(object, findings))
            return false;
    }
    return true;
}

static int axis_named(const struct findings *findings, const char *name)
{
    for (int i = 0; name && i < findings->axis_count; i++)
        if (strcmp(findings->axes[i].name.name, name) == 0)
            return i;
    return -1;
}

/* ---- variables ------------------------------------------------------------------------------ */

static bool read_row(const json_t *row, int count, double *values)
{
    if (json_array_size(row) != (size_t)count)
        return false;
    for (int i = 0; i < count; i++)
        values[i] = number_of(json_array_get(row, (size_t)i));
    return true;
}

static bool read_values(const json_t *rows, const struct findings *findings,
                        const int *axes, int axis_count, double *values)
{
    int count = findings->axes[axes[0]].count;
    int columns = axis_count == 2 ? findings->axes[axes[1]].count : 1;

    if (axis_count == 1)
        return read_row(rows, count, values);
    if (json_array_size(rows) != (size_t)count)
        return false;
    for (int row = 0; row < count; row++)
        if (!read_row(json_array_get(rows, (size_t)row), columns,
                      values + (size_t)row * (size_t)columns))
            return false;
    return true;
}

static bool read_variable(const json_t *object, struct findings *findings)
{
    const json_t *names = json_object_get(object, "axes");
    size_t count = json_array_size(names);
    int axes[2];

    if (count < 1 || count > 2)
        return json_is_array(names);
    for (size_t i = 0; i < count; i++) {
        axes[i] = axis_named(findings, json_string_value(json_array_get(names, i)));
        if (axes[i] < 0)
            return false;
    }
    return read_values(
        json_object_get(object, "values"), findings, axes, (int)count,
        findings_add_variable(findings, name_of(object), axes, (int)count));
}

static bool read_variables(const json_t *list, struct findings *findings)
{
    const json_t *object;
    size_t i;

    json_array_foreach(list, i, object)
    {
        if (!read_variable(object, findings))
            return false;
    }
    return true;
}

static void read_facts(const json_t *list, struct findings *findings)
{
    const json_t *object;
    size_t i;

    json_array_foreach(list, i, object)
    {
        const json_t *value = json_object_get(object, "value");

        if (json_is_string(value))
            findings_add_text_fact(findings, name_of(object), json_string_value(value));
        else
            findings_add_fact(findings, name_of(object), number_of(value));
    }
}

/* ---- the whole ------------------------------------------------------------------------------ */

static bool read_object(const json_t *json, struct analysis *analysis)
{
    struct findings *findings = &analysis->findings;
    const json_t *run = json_object_get(json, "run");

    analysis->seconds = number_of(json_object_get(run, "seconds"));
    analysis->cpu_seconds = number_of(json_object_get(run, "cpu_seconds"));
    analysis->kind = memory_text(text_at(json, "analysis"));
    analysis->title = memory_text(text_at(json, "name"));
    if (!*analysis->kind || !read_axes(json_object_get(json, "axes"), findings) ||
        !read_variables(json_object_get(json, "variables"), findings))
        return false;
    read_facts(json_object_get(json, "facts"), findings);
    return true;
}

bool analysis_read(const char *path, struct analysis *analysis)
{
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    bool is_read;

    *analysis = (struct analysis){0};
    is_read = json_is_object(json) && read_object(json, analysis);
    json_decref(json);
    return is_read;
}

void analysis_clear(struct analysis *analysis)
{
    free(analysis->kind);
    free(analysis->title);
    findings_clear(&analysis->findings);
    *analysis = (struct analysis){0};
}

const struct findings_variable *analysis_variable_named(const struct analysis *analysis,
                                                        const char *name)
{
    const struct findings *findings = &analysis->findings;

    for (int i = 0; i < findings->variable_count; i++)
        if (strcmp(findings->variables[i].name.name, name) == 0)
            return &findings->variables[i];
    return NULL;
}

double analysis_fact_named(const struct analysis *analysis, const char *name)
{
    const struct findings *findings = &analysis->findings;

    for (int i = 0; i < findings->fact_count; i++)
        if (strcmp(findings->facts[i].name.name, name) == 0)
            return findings->facts[i].value;
    return NAN;
}
