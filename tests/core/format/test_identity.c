#include "core/format/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/named_settings.h"
#include "tests/support/method_settings.h"

static struct config config;
static struct identity_parts parts;
static char *text;
static struct error err;

static int start(void **state)
{
    static char *keep[] = {"first", "block*"};
    struct config_model *model = &config.models[0];

    (void)state;
    config = (struct config){.name = "run",
                             .out = "runs/run",
                             .seed = 7,
                             .block = 8,
                             .memory_bytes = 1 << 30,
                             .kernel = "auto"};
    *model = (struct config_model){
        .name = "net",
        .network = "net.onnx",
        .loss = LOSS_KL_TO_FLOAT,
        .keep_float = {keep[0], keep[1]},
        .keep_float_count = 2,
        .calibration = {.file = "c.h5", .samples = {0, 512, true}, .check = 100},
        .validation = {.file = "v.h5", .samples = {10, 5, false}},
        .inputs = {{{.data = "/images", .constants = {.scale = NAN}}}, 1},
        .labels = "/labels",
        .constants = {.scale = NAN, .mean = {0.5, 0.25}, .mean_count = 2},
    };
    config.named = &named_settings;
    config.methods[0] = method_settings("{name: lapq, sweeps: 8}");
    parts = (struct identity_parts){.config = &config,
                                    .model = model,
                                    .target = TARGET_ONNX,
                                    .bits = {4, 8},
                                    .method = &config.methods[0],
                                    .network_hash = "0a",
                                    .calibration_hash = "0b",
                                    .validation_hash = "0c"};
    text = identity_text(&parts);
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(text);
    return 0;
}

static void has_line(const char *line)
{
    char whole[200];

    snprintf(whole, sizeof whole, "\n%s\n", line);
    if (!strstr(text, whole))
        fail_msg("there is no line `%s` in\n%s", line, text);
}

static void it_says_all_that_decides_digits(void **state)
{
    (void)state;
    assert_int_equal(strncmp(text, "digits: 7\n", 10), 0);
    has_line("network: content 0a");
    has_line("calibration: content 0b");
    has_line("validation: content 0c");
    has_line("seed: 7");
    has_line("block: 8");
    has_line("model.loss: kl_to_float");
    has_line("model.keep_float: [first, block*]");
    has_line("model.calibration.samples: 512");
    has_line("model.calibration.check: 100");
    has_line("model.validation.samples: 10..14");
    has_line("model.inputs: /images");
    has_line("model.mean: [0.5, 0.25]");
    has_line("target: onnx");
    has_line("bits: W4A8");
    has_line("method.name: lapq");
    has_line("method.p: [2, 4]");
    has_line("method.sweeps: 8");
}

static void it_names_several_inputs_and_what_is_done_to_them(void **state)
{
    struct config_inputs *inputs = &config.models[0].inputs;

    (void)state;
    *inputs = (struct config_inputs){
        {{.name = "user", .data = "/u", .constants = {.scale = NAN}},
         {.name = "item", .data = "/i", .constants = {.scale = 0.5}}},
        2};
    free(text);
    text = identity_text(&parts);
    has_line("model.inputs.0: user of /u");
    has_line("model.inputs.1: item of /i");
    has_line("model.inputs.1.scale: 0.5");
    assert_null(strstr(text, "model.inputs: "));
    assert_null(strstr(text, "model.inputs.0.scale"));
}

/* So that what was found without any goes on. */
static void overrides_are_told_where_there_are_some(void **state)
{
    struct config_model *model = &config.models[0];

    (void)state;
    assert_null(strstr(text, "overrides"));
    model->overrides[0] = (struct override){.match = "layer*", .bits = {4, 0}};
    model->overrides[1] = (struct override){.match = "fc", .keeps_float = OVERRIDE_YES};
    model->override_count = 2;
    free(text);
    text = identity_text(&parts);
    has_line("model.overrides.0.match: layer*");
    has_line("model.overrides.0.bits: W4");
    has_line("model.overrides.1.match: fc");
    has_line("model.overrides.1.keep_float: true");
    assert_null(strstr(text, "overrides.0.keep_float"));
    assert_null(strstr(text, "overrides.1.bits"));
}

/* What it says now about the same case. */
static void changes_to(const char *written_with, const char *this_run_has)
{
    char *now = identity_text(&parts);
    char sentence[400];

    snprintf(
        sentence, sizeof sentence,
        "x/journal was written with `%s`, this run has `%s`; choose another `out`, or "
        "remove it",
        written_with, this_run_has);
    assert_int_equal(identity_compare("x/journal", text, now, &err), -1);
    assert_string_equal(err.text, sentence);
    free(now);
}

static void stays_the_same(void)
{
    char *now = identity_text(&parts);

    assert_string_equal(text, now);
    assert_int_equal(identity_compare("x/journal", text, now, &err), 0);
    free(now);
}

static void what_never_changes_a_digit_is_no_part_of_it(void **state)
{
    (void)state;
    config.name = "other";
    config.out = "other";
    config.memory_bytes = 0;
    config.kernel = "scalar";
    config.overlap = OVERLAP_ALLOW;
    config.max_evaluations = 20;
    config.max_seconds = config.run_seconds = config.stuck_after = 10;
    config.exclude_count = 1;
    config.models[0].name = "other";
    config.models[0].network = "moved/net.onnx";
    config.models[0].calibration.file = "moved/c.h5";
    config.models[0].metric = METRIC_TOP5;
    stays_the_same();
}

static void a_setting_that_differs_is_told(void **state)
{
    (void)state;
    config.methods[0] = method_settings("{name: lapq, sweeps: 20}");
    changes_to("method.sweeps: 8", "method.sweeps: 20");
    assert_int_equal(err.code, EXIT_CONFIG);
    config.block = 16; /* comes first */
    changes_to("block: 8", "block: 16");
}

static void a_file_with_other_content_is_told(void **state)
{
    (void)state;
    parts.calibration_hash = "0d";
    changes_to("calibration: content 0b", "calibration: content 0d");
    assert_int_equal(err.code, EXIT_INPUT);
}

static void a_setting_that_one_side_lacks_is_told(void **state)
{
    char *now;

    (void)state;
    parts.validation_hash = "";
    config.models[0].validation.file = NULL;
    now = identity_text(&parts);
    assert_int_equal(identity_compare("x", text, now, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_non_null(strstr(err.text,
                           "x was written with `validation: content 0c`, which "
                           "this run does not have"));
    assert_int_equal(identity_compare("x", now, text, &err), -1);
    assert_non_null(strstr(err.text, "x was written without `validation: content 0c`"));
    free(now);
}

static void settings_of_other_methods_are_no_part_of_it(void **state)
{
    (void)state;
    config.methods[0] = method_settings("mmse");
    free(text);
    text = identity_text(&parts);
    assert_null(strstr(text, "method.sweeps"));
    memset(config.methods[0].own + sizeof(int), 1, 8); /* of none of mmse's settings */
    stays_the_same();
}

static void other_digits_of_calq_are_told(void **state)
{
    (void)state;
    assert_int_equal(identity_compare("x", "digits: 1\n", "digits: 2\n", &err), -1);
    assert_int_equal(err.code, EXIT_CONFIG);
    assert_non_null(strstr(err.text, "`digits: 1`, this run has `digits: 2`"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(overrides_are_told_where_there_are_some, start,
                                        end),
        cmocka_unit_test_setup_teardown(
            it_names_several_inputs_and_what_is_done_to_them, start, end),
        cmocka_unit_test_setup_teardown(it_says_all_that_decides_digits, start, end),
        cmocka_unit_test_setup_teardown(what_never_changes_a_digit_is_no_part_of_it,
                                        start, end),
        cmocka_unit_test_setup_teardown(a_setting_that_differs_is_told, start, end),
        cmocka_unit_test_setup_teardown(a_file_with_other_content_is_told, start, end),
        cmocka_unit_test_setup_teardown(a_setting_that_one_side_lacks_is_told, start,
                                        end),
        cmocka_unit_test_setup_teardown(settings_of_other_methods_are_no_part_of_it,
                                        start, end),
        cmocka_unit_test(other_digits_of_calq_are_told),
    };

    return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
