#include "core/case/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "coordinator/methods/lapq.h"
#include "coordinator/methods/layerwise_methods.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct config config;
static struct cases cases;
static struct error err;

/* One model, one target, one pair of bits, min-max. */
static int start(void **state)
{
    (void)state;
    config = (struct config){
        .models = {{.name = "a"}},
        .model_count = 1,
        .targets = {TARGET_PAPER},
        .target_count = 1,
        .bits = {{4, 4}},
        .bits_count = 1,
        .methods = {{.method = &minmax_method.known}},
        .method_count = 1,
    };
    return 0;
}

static int end(void **state)
{
    (void)state;
    cases_clear(&cases);
    assert_null(cases.list);
    assert_int_equal(cases.count, 0);
    return 0;
}

static void make_cases(void)
{
    if (cases_init(&cases, &config, &err) < 0)
        fail_msg("%s", err.text);
}

static void assert_ids(const char *const *ids, int count)
{
    assert_int_equal(cases.count, count);
    for (int i = 0; i < count; i++)
        assert_string_equal(cases.list[i].id, ids[i]);
}

static void there_is_a_case_for_every_combination_in_order(void **state)
{
    static const char *const ids[] = {
        "a-paper-W4A4-minmax", "a-paper-W4A4-lapq",    "a-paper-W8A32-minmax",
        "a-paper-W8A32-lapq",  "a-onnx-W4A4-minmax",   "a-onnx-W4A4-lapq",
        "a-onnx-W8A32-minmax", "a-onnx-W8A32-lapq",    "b-paper-W4A4-minmax",
        "b-paper-W4A4-lapq",   "b-paper-W8A32-minmax", "b-paper-W8A32-lapq",
        "b-onnx-W4A4-minmax",  "b-onnx-W4A4-lapq",     "b-onnx-W8A32-minmax",
        "b-onnx-W8A32-lapq",
    };

    (void)state;
    config.models[1].name = "b";
    config.targets[1] = TARGET_ONNX;
    config.bits[1] = (struct config_bits){8, 32};
    config.methods[1].method = &lapq_method.known;
    config.model_count = config.target_count = config.bits_count = config.method_count =
        2;
    make_cases();
    assert_ids(ids, COUNT(ids));
    assert_ptr_equal(cases.list[11].model, &config.models[1]);
    assert_int_equal(cases.list[11].target, TARGET_PAPER);
    assert_int_equal(cases.list[11].bits.activations, 32);
    assert_ptr_equal(cases.list[11].method, &config.methods[1]);
}

static void cases_that_would_share_an_id_are_numbered(void **state)
{
    static const char *const ids[] = {"a-paper-W4A4-mmse", "a-paper-W4A4-mmse-2",
                                      "a-paper-W4A4-minmax", "a-paper-W4A4-mmse-3"};

    (void)state;
    for (int i = 0; i < 4; i++)
        config.methods[i].method = i == 2 ? &minmax_method.known : &mmse_method.known;
    config.method_count = 4;
    make_cases();
    assert_ids(ids, COUNT(ids));
}

static void a_method_is_called_what_it_is_to_be_called(void **state)
{
    static const char *const ids[] = {"a-paper-W4A4-best-p", "a-paper-W4A4-lapq"};

    (void)state;
    config.methods[0] =
        (struct config_method_settings){.method = &lapq_method.known, .as = "best-p"};
    config.methods[1] = (struct config_method_settings){.method = &lapq_method.known};
    config.methods[2] =
        (struct config_method_settings){.method = &lapq_method.known, .as = "worst-p"};
    config.method_count = 3;
    config.exclude[0] = (struct config_exclude){.method = "worst*"};
    config.exclude_count = 1;
    make_cases();
    assert_ids(ids, COUNT(ids));
}

static void ids_of_long_names_are_cut_and_still_unique(void **state)
{
    char names[2][2 * CASE_ID_BYTES];

    (void)state;
    for (int i = 0; i < 2; i++) {
        memset(names[i], 'x', sizeof names[i] - 1);
        names[i][sizeof names[i] - 2] = (char)('a' + i);
        names[i][sizeof names[i] - 1] = '\0';
        config.models[i].name = names[i];
    }
    config.model_count = 2;
    make_cases();
    assert_int_equal(cases.count, 2);
    assert_true(strlen(cases.list[0].id) < CASE_ID_BYTES);
    assert_string_not_equal(cases.list[0].id, cases.list[1].id);
}

/* ---- cases that are left out --------------------------------------------------------------- */

/* Two models, two pairs of bits, min-max and twice MMSE. */
static void make_table(void)
{
    config.models[1].name = "b";
    config.model_count = 2;
    config.bits[1] = (struct config_bits){8, 32};
    config.bits_count = 2;
    config.methods[1].method = config.methods[2].method = &mmse_method.known;
    config.method_count = 3;
}

static void a_case_that_fits_all_patterns_of_an_entry_is_left_out(void **state)
{
    static const char *const ids[] = {"a-paper-W4A4-minmax", "b-paper-W4A4-minmax",
                                      "b-paper-W4A4-mmse",   "b-paper-W4A4-mmse-2",
                                      "b-paper-W8A32-mmse",  "b-paper-W8A32-mmse-2"};

    (void)state;
    make_table();
    config.exclude[0] = (struct config_exclude){.model = "a", .bits = "w8*"};
    config.exclude[1] = (struct config_exclude){.model = "a", .method = "mm*"};
    config.exclude[2] =
        (struct config_exclude){.target = "paper", .method = "minmax", .bits = "W8A32"};
    config.exclude_count = 3;
    make_cases();
    assert_ids(ids, COUNT(ids));
}

static void what_is_left_out_changes_no_id(void **state)
{
    static const char *const ids[] = {"a-paper-W4A4-minmax", "a-paper-W4A4-mmse-2",
                                      "a-paper-W8A32-minmax", "a-paper-W8A32-mmse-2"};

    (void)state;
    make_table();
    config.exclude[0] = (struct config_exclude){.case_id = "*-mmse"};
    config.exclude[1] = (struct config_exclude){.model = "[b-z]"};
    config.exclude_count = 2;
    make_cases();
    assert_ids(ids, COUNT(ids));
}

static void an_entry_that_fits_nothing_is_told(void **state)
{
    (void)state;
    make_table();
    config.exclude[0] = (struct config_exclude){.method = "minmax"};
    config.exclude[1] = (struct config_exclude){.model = "a", .bits = "W4A32"};
    config.exclude_count = 2;
    assert_int_equal(cases_init(&cases, &config, &err), -1);
    assert_int_equal(err.code, EXIT_CONFIG);
    assert_string_equal(err.text,
                        "exclude: entry 2 fits no case; correct it or remove it");
}

static void nothing_left_to_run_is_told(void **state)
{
    (void)state;
    make_table();
    config.exclude[0] = (struct config_exclude){.target = "*"};
    config.exclude_count = 1;
    assert_int_equal(cases_init(&cases, &config, &err), -1);
    assert_int_equal(err.code, EXIT_CONFIG);
    assert_string_equal(err.text, "exclude leaves no case to run");
}

static void an_override_says_one_thing_at_least(void **state)
{
    struct override *entry = &config.models[0].overrides[1];

    (void)state;
    make_table();
    entry[-1] = (struct override){.match = "first", .bits = {8, 8}};
    entry[0] = (struct override){.match = "fc"};
    config.models[0].override_count = 2;
    assert_int_equal(cases_init(&cases, &config, &err), -1);
    assert_int_equal(err.code, EXIT_CONFIG);
    assert_non_null(strstr(err.text, "overrides: entry 2, \"fc\", says nothing; give "
                                     "it bits, keep_float or weight_steps"));
    cases_clear(&cases);
    entry[0].keeps_float = OVERRIDE_YES;
    make_cases();
    assert_int_equal(case_rules(cases.list).override_count, 2);
    assert_string_equal(case_rules(cases.list).overrides[1].match, "fc");
    cases_clear(&cases);
    entry[0].bits.activations = 8;
    assert_int_equal(cases_init(&cases, &config, &err), -1);
    assert_non_null(strstr(err.text, "has both bits and keep_float: true"));
}

static void a_target_decides_the_grids_and_the_case_the_rest(void **state)
{
    static const struct target_grids grids[] = {
        [TARGET_PAPER] = {GRID_MIDRISE, GRID_UNSIGNED, GRID_MIDTREAD},
        [TARGET_ONNX] = {GRID_NARROW, GRID_UNSIGNED, GRID_MIDTREAD},
        [TARGET_TENSORRT] = {GRID_NARROW, GRID_MIDTREAD, GRID_MIDTREAD},
        [TARGET_OCS] = {GRID_MIDTREAD, GRID_MIDTREAD, GRID_MIDTREAD},
        [TARGET_OPENVINO] = {GRID_NARROW, GRID_UNSIGNED, GRID_ASYMMETRIC},
        [TARGET_NCNN] = {GRID_NARROW, GRID_NARROW, GRID_NARROW},
    };

    (void)state;
    config.targets[1] = TARGET_ONNX;
    config.targets[2] = TARGET_TENSORRT;
    config.targets[3] = TARGET_OCS;
    config.targets[4] = TARGET_OPENVINO;
    config.targets[5] = TARGET_NCNN;
    config.target_count = 6;
    config.bits[0] = (struct config_bits){3, 8};
    config.models[0].keep_float[0] = "first";
    config.models[0].keep_float_count = 1;
    make_cases();
    for (int i = 0; i < 6; i++) {
        struct placement_rules rules = case_rules(&cases.list[i]);

        assert_memory_equal(&rules.grids, &grids[config.targets[i]],
                            sizeof rules.grids);
        assert_int_equal(rules.weight_bits, 3);
        assert_int_equal(rules.activation_bits, 8);
        assert_int_equal(rules.keep_float_count, 1);
        assert_string_equal(rules.keep_float[0], "first");
        assert_int_equal(rules.weight_steps == WEIGHT_STEPS_PER_CHANNEL,
                         config.targets[i] == TARGET_NCNN);
        assert_int_equal(rules.groups_share_steps, config.targets[i] == TARGET_NCNN);
    }
}

/* The grid of what can be negative, of the first case. */
static enum grid signed_grid(enum config_target target,
                             enum config_activation_grid setting)
{
    struct calibration_case one = cases.list[0];
    struct config_model model = *one.model;

    model.activation_grid = setting;
    one.model = &model;
    one.target = target;
    return case_rules(&one).grids.signed_;
}

static void onnx_openvino_and_tflite_may_be_asymmetric(void **state)
{
    (void)state;
    make_cases();
    assert_int_equal(signed_grid(TARGET_ONNX, ACTIVATION_GRID_BY_TARGET),
                     GRID_MIDTREAD);
    assert_int_equal(signed_grid(TARGET_ONNX, ACTIVATION_GRID_SYMMETRIC),
                     GRID_MIDTREAD);
    assert_int_equal(signed_grid(TARGET_ONNX, ACTIVATION_GRID_ASYMMETRIC),
                     GRID_ASYMMETRIC);
    assert_int_equal(signed_grid(TARGET_OPENVINO, ACTIVATION_GRID_SYMMETRIC),
                     GRID_MIDTREAD);
    assert_int_equal(signed_grid(TARGET_OPENVINO, ACTIVATION_GRID_ASYMMETRIC),
                     GRID_ASYMMETRIC);
    assert_int_equal(signed_grid(TARGET_TFLITE, ACTIVATION_GRID_BY_TARGET),
                     GRID_ASYMMETRIC);
    assert_int_equal(signed_grid(TARGET_TFLITE, ACTIVATION_GRID_SYMMETRIC),
                     GRID_MIDTREAD);
    for (enum config_target target = 0; target < TARGET_OPENVINO; target++)
        if (target != TARGET_ONNX)
            assert_int_equal(signed_grid(target, ACTIVATION_GRID_ASYMMETRIC),
                             GRID_MIDTREAD);
}

/* Of the first case, with one setting after another. */
static struct placement_rules rules_of(enum config_target target,
                                       struct config_bits bits,
                                       enum config_activations activations)
{
    struct calibration_case one = cases.list[0];
    struct config_model model = *one.model;

    model.activations = activations;
    model.quantize_output = QUANTIZE_OUTPUT_YES;
    one.model = &model;
    one.target = target;
    one.bits = bits;
    return case_rules(&one);
}

static void all_activations_are_for_integer_kernels_of_8_bits(void **state)
{
    static const struct config_bits in_8 = {8, 8}, narrow = {4, 8}, in_4 = {8, 4},
                                    weights = {8, 32}, activations = {32, 8};

    (void)state;
    make_cases();
    assert_true(rules_of(TARGET_ONNX, in_8, ACTIVATIONS_BY_TARGET).all_activations);
    assert_true(rules_of(TARGET_ONNX, narrow, ACTIVATIONS_BY_TARGET).all_activations);
    assert_false(rules_of(TARGET_ONNX, in_4, ACTIVATIONS_BY_TARGET).all_activations);
    assert_false(
        rules_of(TARGET_ONNX, activations, ACTIVATIONS_BY_TARGET).all_activations);
    assert_false(rules_of(TARGET_PAPER, in_8, ACTIVATIONS_BY_TARGET).all_activations);
    assert_false(
        rules_of(TARGET_TENSORRT, in_8, ACTIVATIONS_BY_TARGET).all_activations);
    assert_false(rules_of(TARGET_ONNX, in_8, ACTIVATIONS_INPUTS).all_activations);
    assert_true(rules_of(TARGET_PAPER, in_4, ACTIVATIONS_ALL).all_activations);
    assert_true(rules_of(TARGET_ONNX, in_8, ACTIVATIONS_INPUTS).codes_clamp);
    assert_false(rules_of(TARGET_PAPER, in_8, ACTIVATIONS_ALL).codes_clamp);
    assert_true(rules_of(TARGET_ONNX, in_4, ACTIVATIONS_ALL).quantize_output);
    assert_false(rules_of(TARGET_ONNX, weights, ACTIVATIONS_ALL).quantize_output);
}

static void all_of_tflite_is_in_integers(void **state)
{
    static const struct config_bits in_8 = {8, 8}, narrow = {4, 8};

    (void)state;
    make_cases();
    for (int i = 0; i < 2; i++) {
        const struct placement_rules rules =
            rules_of(TARGET_TFLITE, i ? narrow : in_8, ACTIVATIONS_INPUTS);

        assert_true(rules.all_activations);
        assert_true(rules.codes_clamp);
        assert_true(rules.rounds_like_kernels);
        assert_true(rules.rounds_like_xnnpack);
        assert_true(rules.quantize_output);
        assert_int_equal(rules.grids.weights, GRID_NARROW);
    }
    assert_false(rules_of(TARGET_ONNX, in_8, ACTIVATIONS_ALL).rounds_like_xnnpack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_of_tflite_is_in_integers, start, end),
        cmocka_unit_test_setup_teardown(there_is_a_case_for_every_combination_in_order,
                                        start, end),
        cmocka_unit_test_setup_teardown(cases_that_would_share_an_id_are_numbered,
                                        start, end),
        cmocka_unit_test_setup_teardown(a_method_is_called_what_it_is_to_be_called,
                                        start, end),
        cmocka_unit_test_setup_teardown(ids_of_long_names_are_cut_and_still_unique,
                                        start, end),
        cmocka_unit_test_setup_teardown(
            a_case_that_fits_all_patterns_of_an_entry_is_left_out, start, end),
        cmocka_unit_test_setup_teardown(what_is_left_out_changes_no_id, start, end),
        cmocka_unit_test_setup_teardown(an_entry_that_fits_nothing_is_told, start, end),
        cmocka_unit_test_setup_teardown(nothing_left_to_run_is_told, start, end),
        cmocka_unit_test_setup_teardown(an_override_says_one_thing_at_least, start,
                                        end),
        cmocka_unit_test_setup_teardown(
            a_target_decides_the_grids_and_the_case_the_rest, start, end),
        cmocka_unit_test_setup_teardown(onnx_openvino_and_tflite_may_be_asymmetric,
                                        start, end),
        cmocka_unit_test_setup_teardown(
            all_activations_are_for_integer_kernels_of_8_bits, start, end),
    };

    return cmocka_run_group_tests_name("cases", tests, NULL, NULL);
}
