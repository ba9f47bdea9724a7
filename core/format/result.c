#include "core/format/result.h"

#include "core/base/draft.h"
#include "core/base/memory.h"
#include "core/base/version.h"
#include "core/format/state_file.h"
#include "core/kernel/sgemm.h"
#include "core/quant/channel_ratios.h"

#include <errno.h>
#include <inttypes.h>
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
    free(result->rounds);
    free(result->phases);
    free(result->identity);
    for (int i = 0; i < result->warning_count; i++)
        free(result->warnings[i]);
    *result = (struct result){0};
}

void result_warn(struct result *result, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
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

/* ---- JSON ---------------------------------------------------------------------- */

static json_t *hex_of(double value)
{
    char text[64];

    snprintf(text, sizeof text, "%a", value);
    return json_string(text);
}

/* JSON knows neither NaN nor infinity: null. */
static json_t *real_of(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* The exact sum, which is more than a number of JSON can hold. */
static json_t *sum_of(const struct score *score)
{
    char text[SCORE_TEXT_MOST];

    score_loss_text(score, text);
    return json_string(text);
}

/* Of a mean the exact sum, too, under the name and "_sum"; null: it is not known. */
static void put_metric(json_t *object, const struct score *score, enum metric metric)
{
    const char *name = metric_table[metric].name;
    double value = score_metric(score, metric);
    char key[64], text[SCORE_TEXT_MOST];

    json_object_set_new(object, name, real_of(value));
    if (metric_is_share(metric))
        return;
    snprintf(key, sizeof key, "%s_sum", name);
    score_mean_text(score, metric, text);
    json_object_set_new(object, key, isnan(value) ? json_null() : json_string(text));
}

static json_t *score_of(const struct score *score)
{
    json_t *object, *counts;

    if (score->samples == 0)
        return json_null();
    object =
        json_pack("{s:o, s:o, s:o}", "loss", real_of(score_loss(score)), "loss_hex",
                  hex_of(score_loss(score)), "loss_sum", sum_of(score));
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        put_metric(object, score, metric);
    counts = json_pack("{s:I, s:I, s:I}", "samples", (json_int_t)score->samples,
                       "labelled", (json_int_t)score->labelled, "not_finite",
                       (json_int_t)score->not_finite);
    json_object_update(object, counts);
    json_decref(counts);
    return object;
}

static json_t *point_of(const struct result_point *point)
{
    return json_pack("{s:b, s:b, s:o, s:o, s:o}", "batchnorms_measured",
                     point->batchnorms_measured, "biases_measured",
                     point->biases_measured, "calibration",
                     score_of(&point->calibration), "check", score_of(&point->check),
                     "validation", score_of(&point->validation));
}

/* Hexadecimal floats in one line, a blank between two. */
static json_t *line_of(const double *values, size_t count)
{
    enum { MOST = 20 }; /* characters of one */
    size_t size = count * MOST + 1, at = 0;
    char *text = memory_get(size);
    json_t *line;

    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%a", i > 0 ? " " : "",
                               (double)(float)values[i]);
    line = json_string(text);
    free(text);
    return line;
}

/* The step of each output channel of weights that have more than one, else null. */
static json_t *channel_steps_of(const struct result *result, int item)
{
    const struct quantized_tensor *tensor = &result->placement->items[item];
    struct quantizer quantizer = choice_quantizer(result->result.choices[item]);
    size_t channels;
    double *steps;
    json_t *line;

    if (!tensor->ratios)
        return json_null();
    channels = (size_t)result->network->layers[tensor->index].weights->outputs;
    steps = memory_get(channels * sizeof *steps);
    for (size_t channel = 0; channel < channels; channel++)
        steps[channel] = channel_quantizer(&quantizer, tensor->ratios, channel).step;
    line = line_of(steps, channels);
    free(steps);
    return line;
}

static json_t *step_of(const struct result *result, int item)
{
    const struct quantized_tensor *tensor = &result->placement->items[item];
    const struct result_line *line = &result->lines[item];
    const struct choice *start = &result->start.choices[item],
                        *choice = &result->result.choices[item];

    return json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:I, s:o}",
                     "tensor", tensor->name, "kind",
                     tensor->is_weight ? "weights" : "activations", "grid",
                     grid_name(choice->grid), "bits", choice->bits, "step",
                     real_of(choice->step), "step_hex", hex_of(choice->step), "clip",
                     real_of(choice->step * grid_levels(choice->grid, choice->bits)),
                     "start_step_hex", hex_of(start->step), "channel_steps_hex",
                     channel_steps_of(result, item), "evaluations",
                     (json_int_t)line->evaluations, "gain", real_of(line->gain));
}

/* Appends a value; without one (a text that is not UTF-8) there is no array either, which
 * json_of() sees. */
static json_t *append(json_t *array, json_t *value)
{
    if (array && json_array_append_new(array, value) == 0)
        return array;
    json_decref(array);
    return NULL;
}

static json_t *steps_of(const struct result *result)
{
    json_t *steps = json_array();

    for (int i = 0; i < result->placement->count; i++)
        steps = append(steps, step_of(result, i));
    return steps;
}

static json_t *batchnorm_of(const char *layer, const struct state_row *row)
{
    size_t channels = row->count / 2;

    return json_pack("{s:s, s:o, s:o}", "layer", layer, "mean_hex",
                     line_of(row->numbers, channels), "variance_hex",
                     line_of(row->numbers + channels, channels));
}

static json_t *bias_shift_of(const char *layer, const struct state_row *row)
{
    return json_pack("{s:s, s:o}", "layer", layer, "shift_hex",
                     line_of(row->numbers, row->count));
}

/* The rows of a kind in the result's state; null: there are none. */
static json_t *rows_of(const struct result *result, enum state_kind kind,
                       json_t *(*make)(const char *layer, const struct state_row *row))
{
    const struct state *state = &result->result.state;
    json_t *layers;

    if (!state_has(state, kind))
        return json_null();
    layers = json_array();
    for (size_t i = 0; i < state->count; i++)
        if (state->rows[i].kind == kind)
            layers = append(layers,
                            make(result->network->layers[state->rows[i].subject].name,
                                 &state->rows[i]));
    return layers;
}

/* The layers that are more than before. */
static json_t *enlarged_layers_of(const struct result *result)
{
    json_t *layers = json_array();

    for (int i = 0; i < result->placement->count; i++) {
        const struct quantized_tensor *item = &result->placement->items[i];
        int factor = result->overhead.factors[i];

        if (item->wide.added > 0 || factor > 1)
            layers = append(
                layers, json_pack("{s:s, s:i, s:o}", "layer",
                                  result->network->layers[item->index].name,
                                  "channels_added", item->wide.added, "second_step_hex",
                                  factor > 1 ? hex_of(result->result.choices[i].step /
                                                      (float)factor)
                                             : json_null()));
    }
    return layers;
}

static json_t *overhead_of(const struct result *result)
{
    const struct overhead *overhead = &result->overhead;

    if (!overhead->factors)
        return json_null();
    return json_pack(
        "{s:I, s:o, s:I, s:o, s:i, s:o, s:i}", "parameters_added",
        (json_int_t)overhead->added_parameters, "parameters_added_percent",
        real_of(overhead_per_cent(overhead->added_parameters, overhead->parameters)),
        "macs_added", (json_int_t)overhead->added_macs, "macs_added_percent",
        real_of(overhead_per_cent(overhead->added_macs, overhead->macs)),
        "layers_left_out_for_groups", overhead->grouped_layers, "layers",
        enlarged_layers_of(result), "activation_channels_added",
        overhead->activation_channels);
}

static json_t *p_grid_of(const struct result_p_grid *grid)
{
    json_t *points = json_array();

    if (grid->count == 0) {
        json_decref(points);
        return json_null();
    }
    for (int i = 0; i < grid->count; i++)
        points = append(points, json_pack("{s:o, s:o}", "p", real_of(grid->p[i]),
                                          "loss", real_of(grid->losses[i])));
    return json_pack("{s:o, s:o, s:s, s:o}", "points", points, "vertex",
                     real_of(grid->vertex), "verdict", grid->verdict, "chosen",
                     real_of(grid->chosen));
}

static json_t *phase_of(const struct result_phase *phase)
{
    return json_pack("{s:s, s:I, s:f, s:{s:I, s:I}}", "name", phase->name,
                     "evaluations", (json_int_t)phase->evaluations, "seconds",
                     phase->seconds, "work", "macs_run",
                     (json_int_t)phase->work.macs_run, "macs_avoided",
                     (json_int_t)phase->work.macs_avoided);
}

static json_t *phases_of(const struct result *result)
{
    json_t *phases = json_array();

    for (int i = 0; i < result->phase_count; i++)
        phases = append(phases, phase_of(&result->phases[i]));
    return phases;
}

static json_t *warnings_of(const struct result *result)
{
    json_t *warnings = json_array();

    for (int i = 0; i < result->warning_count; i++)
        warnings = append(warnings, json_string(result->warnings[i]));
    return warnings;
}

static json_t *data_of(const struct config_data *data, const char *hash)
{
    if (!data->file)
        return json_null();
    return json_pack("{s:s, s:s, s:I, s:i}", "file", data->file, "hash", hash,
                     "first_sample", (json_int_t)data->samples.first, "check_samples",
                     data->check);
}

/* One text a line. */
static json_t *identity_of(const struct result *result)
{
    json_t *lines = json_array();
    const char *at = result->identity;

    while (at && *at) {
        size_t length = strcspn(at, "\n");

        lines = append(lines, json_stringn(at, length));
        at += length + (at[length] == '\n');
    }
    return lines;
}

static json_t *provenance_of(const struct result *result)
{
    const struct provenance *from = &result->provenance;
    const struct config_model *model = result->model;

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:i, s:o}", "calq",
                     version(), "kernel", from->kernel, "blas", sgemm_name(), "network",
                     model->network, "network_hash", from->network_hash, "calibration",
                     data_of(&model->calibration, from->calibration_hash), "validation",
                     data_of(&model->validation, from->validation_hash),
                     "overlapping_samples", (json_int_t)from->overlapping, "ranks",
                     result->ranks, "identity", identity_of(result));
}

static json_t *rounds_of(const struct result *result)
{
    json_t *rounds = json_array();

    for (int i = 0; i < result->round_count; i++) {
        const struct result_round *round = &result->rounds[i];

        rounds = append(rounds, json_pack("{s:i, s:I, s:o, s:o}", "sweep", round->sweep,
                                          "evaluations", (json_int_t)round->evaluations,
                                          "loss", real_of(round->loss), "check_loss",
                                          real_of(round->check_loss)));
    }
    return rounds;
}

static json_t *search_of(const struct result *result)
{
    if (!result->stop_reason)
        return json_null();
    return json_pack("{s:i, s:s, s:o, s:{s:I, s:o}}", "sweeps", result->sweeps, "ended",
                     result->stop_reason, "rounds", rounds_of(result),
                     "other_directions", "evaluations",
                     (json_int_t)result->other_lines.evaluations, "gain",
                     real_of(result->other_lines.gain));
}

/* Seconds are written as they were asked for: only those that were taken may differ. */
static json_t *budget_of(const struct result_budget *budget)
{
    return json_pack("{s:I, s:f, s:b}", "evaluations", (json_int_t)budget->evaluations,
                     "at_most_seconds", budget->seconds, "spent", budget->is_spent);
}

/* What scoring candidates took and what was saved; it depends on memory, ranks and on where runs stopped. */
static json_t *work_of(const struct result *result)
{
    const struct executor_counters *work = &result->work;

    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:f}", "answers_in_journal",
        (json_int_t)result->replayed, "layers_run", (json_int_t)work->layers_run,
        "epilogues_rerun", (json_int_t)work->epilogues_rerun, "layers_reused",
        (json_int_t)work->layers_reused, "macs_run", (json_int_t)work->macs_run,
        "macs_avoided", (json_int_t)work->macs_avoided, "cpu_seconds",
        result->cpu_seconds);
}

static json_t *json_of(const struct result *result)
{
    char bits[16];

    config_bits_text(result->bits, bits);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, "
        "s:o, "
        "s:o, s:f, s:o, s:o, s:{s:b, s:b}, s:o, s:o, s:s}",
        "case", result->case_id, "model", result->model->name, "target",
        config_target_name(result->target), "bits", bits, "method",
        result->method->method->name, "loss", loss_table[result->model->loss].name,
        "float",
        json_pack("{s:o, s:o}", "calibration", score_of(&result->float_calibration),
                  "validation", score_of(&result->float_validation)),
        "start", point_of(&result->start), "result", point_of(&result->result),
        "evaluations", (json_int_t)result_evaluations(result), "steps",
        steps_of(result), "batchnorms", rows_of(result, STATE_STATISTICS, batchnorm_of),
        "p_grid", p_grid_of(&result->p_grid), "search", search_of(result), "budget",
        budget_of(&result->budget), "phases", phases_of(result), "warnings",
        warnings_of(result), "seconds", result->seconds, "work", work_of(result),
        "provenance", provenance_of(result), "treatments", "equalized",
        result->is_equalized, "bias_corrected", result->is_bias_corrected,
        "bias_shifts", rows_of(result, STATE_BIAS_SHIFT, bias_shift_of), "overhead",
        overhead_of(result), "state", result->state_checksum);
}

/* ---- the state beside it --------------------------------------------------------- */

static void tell_state(struct result_point *point)
{
    point->batchnorms_measured = state_has(&point->state, STATE_STATISTICS);
    point->biases_measured = state_has(&point->state, STATE_BIAS_SHIFT);
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

/* ---- writing --------------------------------------------------------------------- */

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
    json = json_of(result);
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

/* ---- CSV ----------------------------------------------------------------------- */

void result_write_csv_head(FILE *file)
{
    fputs("case,model,target,bits,method,loss_name,float_loss,start_loss,loss,"
          "start_check_loss,check_loss,batchnorms_measured,validation_metric,"
          "float_validation,start_validation,validation,validation_loss,evaluations,"
          "seconds,cpu_seconds,warnings\n",
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
    fprintf(file, "%ld,%.3f,%.3f,%d\n", result_evaluations(result), result->seconds,
            result->cpu_seconds, result->warning_count);
}
