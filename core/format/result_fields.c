#include "core/format/result_fields.h"

#include "core/base/memory.h"
#include "core/base/version.h"
#include "core/format/result_lists.h"
#include "core/format/result_row.h"

#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#define AT RESULT_AT
#define ROWS RESULT_ROWS

/* ---- the rows ----------------------------------------------------------------------------- */

static const struct result_field work_rows[] = {
    {"macs_run", FIELD_COUNT, AT(executor_counters, macs_run), "multiply-adds done"},
    {"macs_avoided", FIELD_COUNT, AT(executor_counters, macs_avoided),
     "multiply-adds that whole evaluations would have done beside"},
    {"macs_dropped", FIELD_COUNT, AT(executor_counters, macs_dropped),
     "multiply-adds on samples that dropped candidates were not evaluated on",
     .may_lack = true},
};
static const struct result_fields work = {ROWS(work_rows)};

static const struct result_field phase_rows[] = {
    {"name", FIELD_CHARS, AT(result_phase, name), "what was done"},
    {"evaluations", FIELD_COUNT, AT(result_phase, evaluations), "candidates scored"},
    {"seconds", FIELD_REAL, AT(result_phase, seconds), "what it took"},
    {"work", FIELD_OBJECT, AT(result_phase, work), "what scoring candidates took",
     .fields = &work, .may_lack = true},
};
static const struct result_fields phases = {
    ROWS(phase_rows), .stride = sizeof(struct result_phase),
    .count_at = offsetof(struct result, phase_count)};

/* ---- scores ------------------------------------------------------------------------------- */

static bool has_samples(const void *at)
{
    const struct score *score = at;

    return score->samples > 0;
}

static json_t *loss_of(const void *at)
{
    return result_row_real(score_loss(at));
}

static json_t *loss_hex_of(const void *at)
{
    return result_row_hex(score_loss(at));
}

static json_t *loss_sum_of(const void *at)
{
    char text[SCORE_TEXT_MOST];

    score_loss_text(at, text);
    return json_string(text);
}

static bool read_loss_sum(const json_t *value, void *at)
{
    return json_is_string(value) && score_read_loss(at, json_string_value(value));
}

static const struct result_field score_rows[] = {
    {"loss", FIELD_OTHER, .meaning = "the mean loss; null: infinite", .write = loss_of},
    {"loss_hex", FIELD_OTHER, .meaning = "the same to the last bit",
     .write = loss_hex_of},
    {"loss_sum", FIELD_OTHER, .meaning = "the sum of losses without any rounding",
     .write = loss_sum_of, .read = read_loss_sum},
    {"top1, top5, ...", FIELD_METRICS,
     .meaning = "each metric; null: it is not known of these samples; of a mean its "
                "exact sum, too; of images and groups how many there are"},
    {"samples", FIELD_COUNT, AT(score, samples), "how many were scored"},
    {"predictions", FIELD_COUNT, AT(score, predictions),
     "how many predictions were: one a sample, or one a place that is not ignored",
     .may_lack = true},
    {"labelled", FIELD_COUNT, AT(score, labelled), "how many of these have a class",
     .may_lack = true},
    {"not_finite", FIELD_COUNT, AT(score, not_finite),
     "how many had outputs that are not finite", .may_lack = true},
};
static const struct result_fields score = {ROWS(score_rows), .is_there = has_samples};

static const struct result_field float_rows[] = {
    {"calibration", FIELD_OBJECT, AT(result, float_calibration),
     "of the samples of the search", .fields = &score},
    {"validation", FIELD_OBJECT, AT(result, float_validation),
     "of the validation samples; null: there are none", .fields = &score},
};
static const struct result_fields in_float = {ROWS(float_rows)};

static const struct result_field point_rows[] = {
    {"batchnorms_measured", FIELD_FLAG, AT(result_point, batchnorms_measured),
     "whether statistics of batch norms were measured again", .may_lack = true},
    {"biases_measured", FIELD_FLAG, AT(result_point, biases_measured),
     "whether biases were corrected by measured outputs", .may_lack = true},
    {"weights_rounded", FIELD_FLAG, AT(result_point, weights_rounded),
     "whether weights have codes other than the nearest, which are in the state",
     .may_lack = true},
    {"calibration", FIELD_OBJECT, AT(result_point, calibration),
     "of the samples of the search", .fields = &score},
    {"check", FIELD_OBJECT, AT(result_point, check),
     "of the calibration samples held out; null: there are none", .fields = &score},
    {"validation", FIELD_OBJECT, AT(result_point, validation),
     "of the validation samples; null: there are none", .fields = &score},
};
static const struct result_fields point = {ROWS(point_rows)};

/* ---- the search --------------------------------------------------------------------------- */

static bool has_points(const void *at)
{
    const struct result_p_grid *grid = at;

    return grid->count > 0;
}

static json_t *points_of(const void *at)
{
    const struct result_p_grid *grid = at;
    json_t *points = json_array();

    for (int i = 0; i < grid->count; i++)
        points = result_row_append(
            points, json_pack("{s:o, s:o}", "p", result_row_real(grid->p[i]), "loss",
                              result_row_real(grid->losses[i])));
    return points;
}

static double number_at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

static bool read_points(const json_t *list, void *at)
{
    struct result_p_grid *grid = at;
    const json_t *point;
    size_t i;

    if (json_array_size(list) > P_COUNT_MOST)
        return false;
    json_array_foreach(list, i, point)
    {
        grid->p[i] = number_at(point, "p");
        grid->losses[i] = number_at(point, "loss");
        grid->count++;
    }
    return true;
}

static const struct result_field p_grid_rows[] = {
    {"points", FIELD_OTHER,
     .meaning = "each p, and the loss of its steps; null: infinite", .write = points_of,
     .read = read_points},
    {"vertex", FIELD_REAL, AT(result_p_grid, vertex),
     "where the parabola through them is lowest; null: nowhere"},
    {"verdict", FIELD_TEXT, AT(result_p_grid, verdict),
     "why the vertex was taken or not"},
    {"chosen", FIELD_REAL, AT(result_p_grid, chosen), "p of the start"},
};
static const struct result_fields p_grid = {ROWS(p_grid_rows), .is_there = has_points};

static bool were_chosen(const void *at)
{
    const struct result *result = at;

    return result->mixed.budget != NULL;
}

static const struct result_field mixed_point_rows[] = {
    {"cost", FIELD_REAL, AT(result_mixed_point, cost),
     "in what the budget is given in"},
    {"predicted", FIELD_REAL, AT(result_mixed_point, predicted),
     "the loss by singles and pairs; null: it was not asked for"},
    {"loss", FIELD_REAL, AT(result_mixed_point, loss),
     "the loss, with layers rounded alone; null: it was not evaluated"},
    {"rounded_loss", FIELD_REAL, AT(result_mixed_point, rounded),
     "the loss with each layer rounded behind those before it; null: they were not"},
    {"proven", FIELD_FLAG, AT(result_mixed_point, is_proven),
     "whether nothing within the cost has less predicted loss"},
    {"bits", FIELD_TEXT, AT(result_mixed_point, bits), "of each group, in order"},
};
static const struct result_fields mixed_point = {ROWS(mixed_point_rows)};
static const struct result_fields mixed_tried = {
    ROWS(mixed_point_rows), .stride = sizeof(struct result_mixed_point),
    .count_at = offsetof(struct result, mixed.tried_count)};
static const struct result_fields mixed_drawn = {
    ROWS(mixed_point_rows), .stride = sizeof(struct result_mixed_point),
    .count_at = offsetof(struct result, mixed.drawn_count)};
static const struct result_fields mixed_front = {
    ROWS(mixed_point_rows), .stride = sizeof(struct result_mixed_point),
    .count_at = offsetof(struct result, mixed.front_count)};

static const struct result_field mixed_rows[] = {
    {"budget", FIELD_TEXT, AT(result, mixed.budget), "what is limited"},
    {"limit", FIELD_REAL, AT(result, mixed.limit), "by how much"},
    {"groups", FIELD_TEXT, AT(result, mixed.groups),
     "tensors that have their bits together, by the first of each"},
    {"base_loss", FIELD_REAL, AT(result, mixed.base_loss),
     "of the most bits, from which singles and pairs count"},
    {"chosen", FIELD_OBJECT, AT(result, mixed.chosen), "the bits of the start",
     .fields = &mixed_point},
    {"tried", FIELD_LIST, AT(result, mixed.tried), "whose loss was evaluated",
     .fields = &mixed_tried},
    {"front", FIELD_LIST, AT(result, mixed.front),
     "the least predicted loss at each cost", .fields = &mixed_front},
    {"drawn", FIELD_LIST, AT(result, mixed.drawn), "drawn at random",
     .fields = &mixed_drawn},
    {"correlation_by_pairs", FIELD_REAL, AT(result, mixed.by_pairs),
     "of the ranks of their predicted and their true losses; null: none were drawn"},
    {"correlation_by_singles", FIELD_REAL, AT(result, mixed.by_singles),
     "the same where singles alone predict"},
};
static const struct result_fields mixed = {ROWS(mixed_rows), .is_there = were_chosen};

static const struct result_field round_rows[] = {
    {"sweep", FIELD_INT, AT(result_round, sweep), "0: the start"},
    {"evaluations", FIELD_COUNT, AT(result_round, evaluations), "until then"},
    {"loss", FIELD_REAL, AT(result_round, loss), "the lowest until then"},
    {"check_loss", FIELD_REAL, AT(result_round, check_loss),
     "of the same steps on the samples held out; null: there are none"},
};
static const struct result_fields rounds = {
    ROWS(round_rows), .stride = sizeof(struct result_round),
    .count_at = offsetof(struct result, round_count)};

static const struct result_field line_rows[] = {
    {"evaluations", FIELD_COUNT, AT(result_line, evaluations), "candidates scored"},
    {"gain", FIELD_REAL, AT(result_line, gain), "by which the loss fell"},
};
static const struct result_fields line = {ROWS(line_rows)};

static bool was_searched(const void *at)
{
    const struct result *result = at;

    return result->stop_reason != NULL;
}

static const struct result_field search_rows[] = {
    {"sweeps", FIELD_INT, AT(result, sweeps), "over all steps"},
    {"ended", FIELD_TEXT, AT(result, stop_reason), "why it ended"},
    {"rounds", FIELD_LIST, AT(result, rounds), "after each sweep", .fields = &rounds},
    {"other_directions", FIELD_OBJECT, AT(result, other_lines),
     "what was searched along several steps at once", .fields = &line},
};
static const struct result_fields search = {ROWS(search_rows),
                                            .is_there = was_searched};

static const struct result_field budget_rows[] = {
    {"evaluations", FIELD_COUNT, AT(result_budget, evaluations), "0: no limit"},
    {"at_most_seconds", FIELD_REAL, AT(result_budget, seconds), "0: no limit",
     .may_lack = true},
    {"spent", FIELD_FLAG, AT(result_budget, is_spent),
     "whether a limit ended the search", .may_lack = true},
};
static const struct result_fields budget = {ROWS(budget_rows)};

static const struct result_field all_work_rows[] = {
    {"answers_in_journal", FIELD_COUNT, AT(result, replayed),
     "answers that earlier runs had found"},
    {"layers_run", FIELD_COUNT, AT(result, work.layers_run), "layers computed",
     .may_lack = true},
    {"epilogues_rerun", FIELD_COUNT, AT(result, work.epilogues_rerun),
     "layers of which only the rounding was repeated", .may_lack = true},
    {"layers_reused", FIELD_COUNT, AT(result, work.layers_reused),
     "layers taken from memory", .may_lack = true},
    {"layers_dropped", FIELD_COUNT, AT(result, work.layers_dropped),
     "layers of blocks that dropped candidates were not evaluated on",
     .may_lack = true},
    {"macs_run", FIELD_COUNT, AT(result, work.macs_run), "multiply-adds done",
     .may_lack = true},
    {"macs_avoided", FIELD_COUNT, AT(result, work.macs_avoided),
     "multiply-adds that whole evaluations would have done beside", .may_lack = true},
    {"macs_dropped", FIELD_COUNT, AT(result, work.macs_dropped),
     "multiply-adds on samples that dropped candidates were not evaluated on",
     .may_lack = true},
    {"cpu_seconds", FIELD_REAL, AT(result, cpu_seconds), "of all ranks",
     .may_lack = true},
};
static const struct result_fields all_work = {ROWS(all_work_rows)};

/* ---- where it comes from ------------------------------------------------------------------ */

static json_t *version_of(const void *result)
{
    (void)result;
    return json_string(version());
}

static bool read_version(const json_t *value, void *at)
{
    struct result *result = at;

    if (json_is_string(value))
        result->provenance.calq = result_keep(result, json_string_value(value));
    return true;
}

static json_t *network_of(const void *at)
{
    const struct result *result = at;

    return json_string(result->model->network);
}

static json_t *data_of(const struct config_data *data, const char *hash)
{
    if (!data->file)
        return json_null();
    return json_pack("{s:s, s:s, s:I, s:i}", "file", data->file, "hash", hash,
                     "first_sample", (json_int_t)data->samples.first, "check_samples",
                     data->check);
}

static json_t *calibration_of(const void *at)
{
    const struct result *result = at;

    return data_of(&result->model->calibration, result->provenance.calibration_hash);
}

static json_t *validation_of(const void *at)
{
    const struct result *result = at;

    return data_of(&result->model->validation, result->provenance.validation_hash);
}

static void read_hash(const json_t *data, char hash[HASH_TEXT_BYTES])
{
    const char *text = json_string_value(json_object_get(data, "hash"));

    snprintf(hash, HASH_TEXT_BYTES, "%s", text ? text : "");
}

static bool read_calibration(const json_t *data, void *at)
{
    struct result *result = at;

    read_hash(data, result->provenance.calibration_hash);
    return true;
}

static bool read_validation(const json_t *data, void *at)
{
    struct result *result = at;

    read_hash(data, result->provenance.validation_hash);
    return true;
}

static json_t *identity_of(const void *from)
{
    const struct result *result = from;
    json_t *lines = json_array();
    const char *at = result->identity;

    while (at && *at) {
        size_t length = strcspn(at, "\n");

        lines = result_row_append(lines, json_stringn(at, length));
        at += length + (at[length] == '\n');
    }
    return lines;
}

static bool read_identity(const json_t *lines, void *at)
{
    struct result *result = at;
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

static const struct result_field provenance_rows[] = {
    {"calq", FIELD_OTHER, .meaning = "its version", .write = version_of,
     .read = read_version},
    {"kernel", FIELD_TEXT, AT(result, provenance.kernel), "the instruction set",
     .may_lack = true},
    {"cpu", FIELD_TEXT, AT(result, provenance.cpu),
     "the kind of CPU of the first rank; with \"and others\" where ranks differ",
     .may_lack = true},
    {"network", FIELD_OTHER, .meaning = "the ONNX file", .write = network_of},
    {"network_hash", FIELD_CHARS, AT(result, provenance.network_hash), "of its content",
     .may_lack = true},
    {"calibration", FIELD_OTHER,
     .meaning = "the file, the hash of its content, the first sample, and how many are "
                "held out",
     .write = calibration_of, .read = read_calibration},
    {"validation", FIELD_OTHER, .meaning = "the same; null: there is none",
     .write = validation_of, .read = read_validation},
    {"overlapping_samples", FIELD_COUNT, AT(result, provenance.overlapping),
     "samples in both"},
    {"ranks", FIELD_INT, AT(result, ranks), "that worked on the case"},
    {"identity", FIELD_OTHER, .meaning = "all that decides the digits, a line each",
     .write = identity_of, .read = read_identity},
};
static const struct result_fields provenance = {ROWS(provenance_rows)};

static const struct result_field treatment_rows[] = {
    {"equalized", FIELD_FLAG, AT(result, is_equalized),
     "whether weights were equalised", .may_lack = true},
    {"bias_corrected", FIELD_FLAG, AT(result, is_bias_corrected),
     "whether a bias correction was kept", .may_lack = true},
};
static const struct result_fields treatments = {ROWS(treatment_rows)};

/* ---- the whole ---------------------------------------------------------------------------- */

static json_t *case_of(const void *at)
{
    const struct result *result = at;

    return json_string(result->case_id);
}

static json_t *model_of(const void *at)
{
    const struct result *result = at;

    return json_string(result->model->name);
}

static json_t *target_of(const void *at)
{
    const struct result *result = at;

    return json_string(config_target_name(result->target));
}

static json_t *bits_of(const void *at)
{
    const struct result *result = at;
    char bits[16];

    config_bits_text(result->bits, bits);
    return json_string(bits);
}

static json_t *method_of(const void *at)
{
    const struct result *result = at;

    return json_string(result->method->method->name);
}

static json_t *loss_name_of(const void *at)
{
    const struct result *result = at;

    return json_string(loss_table[result->model->loss].name);
}

static json_t *evaluations_of(const void *result)
{
    return json_integer(result_evaluations(result));
}

static json_t *warnings_of(const void *at)
{
    const struct result *result = at;
    json_t *warnings = json_array();

    for (int i = 0; i < result->warning_count; i++)
        warnings = result_row_append(warnings, json_string(result->warnings[i]));
    return warnings;
}

static bool read_warnings(const json_t *warnings, void *result)
{
    json_t *value;
    size_t i;

    json_array_foreach(warnings, i, value) if (json_is_string(value))
        result_warn(result, "%s", json_string_value(value));
    return json_is_array(warnings);
}

static const struct result_field cost_rows[] = {
    {"weight_bits", FIELD_REAL, AT(cost, weight_bits),
     "of weights, on average; a float has 32"},
    {"activation_bits", FIELD_REAL, AT(cost, activation_bits),
     "of what layers with weights multiply, on average"},
    {"weight_bytes", FIELD_REAL, AT(cost, weight_bytes),
     "of codes and floats of weights, of steps, zero-points, and what is added to or "
     "scales "
     "products"},
    {"bit_operations", FIELD_REAL, AT(cost, bit_operations),
     "multiply-adds of a sample x bits of weights x bits of activations"},
};
static const struct result_fields cost = {ROWS(cost_rows)};

static const struct result_field result_rows[] = {
    {"case", FIELD_OTHER, .meaning = "its name", .write = case_of},
    {"model", FIELD_OTHER, .meaning = "its name in the configuration",
     .write = model_of},
    {"target", FIELD_OTHER, .meaning = "what the result runs on", .write = target_of},
    {"bits", FIELD_OTHER, .meaning = "of weights and activations", .write = bits_of},
    {"method", FIELD_OTHER, .meaning = "how steps were found", .write = method_of},
    {"loss", FIELD_OTHER, .meaning = "what was minimised", .write = loss_name_of},
    {"float", FIELD_OBJECT, .meaning = "scores of the float network",
     .fields = &in_float},
    {"start", FIELD_OBJECT, AT(result, start), "where the search began",
     .fields = &point},
    {"result", FIELD_OBJECT, AT(result, result), "the best that was found",
     .fields = &point},
    {"cost", FIELD_OBJECT, AT(result, cost), "of the result, in bits and bytes",
     .fields = &cost, .may_lack = true},
    {"evaluations", FIELD_OTHER, .meaning = "candidates scored, in all phases",
     .write = evaluations_of},
    {"steps", FIELD_OTHER,
     .meaning =
         "of each quantized tensor: its name, kind, grid, bits, the override that "
         "decided them (null: they are those of the case), zero-point (the "
         "stored code of zero, of asymmetric grids), step, clip (step "
         "times levels), the step of the start, the steps of output channels that "
         "have their own, and what searching it took and gained",
     .write = result_lists_steps, .read = result_lists_read_steps},
    {"kept_in_float", FIELD_OTHER,
     .meaning =
         "layers that are not quantized, with their operators, and why: the entry of "
         "keep_float or overrides, not quantizable, or bits of the result: the "
         "method has found them so",
     .write = result_lists_kept},
    {"batchnorms", FIELD_OTHER,
     .meaning = "mean and variance of each batch norm; null: the trained ones",
     .write = result_lists_batchnorms},
    {"p_grid", FIELD_OBJECT, AT(result, p_grid),
     "how the start was chosen; null: otherwise", .fields = &p_grid, .may_lack = true},
    {"mixed", FIELD_OBJECT, .meaning = "how bits were chosen; null: they were not",
     .fields = &mixed, .may_lack = true},
    {"search", FIELD_OBJECT, .meaning = "over all steps together; null: there was none",
     .fields = &search, .may_lack = true},
    {"budget", FIELD_OBJECT, AT(result, budget), "what the search was allowed",
     .fields = &budget},
    {"phases", FIELD_LIST, AT(result, phases), "one after the other",
     .fields = &phases},
    {"warnings", FIELD_OTHER, .meaning = "sentences for people", .write = warnings_of,
     .read = read_warnings},
    {"seconds", FIELD_REAL, AT(result, seconds), "of the case, in all its runs",
     .may_lack = true},
    {"work", FIELD_OBJECT,
     .meaning = "what all took and saved; another number each time",
     .fields = &all_work},
    {"provenance", FIELD_OBJECT, .meaning = "where the result comes from",
     .fields = &provenance},
    {"treatments", FIELD_OBJECT, .meaning = "what was done to weights",
     .fields = &treatments},
    {"bias_shifts", FIELD_OTHER,
     .meaning = "what was added to the biases of each layer; null: nothing",
     .write = result_lists_bias_shifts},
    {"overhead", FIELD_OTHER,
     .meaning =
         "what splitting costs in parameters and multiply-adds, and of which layers' "
         "weights; null: nothing is split",
     .write = result_lists_overhead},
    {"state", FIELD_CHARS, AT(result, state_checksum),
     "checksum of the file `state`, what is in force beside the network",
     .may_lack = true},
};
static const struct result_fields whole = {ROWS(result_rows)};

json_t *result_to_json(const struct result *result)
{
    return result_row_write(&whole, result);
}

bool result_from_json(struct result *result, const json_t *json)
{
    return result_row_read(&whole, json, result, result);
}

void result_fields_help(FILE *file)
{
    result_row_help(&whole, 0, file);
}
