#include "core/format/result_row.h"

#include "core/base/memory.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

_Static_assert(sizeof(long) == sizeof(int64_t) && sizeof(size_t) == sizeof(int64_t),
               "counts are 64 bits");

/* ---- values ------------------------------------------------------------------------------- */

json_t *result_row_append(json_t *array, json_t *value)
{
    if (array && json_array_append_new(array, value) == 0)
        return array;
    json_decref(array);
    return NULL;
}

json_t *result_row_hex(double value)
{
    char text[64];

    snprintf(text, sizeof text, "%a", value);
    return json_string(text);
}

json_t *result_row_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* ---- metrics of a score ------------------------------------------------------------------- */

/* Of a mean the exact sum, too, under the name and "_sum"; null: it is not known. */
/* Over what labels and logits of the float network do not tell. */
static bool is_counted_apart(enum metric metric)
{
    const struct metric_row *row = &metric_table[metric];

    return metric < METRIC_STORED &&
           (row->of != METRIC_OF_PREDICTIONS || row->needs_numbers);
}

static void write_metrics(json_t *object, const struct score *score)
{
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        const char *name = metric_table[metric].name;
        double value = score_metric(score, metric);
        char key[64], text[SCORE_TEXT_MOST];

        json_object_set_new(object, name, result_row_real(value));
        if (is_counted_apart(metric)) {
            snprintf(key, sizeof key, "%s_of", name);
            json_object_set_new(object, key, json_integer(score->known[metric]));
        }
        if (metric_is_share(metric) || metric >= METRIC_STORED)
            continue;
        snprintf(key, sizeof key, "%s_sum", name);
        score_mean_text(score, metric, text);
        json_object_set_new(object, key,
                            isnan(value) ? json_null() : json_string(text));
    }
}

/* How many a metric is known of. */
static int64_t read_known(const json_t *object, enum metric metric,
                          const struct score *score)
{
    char key[64];

    if (!is_counted_apart(metric))
        return metric_table[metric].needs_labels ? score->labelled : score->predictions;
    snprintf(key, sizeof key, "%s_of", metric_table[metric].name);
    return json_integer_value(json_object_get(object, key));
}

static void set_known(enum metric metric, int64_t known, struct score *score)
{
    score->known[metric] = known;
    if (metric_table[metric].needs_float_logits)
        score->compared = score->predictions;
}

/* A share comes back as a count, a mean as its exact sum. */
static bool read_metric(const json_t *object, enum metric metric, struct score *score)
{
    const char *name = metric_table[metric].name, *sum;
    int64_t known = read_known(object, metric, score);
    char key[64];

    if (metric_is_share(metric)) {
        const json_t *share = json_object_get(object, name);

        if (!json_is_number(share))
            return true;
        set_known(metric, known, score);
        score->metrics[metric] = llround(json_number_value(share) * (double)known);
        return true;
    }
    snprintf(key, sizeof key, "%s_sum", name);
    sum = json_string_value(json_object_get(object, key));
    if (!sum)
        return true;
    set_known(metric, known, score);
    return score_read_mean(score, metric, sum);
}

static bool read_metrics(const json_t *object, struct score *score)
{
    const json_t *predictions = json_object_get(object, "predictions");
    const char *perplexity = metric_table[METRIC_PERPLEXITY].name;

    score->samples = json_integer_value(json_object_get(object, "samples"));
    score->predictions = predictions ? json_integer_value(predictions) : score->samples;
    score->labelled = json_integer_value(json_object_get(object, "labelled"));
    if (json_is_number(json_object_get(object, perplexity)))
        score->entropies = score->predictions;
    for (enum metric metric = 0; metric < METRIC_STORED; metric++)
        if (!read_metric(object, metric, score))
            return false;
    return true;
}

/* ---- writing ------------------------------------------------------------------------------ */

static json_t *write_list(const struct result_field *field, const char *base)
{
    const struct result_fields *fields = field->fields;
    int count = *(const int *)(base + fields->count_at);
    const char *at = *(const char *const *)(base + field->at);
    json_t *list = json_array();

    for (int i = 0; i < count; i++)
        list = result_row_append(
            list, result_row_write(fields, at + (size_t)i * fields->stride));
    return list;
}

static json_t *write_field(const struct result_field *field, const char *base)
{
    const void *at = base + field->at;

    switch (field->kind) {
    case FIELD_FLAG:
        return json_boolean(*(const bool *)at);
    case FIELD_INT:
        return json_integer(*(const int *)at);
    case FIELD_COUNT:
        return json_integer(*(const int64_t *)at);
    case FIELD_REAL:
        return result_row_real(*(const double *)at);
    case FIELD_TEXT:
        return json_string(*(const char *const *)at);
    case FIELD_CHARS:
        return json_string(at);
    case FIELD_OBJECT:
        return result_row_write(field->fields, at);
    case FIELD_LIST:
        return write_list(field, base);
    case FIELD_OTHER:
        return field->write(at);
    case FIELD_METRICS:
        break; /* they are several: result_row_write() */
    }
    return NULL;
}

/* NULL where a text is not UTF-8. */
json_t *result_row_write(const struct result_fields *fields, const void *from)
{
    const char *base = from;
    json_t *object;

    if (fields->is_there && !fields->is_there(base))
        return json_null();
    object = json_object();
    for (size_t i = 0; i < fields->count; i++) {
        const struct result_field *field = &fields->rows[i];

        if (field->kind == FIELD_METRICS) {
            write_metrics(object, (const void *)base);
        } else if (json_object_set_new(object, field->name, write_field(field, base)) <
                   0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

/* ---- reading ------------------------------------------------------------------------------ */

static bool read_list(const struct result_field *field, const json_t *list, char *base,
                      struct result *result)
{
    const struct result_fields *fields = field->fields;
    size_t count = json_array_size(list);
    char *at;

    if (!json_is_array(list))
        return false;
    at = *(char **)(base + field->at) = memory_zeroed(count, fields->stride);
    *(int *)(base + fields->count_at) = (int)count;
    for (size_t i = 0; i < count; i++)
        if (!result_row_read(fields, json_array_get(list, i), at + i * fields->stride,
                             result))
            return false;
    return true;
}

static bool read_text(const json_t *value, const char **text, struct result *result)
{
    if (json_is_string(value))
        *text = result_keep(result, json_string_value(value));
    return json_is_string(value);
}

static bool read_integer(const struct result_field *field, const json_t *value,
                         void *at)
{
    json_int_t number = json_integer_value(value);

    if (field->kind == FIELD_INT)
        *(int *)at = (int)number;
    else
        *(int64_t *)at = number;
    return json_is_integer(value);
}

static bool read_value(const struct result_field *field, const json_t *value,
                       char *base, struct result *result)
{
    void *at = base + field->at;

    if (!value && field->kind != FIELD_OTHER)
        return false;
    switch (field->kind) {
    case FIELD_FLAG:
        *(bool *)at = json_is_true(value);
        return json_is_boolean(value);
    case FIELD_INT:
    case FIELD_COUNT:
        return read_integer(field, value, at);
    case FIELD_REAL:
        *(double *)at = json_is_number(value) ? json_number_value(value) : NAN;
        return json_is_number(value) || json_is_null(value);
    case FIELD_TEXT:
        return read_text(value, at, result);
    case FIELD_CHARS:
        return json_is_string(value) && json_string_length(value) < field->size &&
               strcpy(at, json_string_value(value));
    case FIELD_OBJECT:
        return result_row_read(field->fields, value, at, result);
    case FIELD_LIST:
        return read_list(field, value, base, result);
    case FIELD_OTHER:
        return !field->read || field->read(value, at);
    case FIELD_METRICS:
        break; /* result_row_read() */
    }
    return false;
}

bool result_row_read(const struct result_fields *fields, const json_t *object,
                     void *base, struct result *result)
{
    if (fields->is_there && json_is_null(object))
        return true;
    if (!json_is_object(object))
        return false;
    for (size_t i = 0; i < fields->count; i++) {
        const struct result_field *field = &fields->rows[i];

        bool is_read =
            field->kind == FIELD_METRICS
                ? read_metrics(object, (void *)base)
                : read_value(field, json_object_get(object, field->name), base, result);

        if (!is_read && !field->may_lack)
            return false;
    }
    return true;
}

/* ---- help --------------------------------------------------------------------------------- */

static const char *const kind_texts[] = {
    [FIELD_FLAG] = "true or false", [FIELD_INT] = "whole number",
    [FIELD_COUNT] = "whole number", [FIELD_REAL] = "number",
    [FIELD_TEXT] = "text",          [FIELD_CHARS] = "text",
    [FIELD_OBJECT] = "fields",      [FIELD_LIST] = "list of fields",
    [FIELD_OTHER] = NULL, /* the meaning says it */
    [FIELD_METRICS] = "number",
};

void result_row_help(const struct result_fields *fields, int indent, FILE *file)
{
    enum { STEP = 4 };

    for (size_t i = 0; i < fields->count; i++) {
        const struct result_field *field = &fields->rows[i];
        const char *kind = kind_texts[field->kind];

        fprintf(file, "%*s%s: %s%s%s\n", indent, "", field->name, field->meaning,
                kind ? "; " : "", kind ? kind : "");
        if (field->fields)
            result_row_help(field->fields, indent + STEP, file);
    }
}
