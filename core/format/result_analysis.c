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

static struct analysis_name name_of(const json_t *object)
{
    return (struct analysis_name){text_at(object, "name"), text_at(object, "meaning"),
                                  text_at(object, "unit")};
}

static double number_of(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* ---- axes ----------------------------------------------------------------------------------- */

static bool read_axis(const json_t *object, struct analysis_axis *axis)
{
    const json_t *values = json_object_get(object, "values"), *value;
    bool is_text = json_is_string(json_array_get(values, 0));
    size_t count = json_array_size(values), i;

    if (count == 0 || count > COUNT_MOST)
        return false;
    axis->name = name_of(object);
    axis->count = (int)count;
    axis->numbers = is_text ? NULL : memory_get(count * sizeof *axis->numbers);
    axis->texts = is_text ? memory_get(count * sizeof *axis->texts) : NULL;
    json_array_foreach(values, i, value)
    {
        if (is_text ? !json_is_string(value) : !json_is_number(value))
            return false;
        if (is_text)
            axis->texts[i] = json_string_value(value);
        else
            axis->numbers[i] = json_number_value(value);
    }
    return true;
}

static bool read_axes(const json_t *list, struct analysis *analysis)
{
    const json_t *object;
    size_t i;

    analysis->axes = memory_zeroed(json_array_size(list), sizeof *analysis->axes);
    json_array_foreach(list, i, object)
    {
        analysis->axis_count++;
        if (!read_axis(object, &analysis->axes[i]))
            return false;
    }
    return true;
}

static int axis_named(const struct analysis *analysis, const char *name)
{
    for (int i = 0; name && i < analysis->axis_count; i++)
        if (strcmp(analysis->axes[i].name.name, name) == 0)
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

static bool read_values(const json_t *values, const struct analysis *analysis,
                        struct analysis_variable *variable)
{
    int rows = analysis->axes[variable->axes[0]].count;
    int columns =
        variable->axis_count == 2 ? analysis->axes[variable->axes[1]].count : 1;

    variable->values = memory_get((size_t)rows * (size_t)columns * sizeof(double));
    if (variable->axis_count == 1)
        return read_row(values, rows, variable->values);
    if (json_array_size(values) != (size_t)rows)
        return false;
    for (int row = 0; row < rows; row++)
        if (!read_row(json_array_get(values, (size_t)row), columns,
                      variable->values + (size_t)row * (size_t)columns))
            return false;
    return true;
}

static bool read_variable(const json_t *object, struct analysis *analysis)
{
    struct analysis_variable *variable = &analysis->variables[analysis->variable_count];
    const json_t *axes = json_object_get(object, "axes");
    size_t count = json_array_size(axes);

    if (count < 1 || count > 2)
        return json_is_array(axes);
    variable->name = name_of(object);
    variable->axis_count = (int)count;
    for (size_t i = 0; i < count; i++) {
        variable->axes[i] =
            axis_named(analysis, json_string_value(json_array_get(axes, i)));
        if (variable->axes[i] < 0)
            return false;
    }
    analysis->variable_count++;
    return read_values(json_object_get(object, "values"), analysis, variable);
}

static bool read_variables(const json_t *list, struct analysis *analysis)
{
    const json_t *object;
    size_t i;

    analysis->variables =
        memory_zeroed(json_array_size(list), sizeof *analysis->variables);
    json_array_foreach(list, i,
                       object) if (!read_variable(object, analysis)) return false;
    return true;
}

static void read_facts(const json_t *list, struct analysis *analysis)
{
    const json_t *object;
    size_t i;

    analysis->facts = memory_zeroed(json_array_size(list), sizeof *analysis->facts);
    json_array_foreach(list, i, object)
    {
        const json_t *value = json_object_get(object, "value");

        analysis->facts[analysis->fact_count++] = (struct analysis_fact){
            name_of(object), number_of(value), json_string_value(value)};
    }
}

/* ---- the whole ------------------------------------------------------------------------------ */

bool analysis_read(const char *path, struct analysis *analysis)
{
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);

    *analysis = (struct analysis){.json = json};
    if (!json_is_object(json))
        return false;
    analysis->kind = text_at(json, "analysis");
    analysis->title = text_at(json, "name");
    if (!*analysis->kind || !read_axes(json_object_get(json, "axes"), analysis) ||
        !read_variables(json_object_get(json, "variables"), analysis))
        return false;
    read_facts(json_object_get(json, "facts"), analysis);
    return true;
}

void analysis_clear(struct analysis *analysis)
{
    for (int i = 0; i < analysis->axis_count; i++) {
        free(analysis->axes[i].numbers);
        free(analysis->axes[i].texts);
    }
    for (int i = 0; i < analysis->variable_count; i++)
        free(analysis->variables[i].values);
    free(analysis->axes);
    free(analysis->variables);
    free(analysis->facts);
    json_decref(analysis->json);
    *analysis = (struct analysis){0};
}

const struct analysis_variable *analysis_variable_named(const struct analysis *analysis,
                                                        const char *name)
{
    for (int i = 0; i < analysis->variable_count; i++)
        if (strcmp(analysis->variables[i].name.name, name) == 0)
            return &analysis->variables[i];
    return NULL;
}

double analysis_fact_named(const struct analysis *analysis, const char *name)
{
    for (int i = 0; i < analysis->fact_count; i++)
        if (strcmp(analysis->facts[i].name.name, name) == 0)
            return analysis->facts[i].value;
    return NAN;
}
