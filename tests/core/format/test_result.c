#include "core/format/result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/format/result_fields.h"
#include "core/format/state_file.h"
#include "tests/support/method_settings.h"
#include "tests/support/scores.h"
#include "tests/support/scratch.h"

enum { STEPS = 2 };

static char path[64], state_path[64];
static struct quantized_tensor items[STEPS] = {
    {.is_weight = true, .name = "w", .grid = GRID_MIDRISE, .bits = 4},
    {.index = 3, .name = "relu", .grid = GRID_UNSIGNED, .bits = 8},
};
static struct placement placement = {.items = items, .count = STEPS};
static struct config_model model;
static struct config_method_settings method;
static struct result result;
static struct error err;
static json_t *json;

static int make_folder(void **state)
{
    int status = scratch_make(state);

    snprintf(path, sizeof path, "%s/result.json", scratch_folder);
    snprintf(state_path, sizeof state_path, "%s/state", scratch_folder);
    return status;
}

/* Of so many quarters of a loss. */
static struct score score_of(int quarters, int64_t samples, int64_t top1)
{
    struct score score = score_costing(quarters / 4.0, samples);

    score.labelled = score.metrics[METRIC_TOP5] = samples;
    score.known[METRIC_TOP1] = score.known[METRIC_TOP5] = samples;
    score.metrics[METRIC_TOP1] = top1;
    return score;
}

/* A min-max result with validation. */
static int start(void **state)
{
    (void)state;
    model = (struct config_model){.name = "net",
                                  .network = "net.onnx",
                                  .calibration = {"calibration.h5", {5, 12}, 2},
                                  .validation = {"validation.h5", {0, 20}, 0}};
    method = method_settings("minmax");
    result_init(&result, "net-paper-W4A8-minmax", STEPS);
    result.model = &model;
    result.target = TARGET_PAPER;
    result.bits = (struct config_bits){4, 8};
    result.method = &method;
    result.placement = &placement;
    result.float_calibration = score_of(10, 10, 9);
    result.float_validation = score_of(20, 20, 19);
    result.start.calibration = score_of(30, 10, 5);
    result.start.validation = score_of(60, 20, 10);
    result.result.calibration = score_of(20, 10, 7);
    result.result.check = score_of(5, 2, 1);
    result.result.validation = score_of(40, 20, 15);
    placement_choices(&placement, (float[]){0.5f, 0.25f}, result.start.choices);
    placement_choices(&placement, (float[]){0.1f, 1e-30f}, result.result.choices);
    *result_add_phase(&result, "") = (struct result_phase){"layer-wise", 3, 0.5, {0}};
    *result_add_phase(&result, "") = (struct result_phase){
        "joint search", 40, 1.5, {.macs_run = 20, .macs_avoided = 70}};
    result.provenance = (struct provenance){.network_hash = "0a",
                                            .calibration_hash = "0b",
                                            .validation_hash = "0c",
                                            .kernel = "scalar",
                                            .cpu = "a kind"};
    result.identity = memory_text("digits: 1\nblock: 8\n");
    result.budget = (struct result_budget){50, 7.5, true};
    result.work.macs_run = 30;
    result.work.macs_avoided = 70;
    result.replayed = 12;
    result.ranks = 3;
    result.seconds = 2.5;
    result.cpu_seconds = 1.25;
    result.cost = (struct cost){3.5, 4, 1500, 2e6};
    json = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    result_clear(&result);
    json_decref(json);
    unlink(path);
    return 0;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void write_and_read(void)
{
    if (result_write_json(&result, scratch_folder, &err) < 0)
        fail_msg("%s", err.text);
    json = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
}

/* The value under "a.b"; a number is an index. */
static json_t *at(const char *keys)
{
    char copy[128], *rest = NULL;
    json_t *value = json;

    snprintf(copy, sizeof copy, "%s", keys);
    for (char *key = strtok_r(copy, ".", &rest); key; key = strtok_r(NULL, ".", &rest))
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(key))
                                     : json_object_get(value, key);
    if (!value)
        fail_msg("there is no %s", keys);
    return value;
}

static void assert_text_at(const char *keys, const char *text)
{
    assert_string_equal(json_string_value(at(keys)), text);
}

static void assert_number_at(const char *keys, double number)
{
    assert_true(json_is_number(at(keys)));
    if (json_number_value(at(keys)) != number)
        fail_msg("%s is %.17g, not %.17g", keys, json_number_value(at(keys)), number);
}

static void json_tells_what_the_case_is_and_what_came_out(void **state)
{
    (void)state;
    write_and_read();
    assert_text_at("case", "net-paper-W4A8-minmax");
    assert_text_at("model", "net");
    assert_text_at("target", "paper");
    assert_text_at("bits", "W4A8");
    assert_text_at("method", "minmax");
    assert_number_at("float.calibration.loss", 0.25);
    assert_number_at("float.validation.top1", 0.95);
    assert_number_at("start.calibration.loss", 0.75);
    assert_number_at("result.calibration.loss", 0.5);
    assert_number_at("result.calibration.samples", 10);
    assert_number_at("result.validation.top1", 0.75);
    assert_number_at("result.validation.top5", 1);
    assert_number_at("result.check.loss", 0.625);
    assert_true(json_is_null(at("start.check")));
    assert_number_at("evaluations", 43);
    assert_number_at("phases.1.evaluations", 40);
    assert_text_at("phases.0.name", "layer-wise");
    assert_number_at("seconds", 2.5);
    assert_int_equal(json_array_size(at("warnings")), 0);
}

static void json_tells_what_the_search_took_and_gained(void **state)
{
    (void)state;
    result.stop_reason = "converged";
    result.sweeps = 1;
    result.rounds = memory_zeroed(2, sizeof *result.rounds);
    result.round_count = 2;
    result.rounds[0] = (struct result_round){0, 1, 0.75, NAN};
    result.rounds[1] = (struct result_round){1, 7, 0.5, 0.625};
    result.lines[1] = (struct result_line){6, 0.25};
    result.work = (struct executor_counters){.layers_run = 11,
                                             .epilogues_rerun = 12,
                                             .layers_reused = 13,
                                             .macs_run = 14,
                                             .macs_avoided = (int64_t)1 << 40};
    write_and_read();
    assert_text_at("search.ended", "converged");
    assert_number_at("search.rounds.1.sweep", 1);
    assert_number_at("search.rounds.1.evaluations", 7);
    assert_number_at("search.rounds.1.check_loss", 0.625);
    assert_true(json_is_null(at("search.rounds.0.check_loss")));
    assert_number_at("steps.0.evaluations", 0);
    assert_number_at("steps.1.evaluations", 6);
    assert_number_at("steps.1.gain", 0.25);
    assert_number_at("work.layers_run", 11);
    assert_number_at("work.epilogues_rerun", 12);
    assert_number_at("work.layers_reused", 13);
    assert_number_at("work.macs_avoided", 0x1p40);
    assert_number_at("phases.0.work.macs_run", 0);
    assert_number_at("phases.1.work.macs_run", 20);
    assert_number_at("phases.1.work.macs_avoided", 70);
    assert_number_at("work.cpu_seconds", 1.25);
}

static void json_has_the_statistics_of_batch_norms_that_were_measured(void **state)
{
    static const float measured[] = {0.1f, -3, 0.25f, 5};
    struct layer layers[] = {{.name = "first"}, {.name = "bn"}};
    const struct network network = {.layers = layers, .layer_count = 2};
    struct result back;

    (void)state;
    result.network = &network;
    state_set_floats(&result.result.state, STATE_STATISTICS, 1, measured, 4);
    assert_int_equal(result_write_state(&result, scratch_folder, &err), 0);
    write_and_read();
    assert_true(json_is_false(at("start.batchnorms_measured")));
    assert_true(json_is_true(at("result.batchnorms_measured")));
    assert_int_equal(json_array_size(at("batchnorms")), 1);
    assert_text_at("batchnorms.0.layer", "bn");
    assert_text_at("batchnorms.0.mean_hex", "0x1.99999ap-4 -0x1.8p+1");
    assert_text_at("batchnorms.0.variance_hex", "0x1p-2 0x1.4p+2");
    assert_true(result_read_json(&back, scratch_folder));
    assert_false(back.start.batchnorms_measured);
    assert_true(back.result.batchnorms_measured);
    result_clear(&back);
    unlink(state_path);
}

static void json_has_the_biases_that_were_measured_and_what_was_kept(void **state)
{
    static const float shifts[] = {0.1f, -3};
    struct weights weights = {.outputs = 2};
    struct layer layers[] = {
        {.kind = LAYER_ADD, .name = "sum"},
        {.kind = LAYER_CONV, .name = "conv", .weights = &weights, .weight_count = 1}};
    const struct network network = {.layers = layers, .layer_count = 2};
    struct result back;

    (void)state;
    result.network = &network;
    state_set(&result.result.state, STATE_EQUALIZED, 0, NULL, 0);
    assert_int_equal(result_write_state(&result, scratch_folder, &err), 0);
    write_and_read();
    assert_true(json_is_null(at("bias_shifts")));
    assert_true(json_is_true(at("treatments.equalized")));
    assert_true(json_is_false(at("treatments.bias_corrected")));
    json_decref(json);
    state_set_floats(&result.result.state, STATE_BIAS_SHIFT, 1, shifts, 2);
    state_set(&result.result.state, STATE_CODES, 0, &(double){7}, 1);
    assert_int_equal(result_write_state(&result, scratch_folder, &err), 0);
    write_and_read();
    assert_true(json_is_false(at("start.biases_measured")));
    assert_true(json_is_true(at("result.biases_measured")));
    assert_int_equal(json_array_size(at("bias_shifts")), 1);
    assert_text_at("bias_shifts.0.layer", "conv");
    assert_text_at("bias_shifts.0.shift_hex", "0x1.99999ap-4 -0x1.8p+1");
    assert_true(result_read_json(&back, scratch_folder));
    assert_true(back.is_equalized && back.is_bias_corrected);
    assert_true(back.result.biases_measured && !back.start.biases_measured);
    assert_true(back.result.weights_rounded && !back.start.weights_rounded);
    result_clear(&back);
    unlink(state_path);
}

static void a_result_names_the_state_that_was_written_with_it(void **state)
{
    static const float shifts[] = {0.1f, -3};
    struct layer layer = {.kind = LAYER_CONV, .name = "conv"};
    const struct network network = {.layers = &layer, .layer_count = 1};
    struct state found;
    struct result back;

    (void)state;
    result.network = &network;
    state_set_floats(&result.result.state, STATE_BIAS_SHIFT, 0, shifts, 2);
    assert_int_equal(result_write_state(&result, scratch_folder, &err), 0);
    write_and_read();
    assert_text_at("state", result.state_checksum);
    assert_true(result_read_json(&back, scratch_folder));
    assert_true(result_has_state(&back, scratch_folder));
    assert_int_equal(state_file_read(state_path, back.state_checksum, &found, &err), 0);
    assert_true(state_is_equal(&found, &result.result.state));
    state_clear(&found);
    state_drop(&result.result.state, STATE_BIAS_SHIFT);
    assert_int_equal(result_write_state(&result, scratch_folder, &err), 0);
    assert_false(result_has_state(&back, scratch_folder)); /* of another result */
    unlink(state_path);
    assert_false(result_has_state(&back, scratch_folder));
    result_clear(&back);
}

static void json_has_the_step_of_each_channel_of_weights_that_have_them(void **state)
{
    struct weights weights = {.groups = 1, .outputs = 2, .inputs = 1, .window = 1};
    struct layer layer = {.weights = &weights, .weight_count = 1};
    const struct network network = {.layers = &layer, .layer_count = 1};
    float ratios[] = {1, 0.25f};
    struct quantized_tensor others[STEPS];
    const struct placement by_channel = {.items = others, .count = STEPS};

    (void)state;
    memcpy(others, items, sizeof others);
    others[0].ratios = ratios;
    result.network = &network;
    result.placement = &by_channel;
    result.result.choices[0].step = 0.5f;
    write_and_read();
    assert_text_at("steps.0.channel_steps_hex", "0x1p-1 0x1p-3");
    assert_true(json_is_null(at("steps.1.channel_steps_hex")));
}

static void json_tells_where_the_result_comes_from(void **state)
{
    (void)state;
    write_and_read();
    assert_text_at("provenance.network", "net.onnx");
    assert_text_at("provenance.network_hash", "0a");
    assert_text_at("provenance.calibration.file", "calibration.h5");
    assert_text_at("provenance.calibration.hash", "0b");
    assert_number_at("provenance.calibration.first_sample", 5);
    assert_text_at("provenance.validation.hash", "0c");
    assert_text_at("provenance.kernel", "scalar");
    assert_number_at("provenance.ranks", 3);
    assert_number_at("provenance.overlapping_samples", 0);
    assert_text_at("provenance.identity.0", "digits: 1");
    assert_text_at("provenance.identity.1", "block: 8");
    assert_true(strlen(json_string_value(at("provenance.calq"))) > 0);
}

static void steps_and_losses_come_back_to_the_last_bit(void **state)
{
    (void)state;
    result.result.calibration =
        score_costing(ldexp((double)((INT64_C(1) << 33) / 3), -32), 1);
    write_and_read();
    assert_int_equal(json_array_size(at("steps")), STEPS);
    assert_text_at("steps.0.tensor", "w");
    assert_text_at("steps.0.kind", "weights");
    assert_text_at("steps.0.grid", "midrise");
    assert_number_at("steps.0.bits", 4);
    assert_text_at("steps.1.tensor", "relu");
    assert_text_at("steps.1.kind", "activations");
    for (int i = 0; i < STEPS; i++) {
        const json_t *step = json_array_get(at("steps"), (size_t)i);
        const char *hex = json_string_value(json_object_get(step, "step_hex"));
        const char *start_hex =
            json_string_value(json_object_get(step, "start_step_hex"));

        assert_true(strtof(hex, NULL) == result.result.choices[i].step);
        assert_true(strtof(start_hex, NULL) == result.start.choices[i].step);
        assert_true((float)json_real_value(json_object_get(step, "step")) ==
                    result.result.choices[i].step);
    }
    assert_number_at("steps.0.clip", 0.1f * 7.5);
    assert_number_at("result.calibration.loss", score_loss(&result.result.calibration));
    assert_true(strtod(json_string_value(at("result.calibration.loss_hex")), NULL) ==
                score_loss(&result.result.calibration));
}

static void what_there_is_not_is_null(void **state)
{
    static const char *const absent[] = {"p_grid",
                                         "search",
                                         "float.validation",
                                         "start.validation",
                                         "result.validation",
                                         "provenance.validation"};

    (void)state;
    model.validation.file = NULL;
    result.float_validation = result.start.validation = result.result.validation =
        (struct score){0};
    write_and_read();
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        if (!json_is_null(at(absent[i])))
            fail_msg("%s is there", absent[i]);
}

static void the_p_grid_and_the_search_of_lapq_are_told(void **state)
{
    (void)state;
    method = method_settings("lapq");
    result.p_grid = (struct result_p_grid){.count = 3,
                                           .p = {2, 3, 4},
                                           .losses = {0.5, 0.25, INFINITY},
                                           .vertex = NAN,
                                           .verdict = "opens downwards",
                                           .chosen = 3};
    result.stop_reason = "all sweeps done";
    result.sweeps = 2;
    write_and_read();
    assert_text_at("method", "lapq");
    assert_int_equal(json_array_size(at("p_grid.points")), 3);
    assert_number_at("p_grid.points.1.p", 3);
    assert_number_at("p_grid.points.1.loss", 0.25);
    assert_true(json_is_null(at("p_grid.points.2.loss")));
    assert_true(json_is_null(at("p_grid.vertex")));
    assert_text_at("p_grid.verdict", "opens downwards");
    assert_number_at("p_grid.chosen", 3);
    assert_number_at("search.sweeps", 2);
    assert_text_at("search.ended", "all sweeps done");
}

static void a_folder_that_is_missing_is_told(void **state)
{
    (void)state;
    assert_int_equal(result_write_json(&result, "/no/such/folder", &err), -1);
    assert_int_equal(err.code, EXIT_MACHINE);
    assert_non_null(strstr(err.text, "/no/such/folder/result.json"));
}

static void a_name_that_is_not_utf8_is_told_and_nothing_is_written(void **state)
{
    (void)state;
    items[1].name = "re\xfflu";
    assert_int_equal(result_write_json(&result, scratch_folder, &err), -1);
    items[1].name = "relu";
    assert_int_equal(err.code, EXIT_INTERNAL);
    assert_non_null(strstr(err.text, "a name is not UTF-8"));
    assert_int_equal(access(path, F_OK), -1);

    result_warn(&result, "tensor %s is zero everywhere", "re\xfflu");
    assert_int_equal(result_write_json(&result, scratch_folder, &err), -1);
    assert_non_null(strstr(err.text, "a name is not UTF-8"));
}

/* ---- warnings -------------------------------------------------------------------------------- */

static void a_warning_is_kept_once(void **state)
{
    (void)state;
    result_warn(&result, "tensor %s is zero everywhere", "a");
    result_warn(&result, "tensor %s is zero everywhere", "b");
    result_warn(&result, "tensor %s is zero everywhere", "a");
    write_and_read();
    assert_int_equal(json_array_size(at("warnings")), 2);
    assert_text_at("warnings.0", "tensor a is zero everywhere");
    assert_text_at("warnings.1", "tensor b is zero everywhere");
}

static void more_warnings_than_there_is_room_for_do_no_harm(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * WARNINGS_MOST; i++)
        result_warn(&result, "warning %d", i);
    assert_int_equal(result.warning_count, WARNINGS_MOST);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

/* Head and line as one text. Free with free(). */
static char *csv(void)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);

    assert_non_null(file);
    result_write_csv_head(file);
    result_write_csv_line(&result, file);
    fclose(file);
    return text;
}

static int commas(const char *text, size_t bytes)
{
    int count = 0;

    for (size_t i = 0; i < bytes; i++)
        count += text[i] == ',';
    return count;
}

static void a_csv_line_has_the_columns_of_the_head(void **state)
{
    char *text = csv();
    char *second = strchr(text, '\n') + 1;

    (void)state;
    assert_int_equal(commas(text, (size_t)(second - text)),
                     commas(second, strlen(second)));
    assert_string_equal(second, "net-paper-W4A8-minmax,net,paper,W4A8,minmax,cross_"
                                "entropy,0.25,0.75,0.5,,0.625,no,"
                                "top1,0.95,0.5,0.75,0.5,43,2.500,1.250,0,"
                                "3.5,4,1500,2000000\n");
    free(text);
}

static char *csv_of(const struct result *of)
{
    char *text;
    size_t bytes;
    FILE *file = open_memstream(&text, &bytes);

    result_write_csv_line(of, file);
    fclose(file);
    return text;
}

/* ---- reading back ---------------------------------------------------------------------------- */

static void what_is_read_back_gives_the_same_line_and_scores(void **state)
{
    struct result back;
    char *before, *after;

    (void)state;
    /* More than a double holds. */
    assert_true(score_read_loss(&result.start.calibration, "0x1000000000000001p-64"));
    result.float_calibration.not_finite = 4;
    result.result.check.compared = result.result.check.samples;
    result.result.check.known[METRIC_MAE_TO_FLOAT] = result.result.check.samples;
    assert_true(
        score_read_mean(&result.result.check, METRIC_MAE_TO_FLOAT, "0x40000000p-32"));
    result_warn(&result, "a warning");
    result.provenance.overlapping = 3;
    write_and_read();
    assert_true(result_read_json(&back, scratch_folder));
    back.model = result.model;
    back.target = result.target;
    back.bits = result.bits;
    back.method = result.method;
    before = csv_of(&result);
    after = csv_of(&back);
    assert_string_equal(before, after);
    assert_memory_equal(&back.start.calibration, &result.start.calibration,
                        sizeof back.start.calibration);
    assert_memory_equal(&back.float_calibration, &result.float_calibration,
                        sizeof back.float_calibration);
    assert_memory_equal(&back.result.check, &result.result.check,
                        sizeof back.result.check);
    assert_int_equal(back.start.check.samples, 0);
    assert_true(score_metric(&back.result.check, METRIC_MAE_TO_FLOAT) == 0.125);
    assert_string_equal(back.identity, result.identity);
    assert_string_equal(back.phases[1].name, "joint search");
    assert_string_equal(back.warnings[0], "a warning");
    assert_true(back.budget.evaluations == 50 && back.budget.seconds == 7.5 &&
                back.budget.is_spent);
    assert_true(back.work.macs_run == 30 && back.work.macs_avoided == 70);
    assert_true(back.phases[1].work.macs_run == 20 &&
                back.phases[1].work.macs_avoided == 70);
    assert_true(back.cpu_seconds == 1.25);
    assert_true(back.replayed == 12 && back.ranks == 3);
    assert_int_equal(back.provenance.overlapping, 3);
    free(before);
    free(after);
    result_clear(&back);
}

/* Gives what a file holds; free it. */
static char *content(void)
{
    enum { MOST = 1 << 16 };
    char *text = memory_zeroed(MOST, 1);
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    assert_in_range(fread(text, 1, MOST, file), 1, MOST - 1);
    fclose(file);
    return text;
}

/* Lends to a result what its caller lends. */
static void lend(struct result *to)
{
    to->model = result.model;
    to->target = result.target;
    to->bits = result.bits;
    to->method = result.method;
    to->network = result.network;
    to->placement = result.placement;
    for (int i = 0; i < STEPS; i++) {
        to->result.choices[i].bits = result.result.choices[i].bits;
        to->result.choices[i].grid = result.result.choices[i].grid;
    }
}

static void what_is_read_is_written_with_the_same_bytes(void **state)
{
    static struct result_round rounds[] = {{0, 1, 0.75, NAN}, {1, 7, 0.1, 0.625}};
    char *first, *second;
    struct result back;

    (void)state;
    result.p_grid = (struct result_p_grid){.count = 3,
                                           .p = {2, 3, 4},
                                           .losses = {0.5, 0.3, INFINITY},
                                           .vertex = NAN,
                                           .verdict = "opens downwards",
                                           .chosen = 3};
    result.stop_reason = "converged";
    result.sweeps = 2;
    result.rounds = memory_copy(rounds, sizeof rounds);
    result.round_count = 2;
    result.other_lines = (struct result_line){4, 0.1};
    result.lines[1] = (struct result_line){6, 0.3};
    result.result.check.compared = result.result.check.samples;
    result.is_equalized = true;
    result.work.layers_run = 11;
    result_warn(&result, "a warning");
    snprintf(result.state_checksum, sizeof result.state_checksum, "0d");
    write_and_read();
    first = content();
    assert_true(result_read_json(&back, scratch_folder));
    lend(&back);
    assert_int_equal(result_write_json(&back, scratch_folder, &err), 0);
    second = content();
    assert_string_equal(first, second);
    free(first);
    free(second);
    result_clear(&back);
}

/* Metrics are explained where they are configured. */
static bool is_of_metric(const char *key)
{
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        if (strncmp(key, metric_table[metric].name,
                    strlen(metric_table[metric].name)) == 0)
            return true;
    return false;
}

/* Every field that is written is explained. */
static void assert_explained(const json_t *value, const char *help)
{
    const char *key;
    const json_t *inside;

    json_object_foreach((json_t *)value, key, inside)
    {
        char line[64];

        snprintf(line, sizeof line, " %s: ", key);
        if (!strstr(help, line) && !is_of_metric(key))
            fail_msg("%s is not explained", key);
        if (strcmp(key, "calibration") != 0 && strcmp(key, "validation") != 0)
            assert_explained(inside, help);
    }
}

static void every_field_is_explained(void **state)
{
    char *help = NULL;
    size_t bytes;
    FILE *file = open_memstream(&help, &bytes);

    (void)state;
    fputc(' ', file);
    result_fields_help(file);
    fclose(file);
    for (char *end = help; (end = strchr(end, '\n')); end++)
        *end = ' ';
    write_and_read();
    assert_explained(json, help);
    free(help);
}

static void what_is_no_whole_result_is_not_read(void **state)
{
    static const char *const texts[] = {"", "{", "[]", "{\"case\": 3}",
                                        "{\"case\": \"a\"}"};
    struct result back;

    (void)state;
    assert_false(result_read_json(&back, scratch_folder));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        FILE *file = fopen(path, "w");

        fputs(texts[i], file);
        fclose(file);
        assert_false(result_read_json(&back, scratch_folder));
    }
}

/* Whatever is missing: no crash, and no half a result. */
static void a_result_that_lacks_anything_is_not_read(void **state)
{
    static const char *const keys[] = {"float",  "start",      "result",
                                       "phases", "budget",     "warnings",
                                       "work",   "provenance", "treatments"};
    struct result back;

    (void)state;
    write_and_read();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_t *less = json_deep_copy(json);

        json_object_del(less, keys[i]);
        assert_int_equal(json_dump_file(less, path, 0), 0);
        json_decref(less);
        assert_false(result_read_json(&back, scratch_folder));
    }
}

static void csv_shows_the_metric_of_the_model(void **state)
{
    char *text;

    (void)state;
    model.metric = METRIC_TOP5;
    text = csv();
    assert_non_null(strstr(text, ",top5,1,1,1,"));
    free(text);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(json_tells_what_the_case_is_and_what_came_out),
        TEST(json_tells_what_the_search_took_and_gained),
        TEST(json_has_the_statistics_of_batch_norms_that_were_measured),
        TEST(json_has_the_biases_that_were_measured_and_what_was_kept),
        TEST(a_result_names_the_state_that_was_written_with_it),
        TEST(json_has_the_step_of_each_channel_of_weights_that_have_them),
        TEST(json_tells_where_the_result_comes_from),
        TEST(steps_and_losses_come_back_to_the_last_bit),
        TEST(what_there_is_not_is_null),
        TEST(the_p_grid_and_the_search_of_lapq_are_told),
        TEST(a_folder_that_is_missing_is_told),
        TEST(a_name_that_is_not_utf8_is_told_and_nothing_is_written),
        TEST(a_warning_is_kept_once),
        TEST(more_warnings_than_there_is_room_for_do_no_harm),
        TEST(a_csv_line_has_the_columns_of_the_head),
        TEST(what_is_read_back_gives_the_same_line_and_scores),
        TEST(what_is_read_is_written_with_the_same_bytes),
        TEST(every_field_is_explained),
        TEST(what_is_no_whole_result_is_not_read),
        TEST(a_result_that_lacks_anything_is_not_read),
        TEST(csv_shows_the_metric_of_the_model),
    };

    return cmocka_run_group_tests_name("result", tests, make_folder, scratch_remove);
}
