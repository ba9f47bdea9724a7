#include "core/format/result.h"

#include "core/base/draft.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/format/result_fields.h"
#include "core/format/state_file.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void result_init(struct result *result, const char *case_id, int step_count)
{
    size_t steps = (size_t)step_count;

    *result = (struct result){
        .case_id = memory_text(case_id),
        .step_count = step_count,
        .start.choices = memory_zeroed(steps, sizeof(struct choice)),
        .result.choices = memory_zeroed(steps, sizeof(struct choice)),
        .lines = memory_zeroed(steps, sizeof *result->lines),
        .p_grid.vertex = NAN,
    };
}

static void clear_point(struct result_point *point)
{
    free(point->choices);
    state_clear(&point->state);
}

void result_clear(struct result *result)
{
    free(result->case_id);
    clear_point(&result->start);
    clear_point(&result->result);
    overhead_clear(&result->overhead);
    free(result->lines);
    free(result->tensors);
    free(result->rounds);
    free(result->mixed.tried);
    free(result->mixed.front);
    free(result->mixed.drawn);
    free(result->phases);
    free(result->identity);
    for (int i = 0; i < result->kept_count; i++)
        free(result->kept[i]);
    free(result->kept);
    for (int i = 0; i < result->warning_count; i++)
        free(result->warnings[i]);
    *result = (struct result){0};
}

const char *result_keep(struct result *result, const char *text)
{
    size_t bytes = ((size_t)result->kept_count + 1) * sizeof *result->kept;

    result->kept = memory_resize(result->kept, bytes);
    result->kept[result->kept_count] = memory_text(text);
    return result->kept[result->kept_count++];
}

void result_warn(struct result *result, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    text_end_whole(text, sizeof text);
    for (int i = 0; i < result->warning_count; i++)
        if (strcmp(result->warnings[i], text) == 0)
            return;
    if (result->warning_count == WARNINGS_MOST)
        return;
    if (result->warning_count == WARNINGS_MOST - 1)
        snprintf(text, sizeof text, "there were more warnings than these");
    result->warnings[result->warning_count++] = memory_text(text);
}

struct result_phase *result_add_phase(struct result *result, const char *name)
{
    size_t count = (size_t)result->phase_count + 1;
    struct result_phase *phase;

    result->phases = memory_resize(result->phases, count * sizeof *result->phases);
    phase = &result->phases[result->phase_count++];
    *phase = (struct result_phase){0};
    snprintf(phase->name, sizeof phase->name, "%s", name);
    return phase;
}

long result_evaluations(const struct result *result)
{
    long evaluations = 0;

    for (int i = 0; i < result->phase_count; i++)
        evaluations += result->phases[i].evaluations;
    return evaluations;
}

/* ---- the state beside it --------------------------------------------------------- */

static void tell_state(struct result_point *point)
{
    point->batchnorms_measured = state_has(&point->state, STATE_STATISTICS);
    point->biases_measured = state_has(&point->state, STATE_BIAS_SHIFT);
    point->weights_rounded = state_has(&point->state, STATE_CODES);
}

int result_write_state(struct result *result, const char *folder, struct error *err)
{
    const struct state *state = &result->result.state;
    char path[PATH_MAX];

    tell_state(&result->start);
    tell_state(&result->result);
    result->is_equalized = state_has(state, STATE_EQUALIZED);
    result->is_bias_corrected =
        state_has(state, STATE_MEAN_CORRECTED) || state_has(state, STATE_BIAS_SHIFT);
    snprintf(path, sizeof path, "%s/state", folder);
    return state_file_write(state, path, result->state_checksum, err);
}

bool result_has_state(const struct result *result, const char *folder)
{
    char path[PATH_MAX];

    return snprintf(path, sizeof path, "%s/state", folder) < (int)sizeof path &&
           state_file_is_whole(path, result->state_checksum);
}

/* ---- JSON ------------------------------------------------------------------------ */

int result_write_json(const struct result *result, const char *folder,
                      struct error *err)
{
    char path[PATH_MAX];
    json_t *json;
    FILE *file;
    int status;

    snprintf(path, sizeof path, "%s/result.json", folder);
    file = draft_open(path, err);
    if (!file)
        return -1;
    json = result_to_json(result);
    if (!json)
        status =
            error_set(err, EXIT_INTERNAL, "cannot make %s: a name is not UTF-8", path);
    else if (json_dumpf(json, file, JSON_INDENT(2)) < 0)
        status =
            error_set(err, EXIT_MACHINE, "cannot write %s: %s", path, strerror(errno));
    else
        status = 0;
    json_decref(json);
    return draft_close(file, path, status, err);
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
        result_init(result, case_id,
                    (int)json_array_size(json_object_get(json, "steps")));
        is_read = result_from_json(result, json);
        if (!is_read)
            result_clear(result);
    }
    json_decref(json);
    return is_read;
}

/* ---- CSV ----------------------------------------------------------------------- */

void result_write_csv_head(FILE *file)
{
    fputs("case,model,target,bits,method,loss_name,float_loss,start_loss,loss,"
          "start_check_loss,check_loss,batchnorms_measured,validation_metric,"
          "float_validation,start_validation,validation,validation_loss,evaluations,"
          "seconds,cpu_seconds,warnings,weight_bits,activation_bits,weight_bytes,"
          "bit_operations\n",
          file);
}

/* A cell with a number; empty where there is none. */
static void write_cell(FILE *file, double value)
{
    if (!isnan(value))
        fprintf(file, "%.9g,", value);
    else
        fputc(',', file);
}

void result_write_csv_line(const struct result *result, FILE *file)
{
    enum metric metric = result->model->metric;
    char bits[16];

    config_bits_text(result->bits, bits);
    fprintf(file, "%s,%s,%s,%s,%s,%s,", result->case_id, result->model->name,
            config_target_name(result->target), bits,
            config_method_title(result->method), loss_table[result->model->loss].name);
    write_cell(file, score_loss(&result->float_calibration));
    write_cell(file, score_loss(&result->start.calibration));
    write_cell(file, score_loss(&result->result.calibration));
    write_cell(file, score_loss(&result->start.check));
    write_cell(file, score_loss(&result->result.check));
    fprintf(file, "%s,", result->result.batchnorms_measured ? "yes" : "no");
    fprintf(file, "%s,", metric_table[metric].name);
    write_cell(file, score_metric(&result->float_validation, metric));
    write_cell(file, score_metric(&result->start.validation, metric));
    write_cell(file, score_metric(&result->result.validation, metric));
    write_cell(file, score_loss(&result->result.validation));
    fprintf(file, "%ld,%.3f,%.3f,%d,", result_evaluations(result), result->seconds,
            result->cpu_seconds, result->warning_count);
    write_cell(file, result->cost.weight_bits);
    write_cell(file, result->cost.activation_bits);
    write_cell(file, result->cost.weight_bytes);
    fprintf(file, "%.9g\n", result->cost.bit_operations);
}
