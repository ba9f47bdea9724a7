#include "core/format/result.h"

#include "core/base/memory.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every function takes a value that may be NULL or of another type, and says false then: a
 * file that is not what result.c writes is not read. */

static bool read_count(const json_t *value, long *count)
{
    *count = (long)json_integer_value(value);
    return json_is_integer(value);
}

static bool read_text(const json_t *value, char *text, size_t bytes)
{
    const char *from = json_string_value(value);

    return from && snprintf(text, bytes, "%s", from) < (int)bytes;
}

/* A share comes back as a count, a mean as its exact sum. */
static bool read_metric(const json_t *object, enum metric metric, struct score *score)
{
    const char *name = metric_table[metric].name, *sum;
    char key[64];

    if (metric_is_share(metric)) {
        double share = json_number_value(json_object_get(object, name));

        score->metrics[metric] = llround(share * (double)score->labelled);
        return true;
    }
    snprintf(key, sizeof key, "%s_sum", name);
    sum = json_string_value(json_object_get(object, key));
    if (sum)
        score->compared = score->samples;
    return !sum || score_read_mean(score, metric, sum);
}

static bool read_score(const json_t *value, struct score *score)
{
    const char *sum = json_string_value(json_object_get(value, "loss_sum"));

    *score = (struct score){0};
    if (json_is_null(value))
        return true;
    if (!sum || !score_read_loss(score, sum) ||
        !json_is_integer(json_object_get(value, "samples")))
        return false;
    score->samples = json_integer_value(json_object_get(value, "samples"));
    score->labelled = json_integer_value(json_object_get(value, "labelled"));
    score->not_finite = json_integer_value(json_object_get(value, "not_finite"));
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        if (!read_metric(value, metric, score))
            return false;
    return true;
}

static bool read_point(const json_t *value, struct result_point *point)
{
    point->batchnorms_measured =
        json_is_true(json_object_get(value, "batchnorms_measured"));
    point->biases_measured = json_is_true(json_object_get(value, "biases_measured"));
    return read_score(json_object_get(value, "calibration"), &point->calibration) &&
           read_score(json_object_get(value, "check"), &point->check) &&
           read_score(json_object_get(value, "validation"), &point->validation);
}

/* Zeros where they are not told. */
static void read_macs(const json_t *value, struct executor_counters *work)
{
    work->macs_run = json_integer_value(json_object_get(value, "macs_run"));
    work->macs_avoided = json_integer_value(json_object_get(value, "macs_avoided"));
}

static bool read_phases(const json_t *phases, struct result *result)
{
    size_t i;
    json_t *value;

    if (!json_is_array(phases))
        return false;
    json_array_foreach(phases, i, value)
    {
        struct result_phase *phase = result_add_phase(result, "");

        if (!read_text(json_object_get(value, "name"), phase->name,
                       sizeof phase->name) ||
            !read_count(json_object_get(value, "evaluations"), &phase->evaluations))
            return false;
        phase->seconds = json_real_value(json_object_get(value, "seconds"));
        read_macs(json_object_get(value, "work"), &phase->work);
    }
    return true;
}

static bool read_warnings(const json_t *warnings, struct result *result)
{
    json_t *value;
    size_t i;

    json_array_foreach(warnings, i, value) if (json_is_string(value))
        result_warn(result, "%s", json_string_value(value));
    return json_is_array(warnings);
}

static bool read_identity(const json_t *lines, struct result *result)
{
    json_t *line;
    size_t i, bytes = 1;

    if (!json_is_array(lines))
        return false;
    json_array_foreach(lines, i, line) bytes += json_string_length(line) + 1;
    result->identity = memory_zeroed(bytes, 1);
    json_array_foreach(lines, i, line) if (json_is_string(line))
    {
        strcat(result->identity, json_string_value(line));
        strcat(result->identity, "\n");
    }
    return true;
}

/* Earlier versions of calq do not tell it. */
static bool read_state(const json_t *checksum, struct result *result)
{
    return !checksum ||
           read_text(checksum, result->state_checksum, sizeof result->state_checksum);
}

static bool read_treatments(const json_t *treatments, struct result *result)
{
    result->is_equalized = json_is_true(json_object_get(treatments, "equalized"));
    result->is_bias_corrected =
        json_is_true(json_object_get(treatments, "bias_corrected"));
    return json_is_object(treatments);
}

static bool read_budget(const json_t *value, struct result_budget *budget)
{
    budget->seconds = json_real_value(json_object_get(value, "at_most_seconds"));
    budget->is_spent = json_is_true(json_object_get(value, "spent"));
    return read_count(json_object_get(value, "evaluations"), &budget->evaluations);
}

static bool read_work(const json_t *value, struct result *result)
{
    read_macs(value, &result->work);
    result->cpu_seconds = json_real_value(json_object_get(value, "cpu_seconds"));
    return read_count(json_object_get(value, "answers_in_journal"), &result->replayed);
}

static bool read_provenance(const json_t *value, struct result *result)
{
    long overlapping, ranks;
    bool is_read =
        read_count(json_object_get(value, "overlapping_samples"), &overlapping) &&
        read_count(json_object_get(value, "ranks"), &ranks) &&
        read_identity(json_object_get(value, "identity"), result);

    if (is_read) {
        result->provenance.overlapping = (size_t)overlapping;
        result->ranks = (int)ranks;
    }
    return is_read;
}

static bool read_all(const json_t *json, struct result *result)
{
    const json_t *in_float = json_object_get(json, "float");

    result->seconds = json_real_value(json_object_get(json, "seconds"));
    return read_score(json_object_get(in_float, "calibration"),
                      &result->float_calibration) &&
           read_score(json_object_get(in_float, "validation"),
                      &result->float_validation) &&
           read_point(json_object_get(json, "start"), &result->start) &&
           read_point(json_object_get(json, "result"), &result->result) &&
           read_state(json_object_get(json, "state"), result) &&
           read_treatments(json_object_get(json, "treatments"), result) &&
           read_phases(json_object_get(json, "phases"), result) &&
           read_warnings(json_object_get(json, "warnings"), result) &&
           read_budget(json_object_get(json, "budget"), &result->budget) &&
           read_work(json_object_get(json, "work"), result) &&
           read_provenance(json_object_get(json, "provenance"), result);
}

bool result_read_json(struct result *result, const char *folder)
{
    char path[PATH_MAX];
    const char *case_id;
    bool is_read = false;
    json_t *json;

    if (snprintf(path, sizeof path, "%s/result.json", folder) >= (int)sizeof path)
        return false;
    json = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    case_id = json_string_value(json_object_get(json, "case"));
    if (case_id) {
        result_init(result, case_id, 0);
        is_read = read_all(json, result);
        if (!is_read)
            result_clear(result);
    }
    json_decref(json);
    return is_read;
}
