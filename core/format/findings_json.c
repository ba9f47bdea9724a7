#include "core/format/findings.h"

#include "core/base/draft.h"
#include "core/base/version.h"
#include "core/format/config_text.h"
#include "core/format/result_row.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A text that is not UTF-8 leaves a NULL, which json_pack() and appending hand on. */

static json_t *axis_values(const struct findings_axis *axis)
{
    json_t *values = json_array();

    for (int i = 0; i < axis->count; i++)
        values =
            result_row_append(values, axis->texts ? json_string(axis->texts[i])
                                                  : result_row_real(axis->numbers[i]));
    return values;
}

static json_t *axes_of(const struct findings *findings)
{
    json_t *axes = json_array();

    for (int i = 0; i < findings->axis_count; i++) {
        const struct findings_axis *axis = &findings->axes[i];

        axes = result_row_append(
            axes, json_pack("{s:s, s:s, s:s, s:o}", "name", axis->name.name, "meaning",
                            axis->name.meaning, "unit", axis->name.unit, "values",
                            axis_values(axis)));
    }
    return axes;
}

/* The values from axis `level` inwards, nested; moves `next` on behind them. */
static json_t *nested(const struct findings *findings,
                      const struct findings_variable *variable, int level,
                      const double **next)
{
    json_t *values = json_array();
    int count = findings->axes[variable->axes[level]].count;

    for (int i = 0; i < count; i++)
        values =
            result_row_append(values, level + 1 < variable->axis_count
                                          ? nested(findings, variable, level + 1, next)
                                          : result_row_real(*(*next)++));
    return values;
}

static json_t *variable_axes(const struct findings *findings,
                             const struct findings_variable *variable)
{
    json_t *names = json_array();

    for (int i = 0; i < variable->axis_count; i++)
        names = result_row_append(
            names, json_string(findings->axes[variable->axes[i]].name.name));
    return names;
}

static json_t *variables_of(const struct findings *findings)
{
    json_t *variables = json_array();

    for (int i = 0; i < findings->variable_count; i++) {
        const struct findings_variable *variable = &findings->variables[i];
        const double *next = variable->values;

        variables = result_row_append(
            variables,
            json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", variable->name.name,
                      "meaning", variable->name.meaning, "unit", variable->name.unit,
                      "axes", variable_axes(findings, variable), "values",
                      nested(findings, variable, 0, &next)));
    }
    return variables;
}

static json_t *facts_of(const struct findings *findings)
{
    json_t *facts = json_array();

    for (int i = 0; i < findings->fact_count; i++) {
        const struct findings_fact *fact = &findings->facts[i];

        facts = result_row_append(
            facts, json_pack("{s:s, s:s, s:s, s:o}", "name", fact->name.name, "meaning",
                             fact->name.meaning, "unit", fact->name.unit, "value",
                             fact->text ? json_string(fact->text)
                                        : result_row_real(fact->value)));
    }
    return facts;
}

/* A value or a list as text, as in a configuration. */
static json_t *setting_of(const struct config_field *field, const char *base)
{
    int count = field->list.most > 0 ? config_text_entries(field, base) : 1;
    char *text = NULL;
    size_t bytes;
    FILE *file = open_memstream(&text, &bytes);
    json_t *value;

    for (int i = 0; file && i < count; i++) {
        if (i > 0)
            fputs(", ", file);
        config_text_write(field, base + field->offset + (size_t)i * field->list.stride,
                          file);
    }
    if (!file || fclose(file) != 0)
        return NULL;
    value = json_string(text);
    free(text);
    return value;
}

static json_t *settings_of(const struct findings_about *about)
{
    const char *base = (const char *)about->settings;
    const struct config_field *field;
    json_t *settings = json_object();

    for (size_t i = 0; (field = config_section_field(about->section, i)); i++)
        if (!config_text_is_absent(about->section, field, base) &&
            json_object_set_new(settings, field->key, setting_of(field, base)) < 0) {
            json_decref(settings);
            return NULL;
        }
    return settings;
}

static json_t *texts(char *const *list, int count)
{
    json_t *array = json_array();

    for (int i = 0; i < count; i++)
        array = result_row_append(array, json_string(list[i]));
    return array;
}

static json_t *lines_of(const char *text)
{
    json_t *lines = json_array();

    while (*text) {
        size_t length = strcspn(text, "\n");

        lines = result_row_append(lines, json_stringn(text, length));
        text += length + (text[length] == '\n');
    }
    return lines;
}

static json_t *run_of(const struct result *result)
{
    return json_pack("{s:s, s:i, s:s, s:f, s:f, s:I}", "calq", version(), "ranks",
                     result->ranks, "kernel", result->provenance.kernel, "seconds",
                     result->seconds, "cpu_seconds", result->cpu_seconds, "replayed",
                     (json_int_t)result->replayed);
}

static json_t *to_json(const struct findings *findings,
                       const struct findings_about *about)
{
    const struct result *result = about->result;
    char bits[16];

    config_bits_text(result->bits, bits);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o}",
        "analysis", about->settings->analysis->name, "name",
        config_analysis_title(about->settings), "case", result->case_id, "model",
        result->model->name, "target", config_target_name(result->target), "bits", bits,
        "method", config_method_title(result->method), "loss",
        loss_table[result->model->loss].name, "metric", about->metric, "settings",
        settings_of(about), "axes", axes_of(findings), "variables",
        variables_of(findings), "facts", facts_of(findings), "warnings",
        texts(result->warnings, result->warning_count), "identity",
        lines_of(result->identity), "run", run_of(result));
}

int findings_write_json(const struct findings *findings,
                        const struct findings_about *about, const char *path,
                        struct error *err)
{
    FILE *file = draft_open(path, err);
    json_t *json;
    int status = 0;

    if (!file)
        return -1;
    json = to_json(findings, about);
    if (!json)
        status =
            error_set(err, EXIT_INTERNAL, "cannot make %s: a name is not UTF-8", path);
    else if (json_dumpf(json, file, JSON_INDENT(1)) < 0)
        status =
            error_set(err, EXIT_MACHINE, "cannot write %s: %s", path, strerror(errno));
    json_decref(json);
    return draft_close(file, path, status, err);
}
