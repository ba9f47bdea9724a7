#include "core/format/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "coordinator/named_settings.h"
#include "core/base/memory.h"
#include "core/format/config_schema.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The rest of a small configuration, behind what is under test. */
#define MODELS "models: {name: a, network: n.onnx, calibration: {file: c.h5}}\n"
#define BITS "bits: W4A4\n"
#define METHODS "methods: minmax\n"
#define REST MODELS BITS METHODS
#define SMALL "name: x\n" REST

/* A small configuration with something more in its model (from 7:3) or method (from
 * 4:3). */
#define IN_MODEL(more)                                                                 \
    "name: x\n" BITS METHODS "models:\n- name: a\n  network: n.onnx\n  " more          \
    "\n  calibration: {file: c.h5}\n"
#define IN_METHOD(more) "name: x\n" BITS "methods:\n- " more "\n" MODELS

static struct config config; /* of the running test */
static struct error err;

static void write_file(const char *text, size_t bytes)
{
    FILE *file = fopen("t.yaml", "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

static int read_with(const char *text, const char *const *overrides, int count)
{
    write_file(text, strlen(text));
    config_clear(&config);
    memset(&err, 0, sizeof err);
    return config_read("t.yaml", overrides, count, &named_settings, &config, &err);
}

static void assert_read(const char *text)
{
    if (read_with(text, NULL, 0) < 0)
        fail_msg("%s", err.text);
}

static char *written(void)
{
    char *text = NULL;
    size_t bytes;
    FILE *file = open_memstream(&text, &bytes);

    assert_non_null(file);
    assert_int_equal(config_write(&config, file, &err), 0);
    fclose(file);
    return text;
}

/* A method's settings, as they are written: "name: lapq, sweeps: 3". */
static void assert_method(int method, const char *settings)
{
    char *text = written(), *line = strstr(text, "\nmethods:\n");
    char copy[256], *rest = strcpy(copy, settings);

    for (int i = 0; i <= method; i++)
        line = strstr(line + 1, "\n- {name: ");
    strchr(line + 1, '\n')[0] = '\0';
    while (rest) {
        char *setting = strsep(&rest, ";"), *found;

        setting += strspn(setting, " ");
        found = strstr(line, setting);
        if (!found || !strchr(",}", found[strlen(setting)]))
            fail_msg("method %d has no %s:%s", method, setting, line);
    }
    free(text);
}

static void assert_refused(const char *text, const char *sentence)
{
    assert_int_equal(read_with(text, NULL, 0), -1);
    assert_string_equal(err.text, sentence);
    assert_int_equal(err.code, EXIT_CONFIG);
}

/* ---- what is read ---- */

static void a_small_file_has_every_default(void **state)
{
    const struct config_model *model = &config.models[0];
    const struct config_method_settings *method = &config.methods[0];

    (void)state;
    assert_read(SMALL);
    assert_string_equal(config.path, "t.yaml");
    assert_string_equal(config.out, "runs/x");
    assert_true(config.seed == 0 && config.block == 8 && config.max_evaluations == 0);
    assert_true(config.memory_bytes == (size_t)2 << 30);
    assert_string_equal(config.kernel, "auto");
    assert_int_equal(config.overlap, OVERLAP_REFUSE);
    assert_true(config.target_count == 1 && config.targets[0] == TARGET_PAPER);
    assert_int_equal(config.model_count, 1);
    assert_int_equal(model->loss, LOSS_CROSS_ENTROPY);
    assert_int_equal(model->metric, METRIC_TOP1);
    assert_int_equal(model->batchnorm, BATCHNORM_EPILOGUE);
    assert_int_equal(model->keep_float_count, 2);
    assert_string_equal(model->keep_float[0], "first");
    assert_string_equal(model->keep_float[1], "last");
    assert_true(model->calibration.samples.first == 0 &&
                model->calibration.samples.count == 512 &&
                model->calibration.samples.at_most);
    assert_null(model->validation.file);
    assert_null(model->inputs.list[0].name);
    assert_string_equal(model->inputs.list[0].data, "/x");
    assert_string_equal(model->labels, "/y");
    assert_true(isnan(model->constants.scale) && model->constants.mean_count == 0 &&
                model->constants.std_count == 0);
    assert_int_equal(config.method_count, 1);
    assert_string_equal(method->method->name, "minmax");
    assert_int_equal(method->layerwise, LAYERWISE_SEQUENTIAL);
    assert_int_equal(method->bias_correction, BIAS_CORRECTION_NONE);
}

static const char full[] =
    "# everything that can be said\n"
    "name: full-1.0_a\n"
    "out: \"somewhere else/[1]\"\n"
    "seed: 9007199254740991\n"
    "block: 64\n"
    "ranks_per_case: all\n"
    "memory: 512MiB\n"
    "kernel: scalar\n"
    "overlap: allow\n"
    "models:\n"
    "  - name: one\n"
    "    network: nets/one.onnx\n"
    "    loss: cross_entropy\n"
    "    metric: top5\n"
    "    batchnorm: fold\n"
    "    keep_float: [first, 'layer4.*']\n"
    "    calibration: {file: calib.h5, samples: 64}\n"
    "    validation: {file: test.h5, samples: 1000..9888}\n"
    "    inputs: {input.1: /images}\n"
    "    labels: /labels\n"
    "    scale: 0.003921569\n"
    "    mean: [0.485, 0.456, 0.406]\n"
    "    std: 1e-1\n"
    "  - {name: two, network: two.onnx, calibration: {file: c.h5}, keep_float: [],\n"
    "     inputs: /images, validation: {file: v.h5}}\n"
    "targets: [paper, onnx]\n"
    "bits: [W4A4, W32A8, W2A32]\n"
    "methods:\n"
    "  - minmax\n"
    "  - {name: mmse, layerwise: independent, weight_steps: per_channel}\n"
    "  - {name: lapq, p: [1.5, 5], p_count: 3, sweeps: 0, line_search: reference}\n"
    "  - {name: lapq, bias_correction: mean, bias_correction_accept: always}\n"
    "  - {name: mmse, bias_correction: empirical, bias_correction_accept: "
    "if_loss_drops, equalize: true, reestimate_accept: always}\n"
    "  - {name: mmse, equalize: if_loss_drops}\n"
    "exclude:\n"
    "  - {model: two, bits: W4A4}\n"
    "  - {case: '*-lapq-2', target: o*, method: lapq}\n"
    "analyses:\n"
    "  - pscan\n"
    "  - {kind: surface, tensors: [w, 'a, b'], points: 5, cases: '*W4A4*', as: two}\n"
    "budget: {evaluations: 5000, seconds: 7200, run_seconds: 1.5}\n"
    "stuck_after: 25\n";

static void every_setting_is_read(void **state)
{
    const struct config_model *one = &config.models[0], *two = &config.models[1];
    const struct config_method_settings *method = config.methods;

    (void)state;
    assert_read(full);
    assert_string_equal(config.name, "full-1.0_a");
    assert_string_equal(config.out, "somewhere else/[1]");
    assert_true(config.seed == 9007199254740991 && config.block == 64);
    assert_true(config.memory_bytes == (size_t)512 << 20);
    assert_string_equal(config.kernel, "scalar");
    assert_int_equal(config.overlap, OVERLAP_ALLOW);
    assert_int_equal(config.max_evaluations, 5000);
    assert_true(config.max_seconds == 7200 && config.run_seconds == 1.5);
    assert_true(config.stuck_after == 25);
    assert_int_equal(config.exclude_count, 2);
    assert_int_equal(config.analysis_count, 2);
    assert_string_equal(config_analysis_title(&config.analyses[0]), "pscan");
    assert_int_equal(config.analyses[0].tensor_count, 0);
    assert_string_equal(config.analyses[1].analysis->name, "surface");
    assert_string_equal(config_analysis_title(&config.analyses[1]), "two");
    assert_int_equal(config.analyses[1].tensor_count, 2);
    assert_string_equal(config.analyses[1].tensors[1], "a, b");
    assert_string_equal(config.analyses[1].cases, "*W4A4*");
    assert_string_equal(config.exclude[0].model, "two");
    assert_string_equal(config.exclude[0].bits, "W4A4");
    assert_null(config.exclude[0].case_id);
    assert_string_equal(config.exclude[1].case_id, "*-lapq-2");
    assert_string_equal(config.exclude[1].target, "o*");
    assert_string_equal(config.exclude[1].method, "lapq");
    assert_int_equal(config.model_count, 2);
    assert_string_equal(one->network, "nets/one.onnx");
    assert_int_equal(one->metric, METRIC_TOP5);
    assert_int_equal(one->batchnorm, BATCHNORM_FOLD);
    assert_string_equal(one->keep_float[1], "layer4.*");
    assert_string_equal(one->calibration.file, "calib.h5");
    assert_true(one->calibration.samples.first == 0 &&
                one->calibration.samples.count == 64);
    assert_true(one->validation.samples.first == 1000 &&
                one->validation.samples.count == 8889);
    assert_string_equal(one->inputs.list[0].name, "input.1");
    assert_string_equal(one->inputs.list[0].data, "/images");
    assert_string_equal(one->labels, "/labels");
    assert_true(one->constants.scale == 0.003921569 && one->constants.mean_count == 3 &&
                one->constants.std_count == 1);
    assert_true(one->constants.mean[2] == 0.406 && one->constants.std[0] == 0.1);
    assert_int_equal(two->keep_float_count, 0);
    assert_null(two->inputs.list[0].name);
    assert_string_equal(two->inputs.list[0].data, "/images");
    assert_true(two->validation.samples.count == SIZE_MAX);
    assert_true(config.target_count == 2 && config.targets[1] == TARGET_ONNX);
    assert_true(config.bits_count == 3 && config.bits[1].weights == 32 &&
                config.bits[1].activations == 8 && config.bits[2].activations == 32);
    assert_int_equal(config.method_count, 6);
    assert_int_equal(method[1].layerwise, LAYERWISE_INDEPENDENT);
    assert_int_equal(method[0].weight_steps, WEIGHT_STEPS_PER_TENSOR);
    assert_int_equal(method[1].weight_steps, WEIGHT_STEPS_PER_CHANNEL);
    assert_method(2, "p: [1.5, 5]; p_count: 3; sweeps: 0; line_search: reference");
    assert_int_equal(method[3].bias_correction, BIAS_CORRECTION_MEAN);
    assert_true(method[3].bias_correction_accept == ACCEPT_ALWAYS &&
                method[3].equalize == EQUALIZE_NO &&
                method[3].reestimate_accept == ACCEPT_IF_LOSS_DROPS);
    assert_true(method[4].bias_correction == BIAS_CORRECTION_EMPIRICAL &&
                method[4].bias_correction_accept == ACCEPT_IF_LOSS_DROPS &&
                method[4].equalize == EQUALIZE_YES &&
                method[4].reestimate_accept == ACCEPT_ALWAYS);
    assert_int_equal(method[5].equalize, EQUALIZE_IF_LOSS_DROPS);
    assert_method(3, "p: [2, 4]; p_count: 10; sweeps: 1; line_search: default");
}

static const char several_methods[] =
    "name: x\n" MODELS "bits: W4A4\n"
    "methods:\n"
    "  - percentile\n"
    "  - {name: percentile, percentile: 99.5}\n"
    "  - {name: lp, norm: 2.5, activation_rule: minmax}\n"
    "  - cosine\n"
    "  - aciq\n"
    "  - {name: aciq, distribution: laplace}\n"
    "  - {name: aciq, variant: ocs}\n"
    "  - {name: kld, sides: both}\n"
    "  - {name: kld, variant: ocs}\n"
    "  - {name: mmse, variant: ocs}\n"
    "  - {name: lapq, start: random, search: coordinate}\n"
    "  - {name: lapq, start: layerwise, sweeps: 0}\n"
    "  - {name: lapq, parabola: false, sweeps: 0, as: best-p}\n";

static const char overrides[] =
    IN_MODEL("overrides:\n"
             "  - {match: 'layer4.*', bits: w8a16}\n"
             "  - {match: op:Gemm, keep_float: true}\n"
             "  - {match: fc, keep_float: false, weight_steps: per_channel}\n"
             "  - {match: x, bits: A6}\n"
             "  - {match: y, bits: W32, weight_steps: per_tensor}");

static void overrides_say_what_is_given(void **state)
{
    static const struct override expected[] = {
        {"layer4.*", {8, 16}, OVERRIDE_NOTHING, OVERRIDE_NOTHING},
        {"op:Gemm", {0, 0}, OVERRIDE_YES, OVERRIDE_NOTHING},
        {"fc", {0, 0}, OVERRIDE_NO, OVERRIDE_YES},
        {"x", {0, 6}, OVERRIDE_NOTHING, OVERRIDE_NOTHING},
        {"y", {32, 0}, OVERRIDE_NOTHING, OVERRIDE_NO},
    };

    (void)state;
    assert_read(overrides);
    assert_int_equal(config.models[0].override_count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        const struct override *entry = &config.models[0].overrides[i];

        assert_string_equal(entry->match, expected[i].match);
        assert_int_equal(entry->bits.weights, expected[i].bits.weights);
        assert_int_equal(entry->bits.activations, expected[i].bits.activations);
        assert_int_equal(entry->keeps_float, expected[i].keeps_float);
        assert_int_equal(entry->weight_steps, expected[i].weight_steps);
    }
}

static void methods_have_settings_of_their_own(void **state)
{
    const struct config_method_settings *method = config.methods;

    (void)state;
    assert_read(several_methods);
    assert_int_equal(config.method_count, 13);
    assert_method(0, "name: percentile; percentile: 99.99; activation_rule: same");
    assert_method(1, "percentile: 99.5");
    assert_method(2, "name: lp; norm: 2.5; activation_rule: minmax");
    assert_method(3, "name: cosine; activation_rule: same");
    assert_method(4, "name: aciq; distribution: auto; variant: default");
    assert_method(5, "distribution: laplace");
    assert_method(6, "variant: ocs");
    assert_method(7, "name: kld; sides: both");
    assert_method(8, "name: kld; variant: ocs");
    assert_method(9, "name: mmse; variant: ocs");
    assert_method(10, "start: random; search: coordinate");
    assert_method(11, "start: layerwise; search: powell; sweeps: 0");
    assert_method(12, "parabola: false");
    assert_string_equal(config_method_title(&method[12]), "best-p");
    assert_string_equal(config_method_title(&method[9]), "mmse");
}

static void channels_are_split_by_a_number_or_settings(void **state)
{
    const struct config_method_settings *method = config.methods;

    (void)state;
    assert_read("name: x\n" MODELS BITS
                "methods: [minmax, {name: mmse, outlier_splitting: 0.02},"
                "{name: kld, outlier_splitting: {ratio: 0.05, clip_sees: original, "
                "halves: plain}}, {name: dual, dual_above: 0.5}]\n");
    assert_true(method[0].splitting.ratio == 0 && method[1].splitting.ratio == 0.02);
    assert_true(method[1].splitting.halves == HALVES_QUANTIZATION_AWARE &&
                method[1].splitting.clip_sees == CLIP_SEES_SPLIT);
    assert_true(method[2].splitting.ratio == 0.05 &&
                method[2].splitting.halves == HALVES_PLAIN &&
                method[2].splitting.clip_sees == CLIP_SEES_ORIGINAL);
    assert_true(method[3].second_above == 0.5 && method[2].second_above == 0);
    assert_method(3, "name: dual; dual_above: 0.5");
}

static void paths_take_environment_variables(void **state)
{
    (void)state;
    setenv("CALQ_TEST_DIR", "/data/é", 1);
    assert_read(
        "name: x\nout: a${CALQ_TEST_DIR}b${CALQ_TEST_DIR}\n" BITS METHODS
        "models: {name: a, network: '${CALQ_TEST_DIR}/n.onnx', labels: '${NO}', "
        "calibration: {file: '$HOME{c}$'}}\n");
    assert_string_equal(config.out, "a/data/éb/data/é");
    assert_string_equal(config.models[0].network, "/data/é/n.onnx");
    assert_string_equal(config.models[0].calibration.file, "$HOME{c}$");
    assert_string_equal(config.models[0].labels, "${NO}");
}

static void a_variable_must_be_set_and_fit(void **state)
{
    static const struct {
        const char *text, *value, *sentence;
    } cases[] = {
        {"${CALQ_TEST_DIR}/a", NULL,
         "the environment variable CALQ_TEST_DIR is not set; set it, e.g. export "
         "CALQ_TEST_DIR=/path/to/it"},
        {"${CALQ_TEST_DIR}/a", "",
         "the environment variable CALQ_TEST_DIR is not set; set it, e.g. export "
         "CALQ_TEST_DIR=/path/to/it"},
        {"a/${CALQ TEST}", "a",
         "\"${CALQ TEST}\" does not begin with a variable such as ${HOME}"},
        {"${CALQ_TEST_DIR", "a",
         "\"${CALQ_TEST_DIR\" does not begin with a variable such as ${HOME}"},
        {"${}", "a", "\"${}\" does not begin with a variable such as ${HOME}"},
        {"${1}", "a", "\"${1}\" does not begin with a variable such as ${HOME}"},
        {"${CALQ_TEST_DIR}", "${HOME}",
         "a variable in it holds a control character, \"${\" or bytes that are not "
         "UTF-8"},
        {"${CALQ_TEST_DIR}", "a\nb",
         "a variable in it holds a control character, \"${\" or bytes that are not "
         "UTF-8"},
        {"${CALQ_TEST_DIR}", "\xE9",
         "a variable in it holds a control character, \"${\" or bytes that are not "
         "UTF-8"},
    };
    char text[512], sentence[512];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (cases[i].value)
            setenv("CALQ_TEST_DIR", cases[i].value, 1);
        else
            unsetenv("CALQ_TEST_DIR");
        snprintf(text, sizeof text, "name: x\nout: '%s'\n" REST, cases[i].text);
        snprintf(sentence, sizeof sentence, "t.yaml:2:6: out: %s", cases[i].sentence);
        assert_refused(text, sentence);
    }
}

static void sizes_and_ranges_are_read(void **state)
{
    static const struct {
        const char *size;
        size_t bytes;
    } sizes[] = {{"0", 0},
                 {"64KiB", 65536},
                 {"1TiB", (size_t)1 << 40},
                 {"1023MiB", (size_t)1023 << 20}};
    static const struct {
        const char *samples;
        struct sample_range range;
    } ranges[] = {{"1", {0, 1, false}},
                  {"at most 7", {0, 7, true}},
                  {"all", {0, SIZE_MAX, false}},
                  {"0..0", {0, 1, false}},
                  {"5..5", {5, 1, false}},
                  {"999999999999999", {0, 999999999999999, false}}};
    char text[512];

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        snprintf(text, sizeof text, "memory: %s\n" SMALL, sizes[i].size);
        assert_read(text);
        assert_true(config.memory_bytes == sizes[i].bytes);
    }
    for (size_t i = 0; i < COUNT(ranges); i++) {
        const struct sample_range *range = &config.models[0].validation.samples;

        snprintf(text, sizeof text, IN_MODEL("validation: {file: v, samples: %s}"),
                 ranges[i].samples);
        assert_read(text);
        assert_true(range->first == ranges[i].range.first &&
                    range->count == ranges[i].range.count &&
                    range->at_most == ranges[i].range.at_most);
    }
}

static void numbers_are_read_as_yaml_writes_them(void **state)
{
    static const struct {
        const char *text;
        double value;
    } reals[] = {{".02", .02},     {"+.5", .5},         {"1.", 1},     {"+1.", 1},
                 {"1e3", 1e3},     {"1.e-3", 1e-3},     {".5E+2", 50}, {"+7", 7},
                 {"0.25e+1", 2.5}, {"123.456", 123.456}};
    static const struct {
        const char *text;
        int value;
    } wholes[] = {{"+8", 8},     {"8.0", 8},  {"8.", 8},
                  {"1e3", 1000}, {".5e1", 5}, {"0x1F", 31}};
    char text[512];

    (void)state;
    for (size_t i = 0; i < COUNT(reals); i++) {
        snprintf(text, sizeof text, IN_MODEL("scale: %s\n  mean: [-%s, %s]"),
                 reals[i].text, *reals[i].text == '+' ? "0" : reals[i].text,
                 reals[i].text);
        assert_read(text);
        assert_true(config.models[0].constants.scale == reals[i].value);
        assert_true(config.models[0].constants.mean[1] == reals[i].value);
        assert_true(*reals[i].text == '+' ||
                    config.models[0].constants.mean[0] == -reals[i].value);
    }
    for (size_t i = 0; i < COUNT(wholes); i++) {
        snprintf(text, sizeof text,
                 "block: %s\n" IN_MODEL("validation: {file: v, samples: %s}"),
                 wholes[i].text, wholes[i].text);
        assert_read(text);
        assert_int_equal(config.block, wholes[i].value);
        assert_true(config.models[0].validation.samples.first == 0 &&
                    config.models[0].validation.samples.count ==
                        (size_t)wholes[i].value);
    }
}

static void bits_have_letters_of_any_case(void **state)
{
    (void)state;
    assert_read("name: x\nbits: [w4a8, W8a32, w32A4, w4a16]\n" MODELS METHODS);
    assert_true(config.bits_count == 4 && config.bits[3].activations == 16);
    assert_true(config.bits[0].weights == 4 && config.bits[0].activations == 8);
    assert_true(config.bits[1].weights == 8 && config.bits[1].activations == 32);
    assert_true(config.bits[2].weights == 32 && config.bits[2].activations == 4);
}

/* ---- what is refused ---- */

static const struct refusal {
    const char *text;
    const char *sentence;
} refusals[] = {
    /* numbers */
    {"name: x\nblock: 08\n" REST, "t.yaml:2:8: block: \"08\" is not a whole number"},
    {"name: x\nblock: 8.5\n" REST, "t.yaml:2:8: block: \"8.5\" is not a whole number"},
    {"name: x\nblock: ++8\n" REST, "t.yaml:2:8: block: \"++8\" is not a whole number"},
    {"name: x\nblock: 0x\n" REST, "t.yaml:2:8: block: \"0x\" is not a whole number"},
    {"name: x\nblock: 0x8p1\n" REST,
     "t.yaml:2:8: block: \"0x8p1\" is not a whole number"},
    {"name: x\nblock: -0x8\n" REST,
     "t.yaml:2:8: block: \"-0x8\" is not a whole number"},
    {"name: x\nblock: 1e4\n" REST,
     "t.yaml:2:8: block: \"1e4\" is out of range (1..4096)"},
    {"name: x\nseed: 1e999\n" REST,
     "t.yaml:2:7: seed: \"1e999\" is out of range (0..9007199254740991)"},
    {"name: x\nblock: ' 8'\n" REST, "t.yaml:2:8: block: \" 8\" is not a whole number"},
    {"name: x\nblock: yes\n" REST, "t.yaml:2:8: block: \"yes\" is not a whole number"},
    {"name: x\nblock: 0\n" REST, "t.yaml:2:8: block: \"0\" is out of range (1..4096)"},
    {"name: x\nblock: -1\n" REST,
     "t.yaml:2:8: block: \"-1\" is out of range (1..4096)"},
    {"name: x\nblock: 4097\n" REST,
     "t.yaml:2:8: block: \"4097\" is out of range (1..4096)"},
    {"name: x\nblock: 99999999999999999999\n" REST,
     "t.yaml:2:8: block: \"99999999999999999999\" is out of range (1..4096)"},
    {"name: x\nseed: 9007199254740992\n" REST,
     "t.yaml:2:7: seed: \"9007199254740992\" is out of range (0..9007199254740991)"},
    {"name: x\nbudget: {evaluations: -1}\n" REST,
     "t.yaml:2:23: evaluations: \"-1\" is out of range (0..1000000000000)"},
    {IN_MODEL("scale: 99.9abc"), "t.yaml:7:10: scale: \"99.9abc\" is not a number"},
    {IN_MODEL("overrides: [{match: x, bits: W9}]"),
     "t.yaml:7:32: bits: \"W9\" is not a bit setting; W4A8 means 4-bit weights and "
     "8-bit activations, W4 or A8 one of them; each can be 2..8, or 32 for float, and "
     "activations 16"},
    {IN_MODEL("overrides: [{match: x, bits: A8W4}]"),
     "t.yaml:7:32: bits: \"A8W4\" is not a bit setting; W4A8 means 4-bit weights and "
     "8-bit activations, W4 or A8 one of them; each can be 2..8, or 32 for float, and "
     "activations 16"},
    {IN_MODEL("overrides: [{match: x, bits: W}]"),
     "t.yaml:7:32: bits: \"W\" is not a bit setting; W4A8 means 4-bit weights and "
     "8-bit activations, W4 or A8 one of them; each can be 2..8, or 32 for float, and "
     "activations 16"},
    {IN_MODEL("overrides: [{bits: W4}]"),
     "t.yaml:7:15: an entry of overrides lacks match; add it, e.g. match: layer4.*"},
    {IN_MODEL("overrides: [{match: x, keep_float: yes}]"),
     "t.yaml:7:38: keep_float: \"yes\" is not known, only false, true"},
    {IN_MODEL("scale: nan"), "t.yaml:7:10: scale: \"nan\" is not a number"},
    {IN_MODEL("scale: .inf"), "t.yaml:7:10: scale: \".inf\" is not a number"},
    {IN_MODEL("scale: 1e"), "t.yaml:7:10: scale: \"1e\" is not a number"},
    {IN_MODEL("scale: ."), "t.yaml:7:10: scale: \".\" is not a number"},
    {IN_MODEL("scale: .e1"), "t.yaml:7:10: scale: \".e1\" is not a number"},
    {IN_MODEL("scale: +"), "t.yaml:7:10: scale: \"+\" is not a number"},
    {IN_MODEL("scale: +-1"), "t.yaml:7:10: scale: \"+-1\" is not a number"},
    {IN_MODEL("scale: 1.2.3"), "t.yaml:7:10: scale: \"1.2.3\" is not a number"},
    {IN_MODEL("scale: 010"), "t.yaml:7:10: scale: \"010\" is not a number"},
    {IN_MODEL("scale: 1_000"), "t.yaml:7:10: scale: \"1_000\" is not a number"},
    {IN_MODEL("scale: 0"), "t.yaml:7:10: scale: \"0\" is out of range (above 0)"},
    {IN_MODEL("scale: 1e999"),
     "t.yaml:7:10: scale: \"1e999\" is out of range (above 0)"},
    {IN_MODEL("mean: [0, -1e39]"),
     "t.yaml:7:13: mean: \"-1e39\" is out of range (any)"},
    {IN_MODEL("std: [1, 0]"), "t.yaml:7:12: std: \"0\" is out of range (above 0)"},
    {IN_MODEL("mean: []"), "t.yaml:7:9: mean: the list is empty"},
    {IN_MODEL("mean: [0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]"),
     "t.yaml:7:9: mean: at most 16 entries are read, not 17"},
    {IN_METHOD("{name: lapq, p: 3}"), "t.yaml:4:19: p: 2 values are needed, not 1"},
    {IN_METHOD("{name: lapq, p: [4, 2]}"),
     "t.yaml:4:23: p: 2 is not above the number before it"},
    {IN_METHOD("{name: lapq, p: [2, 2.0]}"),
     "t.yaml:4:23: p: 2.0 is not above the number before it"},
    {IN_METHOD("{name: lapq, p: [0, 2]}"),
     "t.yaml:4:20: p: \"0\" is out of range (above 0, at most 100)"},
    {IN_METHOD("{name: lapq, p_count: 2}"),
     "t.yaml:4:25: p_count: \"2\" is out of range (3..100)"},
    {IN_METHOD("{name: lapq, sweeps: 1001}"),
     "t.yaml:4:24: sweeps: \"1001\" is out of range (0..1000)"},
    /* sizes and ranges */
    {"name: x\nmemory: 2GB\n" REST, "t.yaml:2:9: memory: \"2GB\" is not a size; sizes "
                                    "are written 2GiB, 512MiB, 64KiB or 0"},
    {"name: x\nmemory: 1048576\n" REST, "t.yaml:2:9: memory: \"1048576\" is not a "
                                        "size; sizes are written 2GiB, 512MiB, 64KiB "
                                        "or 0"},
    {"name: x\nmemory: GiB\n" REST, "t.yaml:2:9: memory: \"GiB\" is not a size; sizes "
                                    "are written 2GiB, 512MiB, 64KiB or 0"},
    {"name: x\nmemory: 99999999999TiB\n" REST,
     "t.yaml:2:9: memory: \"99999999999TiB\" is more than any machine has"},
    {IN_MODEL("validation: {file: v, samples: 0}"),
     "t.yaml:7:34: samples: at least one sample is needed"},
    {IN_MODEL("validation: {file: v, samples: 9..8}"),
     "t.yaml:7:34: samples: \"9..8\" ends before it begins"},
    {IN_MODEL("validation: {file: v, samples: 9..}"),
     "t.yaml:7:34: samples: \"9..\" is not a range of samples; write 512 for the first "
     "512, at most 512, "
     "1000..9888 with both ends, or all"},
    {IN_MODEL("validation: {file: v, samples: at most 5..9}"),
     "t.yaml:7:34: samples: \"at most 5..9\" is not a range of samples; write 512 for "
     "the first 512, at most 512, 1000..9888 with both ends, or all"},
    {IN_MODEL("validation: {file: v, samples: at most all}"),
     "t.yaml:7:34: samples: \"at most all\" is not a range of samples; write 512 for "
     "the first 512, at most 512, 1000..9888 with both ends, or all"},
    {IN_MODEL("validation: {file: v, samples: at most 0}"),
     "t.yaml:7:34: samples: at least one sample is needed"},
    {IN_MODEL("validation: {file: v, samples: 012}"),
     "t.yaml:7:34: samples: \"012\" is not a range of samples; write 512 for the first "
     "512, at most 512, "
     "1000..9888 with both ends, or all"},
    /* words */
    {"name: x\noverlap: alow\n" REST, "t.yaml:2:10: overlap: \"alow\" is not known, "
                                      "only refuse, allow; did you mean allow?"},
    {"name: x\nranks_per_case: most\n" REST,
     "t.yaml:2:17: ranks_per_case: \"most\" is not a whole number; it may be all, too"},
    {"name: x\ntargets: [paper, npu]\n" REST,
     "t.yaml:2:18: targets: \"npu\" is not known, only paper, onnx, tensorrt, ocs, "
     "openvino, ncnn, tflite"},
    {"name: x\ntargets: [paper, paper]\n" REST,
     "t.yaml:2:18: targets: entry 2 is the same as entry 1"},
    {IN_MODEL("loss: hinge"),
     "t.yaml:7:9: loss: \"hinge\" is not known, only cross_entropy, kl_to_float, "
     "mse_to_float, binary_cross_entropy, mean_squared_error"},
    {IN_METHOD("ocs"),
     "t.yaml:4:3: name: \"ocs\" is not known, only minmax, percentile, mmse, lp, "
     "cosine, aciq, kld, lapq, dual, mixed"},
    {IN_METHOD("{name: mmse, outlier_splitting: 1}"),
     "t.yaml:4:35: ratio: \"1\" is out of range (0..0.9)"},
    {IN_METHOD("{name: mmse, outlier_splitting: {halves: plain, ratios: 0.1}}"),
     "t.yaml:4:51: unknown key \"ratios\"; did you mean ratio?"},
    {IN_METHOD("{name: mmse, equalize: true, activation_splitting: 0.1}"),
     "t.yaml:4:32: activation_splitting makes sense only with equalize: false"},
    {IN_METHOD("{name: mmse, dual_above: 0.1}"),
     "t.yaml:4:16: dual_above makes no sense for mmse, only for dual"},
    {IN_METHOD("{name: cosine, variant: ocs}"),
     "t.yaml:4:18: variant makes no sense for cosine, only for mmse, aciq, kld"},
    {IN_METHOD("{name: aciq, variant: ocs, distribution: gauss}"),
     "t.yaml:4:30: distribution makes sense only with variant: default"},
    {IN_METHOD("{name: kld, sides: both, variant: ocs}"),
     "t.yaml:4:15: sides makes sense only with variant: default"},
    {IN_METHOD("{name: lapq, start: random, p: [2, 3]}"),
     "t.yaml:4:31: p makes sense only with start: p_grid"},
    {IN_METHOD("{name: lapq, p_count: 5, start: layerwise}"),
     "t.yaml:4:16: p_count makes sense only with start: p_grid"},
    {IN_METHOD("{name: mmse, search: coordinate}"),
     "t.yaml:4:16: search makes no sense for mmse, only for lapq"},
    {IN_METHOD("{name: minmax, activation_rule: minmax}"),
     "t.yaml:4:18: activation_rule makes no sense for minmax, only for percentile, "
     "mmse, lp, cosine, aciq, kld, dual"},
    {IN_METHOD("{name: mmse, norm: 2}"),
     "t.yaml:4:16: norm makes no sense for mmse, only for lp"},
    {IN_METHOD("{name: percentile, percentile: 101}"),
     "t.yaml:4:34: percentile: \"101\" is out of range (above 0, at most 100)"},
    /* bits */
    {"name: x\nbits: W9A4\n" MODELS METHODS,
     "t.yaml:2:7: bits: \"W9A4\" is not a bit setting; W4A8 means 4-bit weights and "
     "8-bit "
     "activations; each can be 2..8, or 32 for float, and activations 16"},
    {"name: x\nbits: W4A\n" MODELS METHODS,
     "t.yaml:2:7: bits: \"W4A\" is not a bit setting; W4A8 means 4-bit weights and "
     "8-bit "
     "activations; each can be 2..8, or 32 for float, and activations 16"},
    {"name: x\nbits: W04A4\n" MODELS METHODS,
     "t.yaml:2:7: bits: \"W04A4\" is not a bit setting; W4A8 means 4-bit weights and "
     "8-bit "
     "activations; each can be 2..8, or 32 for float, and activations 16"},
    {"name: x\nbits: W4A4x\n" MODELS METHODS,
     "t.yaml:2:7: bits: \"W4A4x\" is not a bit setting; W4A8 means 4-bit weights and "
     "8-bit "
     "activations; each can be 2..8, or 32 for float, and activations 16"},
    {"name: x\nbits: W16A8\n" MODELS METHODS,
     "t.yaml:2:7: bits: \"W16A8\" is not a bit setting; W4A8 means 4-bit weights and "
     "8-bit "
     "activations; each can be 2..8, or 32 for float, and activations 16"},
    {"name: x\nbits: W32A32\n" MODELS METHODS,
     "t.yaml:2:7: bits: W32A32 leaves nothing to quantize"},
    {"name: x\nbits: [W4A4, W8A8, w4a4]\n" MODELS METHODS,
     "t.yaml:2:20: bits: entry 3 is the same as entry 1"},
    {"name: x\nbits: b4A4\n" MODELS METHODS,
     "t.yaml:2:7: bits: \"b4A4\" is not a bit setting; W4A8 means 4-bit weights and "
     "8-bit "
     "activations; each can be 2..8, or 32 for float, and activations 16"},
    {"name: x\nbits: []\n" MODELS METHODS, "t.yaml:2:7: bits: the list is empty"},
    /* names, texts, inputs */
    {"name: a/b\n" REST, "t.yaml:1:7: name: \"a/b\" is not a name; letters, digits, "
                         "'.', '_' and '-' are allowed"},
    {"name: ..\n" REST, "t.yaml:1:7: name: \"..\" is a folder, not a name"},
    {"name: x\nout:\n" REST, "t.yaml:2:5: out has no value"},
    {"name: x\nout: ''\n" REST, "t.yaml:2:6: out has no value"},
    {"name: x\nout: ~\n" REST, "t.yaml:2:6: out has no value"},
    {"name: x\nout: [a]\n" REST,
     "t.yaml:2:6: out: a single value is needed, not a list"},
    {"name: x\nout: {a: b}\n" REST,
     "t.yaml:2:6: out: a single value is needed, not a mapping"},
    {"name: x\nout: \"a\\eb\"\n" REST,
     "t.yaml:2:6: line breaks and control characters are not allowed in a value"},
    {IN_MODEL("inputs: {}"), "t.yaml:7:11: inputs: 1 to 16 are needed, as {network "
                             "input: dataset}, not 0"},
    {IN_MODEL("shape: {a: 1, a: 2}"),
     "t.yaml:7:17: \"a\" is there already, in line 7; keep one of them"},
    {IN_MODEL("shape: {a: [1]}"),
     "t.yaml:7:14: shape: a single value is needed, not a list"},
    {IN_MODEL("shape: {a: }"), "t.yaml:7:14: shape has no value"},
    {IN_MODEL("inputs: [a]"),
     "t.yaml:7:11: inputs: a single value is needed, not a list"},
    {IN_MODEL("inputs: {a: [b]}"),
     "t.yaml:7:15: an input needs settings, as key: value"},
    {IN_MODEL("inputs: {a: {mean: 1}}"),
     "t.yaml:7:15: an input lacks data; add it, e.g. data: /images"},
    {IN_MODEL("inputs: {a: {data: /x, men: 1}}"),
     "t.yaml:7:26: unknown key \"men\"; did you mean mean?"},
    /* keys */
    {"name: x\nblok: 8\n" REST,
     "t.yaml:2:1: unknown key \"blok\"; did you mean block?"},
    {"name: x\nbudget: {hours: 8}\n" REST,
     "t.yaml:2:10: unknown key \"hours\"; budget has: evaluations, seconds, "
     "run_seconds"},
    {IN_METHOD("{name: lapq, sweps: 2}"),
     "t.yaml:4:16: unknown key \"sweps\"; did you mean sweeps?"},
    {IN_METHOD("{name: minmax, hours: 2}"),
     "t.yaml:4:18: unknown key \"hours\"; a method has: name, layerwise, weight_steps, "
     "block_size, "
     "bias_correction, bias_correction_accept, equalize, reestimate_batchnorm, "
     "reestimate_accept, rounding, outlier_splitting, activation_splitting, as"},
    {IN_METHOD("{name: lapq, hours: 2}"),
     "t.yaml:4:16: unknown key \"hours\"; a method has: name, layerwise, weight_steps, "
     "block_size, "
     "bias_correction, bias_correction_accept, equalize, reestimate_batchnorm, "
     "reestimate_accept, rounding, outlier_splitting, activation_splitting, start, "
     "start_norm, p, p_count, parabola, search, sweeps, ..."},
    {"name: x\nexclude: [{mode: a}]\n" REST,
     "t.yaml:2:12: unknown key \"mode\"; did you mean model?"},
    {"name: x\n\"\\e[31m\": 8\n" REST,
     "t.yaml:2:1: line breaks and control characters are not allowed in a value"},
    {"name: x\nmodels:\n- {name: a}\n" BITS METHODS,
     "t.yaml:3:3: a model lacks network; add it, e.g. network: net.onnx\nt.yaml:3:3: a "
     "model lacks calibration; add it, e.g. calibration: {file: train.h5, samples: "
     "500}"},
    {"name: x\nmodels: {name: a, network: n, calibration: {}}\n" BITS METHODS,
     "t.yaml:2:44: calibration lacks file; add it, e.g. file: train.h5"},
    {"name: x\nmodels: a\n" BITS METHODS,
     "t.yaml:2:9: a model needs settings, as key: value"},
    {"name: x\n" BITS METHODS
     "models:\n- {name: a, network: n, calibration: {file: c}}\n"
     "- {name: a, network: m, calibration: {file: c}}\n",
     "t.yaml:6:3: models: entry 2 has the same name as entry 1"},
    {"block: 8\n" BITS,
     "t.yaml:1:1: the configuration lacks name; add it, e.g. name: my-network\n"
     "t.yaml:1:1: the configuration lacks models; add it, e.g. models: [{name: net, "
     "network: net.onnx, calibration: {file: train.h5}}]\n"
     "t.yaml:1:1: the configuration lacks methods; add it, e.g. methods: [minmax, "
     "mmse]"},
    {"- a\n", "t.yaml:1:1: the configuration needs settings, as key: value"},
    {"defaults: 8\n" SMALL, "t.yaml:1:11: defaults: settings of models that they share "
                            "are a mapping, e.g. {loss: "
                            "kl_to_float}"},
    {"defaults: {los: kl_to_float}\nname: x\n" BITS METHODS
     "models:\n- {name: a, network: n, calibration: {file: c}}\n"
     "- {name: b, network: n, calibration: {file: c}}\n",
     "t.yaml:1:12: unknown key \"los\"; did you mean loss?"},
    /* methods */
    {IN_METHOD("{name: minmax, p: [2, 4]}"),
     "t.yaml:4:18: p makes no sense for minmax, only for lapq"},
    {IN_METHOD("{sweeps: 2, name: mmse}"),
     "t.yaml:4:4: sweeps makes no sense for mmse, only for lapq"},
    {IN_METHOD("{name: lapk, p: [2, 4]}"),
     "t.yaml:4:10: name: \"lapk\" is not known, only minmax, percentile, mmse, "
     "lp, cosine, aciq, kld, lapq, dual, mixed; did you mean lapq?"},
    {IN_METHOD("{name: !m lapq, p: [2, 4]}"), "t.yaml:4:10: tags (!) are not read"},
    {IN_METHOD("{p: [2, 4]}"),
     "t.yaml:4:3: a method lacks name; add it, e.g. name: mmse"},
    {IN_METHOD("lapq\n- {name: lapq, p_count: 10}"),
     "t.yaml:5:3: methods: entry 2 is the same as entry 1"},
    /* YAML that is not read */
    {"name: x\nname: y\n" REST,
     "t.yaml:2:1: \"name\" is there already, in line 1; keep one of them"},
    {"name: x\nout: *n\n" REST, "t.yaml:2:6: the alias *n has no anchor &n before it"},
    {"name: x\nout: *nam\nkernel: &name auto\n" REST,
     "t.yaml:2:6: the alias *nam has no anchor &nam before it"},
    {"name: &name x\nout: *nmae\n" REST,
     "t.yaml:2:6: the alias *nmae has no anchor &nmae before it; did you mean *name?"},
    {"name: x\nexclude: &e [{case: a}, *e]\n" REST,
     "t.yaml:2:25: the alias *e stands within what &e names"},
    {"name: x\nbudget: &b {seconds: 1, <<: *b}\n" REST,
     "t.yaml:2:29: the alias *b stands within what &b names"},
    {"name: &n x\n" BITS METHODS
     "models:\n- {name: *n, network: n, calibration: {file: c}}\n"
     "- {name: *n, network: n, calibration: {file: c}}\n",
     "t.yaml:6:3: models: entry 2 has the same name as entry 1"},
    {"x-b: &b [1]\nname: x\nblock: *b\n" REST,
     "t.yaml:3:8: block: a single value is needed, not a list"},
    {"name: x\nbudget: {<<: 8}\n" REST, "t.yaml:2:14: a merge key (<<) needs a mapping "
                                        "such as *base, or a list of mappings"},
    {"x-b: &b 8\nname: x\nbudget: {<<: [{}, *b]}\n" REST,
     "t.yaml:3:19: a merge key (<<) needs a mapping such as *base, or a list of "
     "mappings"},
    {"name: x\nbudget: {<<: {seconds: 1}, <<: {seconds: 2}}\n" REST,
     "t.yaml:2:28: \"<<\" is there already, in line 2; keep one of them"},
    {"x-m: &m {loss: hinge, nettwork: n}\nname: x\n" BITS METHODS
     "models:\n- {<<: *m, name: a, calibration: {file: c}}\n"
     "- {<<: *m, name: b, network: n, calibration: {file: c}}\n",
     "t.yaml:1:16: loss: \"hinge\" is not known, only cross_entropy, kl_to_float, "
     "mse_to_float, binary_cross_entropy, mean_squared_error\n"
     "t.yaml:1:23: unknown key \"nettwork\"; did you mean network?\n"
     "t.yaml:6:3: a model lacks network; add it, e.g. network: net.onnx"},
    {"name: x\nbudget: {x-seconds: 1}\n" REST,
     "t.yaml:2:10: unknown key \"x-seconds\"; did you mean seconds?"},
    {"name: !!str x\n" REST, "t.yaml:1:7: tags (!) are not read"},
    {SMALL "---\nname: y\n",
     "t.yaml:5:1: a second document begins here; only one is read"},
    {"name: x\n? [a, b]\n: c\n" REST, "t.yaml:2:3: a key must be a word"},
    {"name: [x\n" REST,
     "t.yaml:2:7: not valid YAML: did not find expected ',' or ']' while "
     "parsing a flow sequence; look at this line and at the one above"},
    {"name: x\n\tblock: 8\n" REST,
     "t.yaml:2:1: not valid YAML: found a tab character that violates indentation "
     "while scanning a plain scalar; indent with blanks, not with tabs"},
    {"name: x\nout: \x01\n" REST,
     "t.yaml:2:6: not text that YAML allows: control characters are not allowed"},
    {"", "t.yaml:1:1: the file is empty; `calq init MODEL` writes a configuration"},
    {"# nothing\n---\n",
     "t.yaml:3:1: the file is empty; `calq init MODEL` writes a configuration"},
};

static void every_mistake_has_its_place_and_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++)
        assert_refused(refusals[i].text, refusals[i].sentence);
}

static void all_errors_come_at_once_in_the_order_of_the_file(void **state)
{
    (void)state;
    assert_refused(
        "blok: 8\n"
        "seed: -1\n"
        "bits: [W4A4, W9A9, W1A1]\n"
        "models:\n"
        "- name: a b\n"
        "  calibration: {samples: no}\n",
        "t.yaml:1:1: the configuration lacks name; add it, e.g. name: my-network\n"
        "t.yaml:1:1: the configuration lacks methods; add it, e.g. methods: [minmax, "
        "mmse]\n"
        "t.yaml:1:1: unknown key \"blok\"; did you mean block?\n"
        "t.yaml:2:7: seed: \"-1\" is out of range (0..9007199254740991)\n"
        "t.yaml:3:14: bits: \"W9A9\" is not a bit setting; W4A8 means 4-bit "
        "weights and 8-bit activations; each can be 2..8, or 32 for float, and "
        "activations 16\n"
        "t.yaml:3:20: bits: \"W1A1\" is not a bit setting; W4A8 means 4-bit "
        "weights and 8-bit activations; each can be 2..8, or 32 for float, and "
        "activations 16\n"
        "t.yaml:5:3: a model lacks network; add it, e.g. network: net.onnx\n"
        "t.yaml:5:9: name: \"a b\" is not a name; letters, digits, '.', '_' and "
        "'-' are allowed\n"
        "t.yaml:6:16: calibration lacks file; add it, e.g. file: train.h5\n"
        "t.yaml:6:26: samples: \"no\" is not a range of samples; write 512 for "
        "the first 512, at most 512, 1000..9888 with both ends, or all");
}

static void errors_beyond_the_buffer_are_counted(void **state)
{
    char text[4096] = SMALL;
    const char *last;

    (void)state;
    for (int i = 0; i < 200; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "k%d: 1\n", i);
    assert_int_equal(read_with(text, NULL, 0), -1);
    last = strrchr(err.text, '\n') + 1;
    assert_int_equal(strncmp(last, "and 1", 5), 0);
    assert_non_null(strstr(last, " more errors"));
}

static void a_long_or_foreign_value_is_cut_in_its_sentence(void **state)
{
    char text[2048], sentence[256];

    (void)state;
    snprintf(text, sizeof text, "name: x\nblock: %s%0500d\n" REST,
             "ééééééééééééééééééééé", 0);
    snprintf(sentence, sizeof sentence,
             "t.yaml:2:8: block: \"%s0000000000000000...\" is not a whole number",
             "ééééééééééééééééééééé");
    assert_refused(text, sentence);
}

static void files_that_cannot_be_read_are_named(void **state)
{
    (void)state;
    config_clear(&config);
    assert_int_equal(
        config_read("absent.yaml", NULL, 0, &named_settings, &config, &err), -1);
    assert_string_equal(err.text,
                        "cannot open absent.yaml: No such file or directory; paths are "
                        "taken from the folder in which calq is started");
    assert_int_equal(err.code, EXIT_CONFIG);
    config_clear(&config);
    assert_int_equal(config_read(".", NULL, 0, &named_settings, &config, &err), -1);
    assert_string_equal(err.text, ". is a folder, not a configuration; that of a run "
                                  "directory is in it: calq run ./config.yaml");
    assert_int_equal(err.code, EXIT_CONFIG);
}

/* ---- anchors, aliases and merge keys ---- */

static char *written(void);

/* A file with anchors, and the same one written out. */
static const struct {
    const char *short_hand, *written_out;
} expansions[] = {
    {"name: &n x\nout: *n\n" REST, "name: x\nout: x\n" REST},
    {"name: x\nblock: &eight 8\nseed: *eight\n" REST,
     "name: x\nblock: 8\nseed: 8\n" REST},
    {"&a name: x\nkernel: *a\n" REST, "name: x\nkernel: name\n" REST},
    {"x-key: &k seed\nname: x\n*k : 3\n" REST, "name: x\nseed: 3\n" REST},
    /* the nearest anchor before it */
    {"x-a: &a 1\nblock: *a\nx-b: &a 2\nseed: *a\nname: x\n" REST,
     "block: 1\nseed: 2\nname: x\n" REST},
    {IN_MODEL("mean: &three [0.1, .2, 3.]\n  std: *three"),
     IN_MODEL("mean: [0.1, 0.2, 3]\n  std: [0.1, 0.2, 3]")},
    {"name: x\n" BITS METHODS "models:\n- &a {name: a, network: n, loss: kl_to_float, "
     "calibration: &c {file: c}}\n"
     "- {<<: *a, name: b, validation: *c}\n"
     "- {name: c, validation: {<<: *c, samples: 9}, <<: *a, batchnorm: fold}\n",
     "name: x\n" BITS METHODS
     "models:\n- {name: a, network: n, loss: kl_to_float, calibration: {file: c}}\n"
     "- {name: b, network: n, loss: kl_to_float, calibration: {file: c}, "
     "validation: {file: c}}\n"
     "- {name: c, network: n, loss: kl_to_float, calibration: {file: c}, "
     "validation: {file: c, samples: 9}, batchnorm: fold}\n"},
    /* own entries first, then the mappings of a list in their order; merges in merges */
    {"x-a: &a {seconds: 1, evaluations: 11}\n"
     "x-b: &b {<<: *a, seconds: 2, run_seconds: 22}\n"
     "name: x\nbudget: {<<: [*b, *a], evaluations: 33}\n" REST,
     "name: x\nbudget: {seconds: 2, run_seconds: 22, evaluations: 33}\n" REST},
    {"x-a: &a {seconds: 1, evaluations: 11}\n"
     "x-b: &b {<<: *a, seconds: 2, run_seconds: 22}\n"
     "name: x\nbudget: {<<: [*a, *b]}\n" REST,
     "name: x\nbudget: {seconds: 1, run_seconds: 22, evaluations: 11}\n" REST},
    {"<<: {block: 4, name: y}\nname: x\n" REST, "name: x\nblock: 4\n" REST},
    {"x-m: &m {name: lapq, sweeps: 2}\nname: x\n" MODELS BITS
     "methods: [*m, {<<: *m, sweeps: 3}, {<<: *m, as: z, p: [1, +4]}]\n",
     "name: x\n" MODELS BITS
     "methods: [{name: lapq, sweeps: 2}, {name: lapq, sweeps: 3}, "
     "{name: lapq, sweeps: 2, as: z, p: [1, 4]}]\n"},
    {IN_MODEL("shape: {a: 1, b.2: 3}"), IN_MODEL("shape: [a=1, b.2=3]")},
    /* what models share; a section is completed, another setting is the model's own */
    {"defaults: {loss: kl_to_float, inputs: {u: /u}, calibration: {file: c, samples: "
     "9}}\n"
     "name: x\n" BITS METHODS "models:\n"
     "- {name: a, network: n}\n"
     "- {name: b, network: n, loss: mse_to_float, calibration: {check: 2, samples: "
     "8}}\n"
     "- {name: c, network: n, inputs: {v: /v}, calibration: {file: d}}\n",
     "name: x\n" BITS METHODS "models:\n"
     "- {name: a, network: n, loss: kl_to_float, inputs: {u: /u}, "
     "calibration: {file: c, samples: 9}}\n"
     "- {name: b, network: n, loss: mse_to_float, inputs: {u: /u}, "
     "calibration: {file: c, samples: 8, check: 2}}\n"
     "- {name: c, network: n, loss: kl_to_float, inputs: {v: /v}, "
     "calibration: {file: d, samples: 9}}\n"},
    {"defaults: {calibration: {file: c}}\nname: x\n" BITS METHODS
     "models: {name: a, network: n}\n",
     "name: x\n" BITS METHODS
     "models: {name: a, network: n, calibration: {file: c}}\n"},
    {"defaults: {}\n" SMALL, SMALL},
    {"x-nothing: &n\nx-unused: &u [&v {a: *n}]\n" SMALL, SMALL},
};

static void a_file_with_anchors_is_the_one_written_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(expansions); i++) {
        char *first, *second;

        assert_read(expansions[i].short_hand);
        first = written();
        assert_read(expansions[i].written_out);
        second = written();
        assert_string_equal(first, second);
        free(first);
        free(second);
    }
}

/* Appends `count` lines "KEY<i>: &a<i> [*a<i-1>, ...]" with so many aliases each. */
static void append_bomb(char *text, size_t bytes, int count, int aliases)
{
    for (int i = 0; i < count; i++) {
        size_t length = strlen(text);

        length += (size_t)snprintf(text + length, bytes - length, "x-%d: &a%d [", i, i);
        for (int j = 0; j < aliases; j++)
            length += (size_t)snprintf(text + length, bytes - length,
                                       i ? "*a%d," : "%d,", i ? i - 1 : j);
        snprintf(text + length, bytes - length, "]\n");
    }
}

static void aliases_that_multiply_are_refused_quickly(void **state)
{
    static const struct {
        int anchors, aliases;
        const char *sentence; /* NULL: it is read */
    } cases[] = {
        {4, 8, NULL},
        {9, 9, "more than 16384 values behind anchors (&) and aliases (*)"},
        {9, 200, "more than 16384 values behind anchors (&) and aliases (*)"},
        {30, 1, NULL},
        {40, 1, "more than 32 levels"},
        {256, 0, NULL},
        {257, 0, "more than 256 anchors (&)"},
    };
    enum { BYTES = 1 << 16 };
    char *text = memory_get(BYTES);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        clock_t start = clock();
        int status;

        strcpy(text, cases[i].anchors > 200 ? "" : SMALL);
        append_bomb(text, BYTES, cases[i].anchors, cases[i].aliases);
        status = read_with(text, NULL, 0);
        if (cases[i].sentence && !strstr(err.text, cases[i].sentence))
            fail_msg("\"%s\" instead of %s", err.text, cases[i].sentence);
        if (!cases[i].sentence && cases[i].anchors < 200)
            assert_int_equal(status, 0);
        if (!cases[i].sentence)
            assert_null(strstr(err.text, "more than"));
        assert_true(clock() - start < CLOCKS_PER_SEC);
    }
    free(text);
}

static void what_is_merged_counts_as_entries(void **state)
{
    char *text = memory_zeroed(1, 1 << 16);
    size_t length = 0;

    (void)state;
    for (int part = 0; part < 2; part++) {
        length += (size_t)sprintf(text + length, "x-%d: &p%d {", part, part);
        for (int i = 0; i < 200; i++)
            length += (size_t)sprintf(text + length, "k%d-%d: 1,", part, i);
        length += (size_t)sprintf(text + length, "}\n");
    }
    strcat(text, "name: x\nbudget: {<<: [*p0, *p1]}\n" REST);
    assert_refused(text, "t.yaml:4:9: more than 256 entries here");
    free(text);
}

/* ---- hostile files ---- */

static void a_hostile_file_is_refused_quickly(void **state)
{
    enum { MIB = 1 << 20 };
    static const struct {
        const char *repeated;
        size_t bytes;
        const char *sentence; /* its beginning */
    } cases[] = {
        {"[", MIB, "t.yaml:1:33: more than 32 levels"},
        {"{", MIB, "t.yaml:1:2: a key must be a word"},
        {"{a: ", MIB, "t.yaml:1:129: more than 32 levels"},
        {"- ", MIB, "t.yaml:1:65: more than 32 levels"},
        {"? ", MIB, "t.yaml:1:3: a key must be a word"},
        {"a", MIB, "t.yaml:1:1: the configuration needs settings"},
        {"\n", MIB,
         "t.yaml:1:1: the file is empty; `calq init MODEL` writes a configuration"},
        {"- a\n", MIB, "t.yaml:257:3: more than 256 entries here"},
        {"&a ", MIB, "t.yaml:1:"},
        {"a: *a\n", MIB, "t.yaml:"},
        {"- &a b\n", MIB, "t.yaml:257:3: more than 256 anchors (&)"},
        {"&a [", MIB, "t.yaml:1:129: more than 32 levels"},
        {"- <<: {}\n", MIB, "t.yaml:257:3: more than 256 entries here"},
        {"%", MIB, "t.yaml:1:2: not valid YAML"},
        {"\"", MIB, "t.yaml:1:"},
        {"\xFF\xFE\x41\xD8", MIB, "t.yaml:1:"},
        {"\x7F\x45\x4C\x46", MIB, "t.yaml:1:1: not text that YAML allows"},
        {"a", MIB + 1, "t.yaml is larger than 1 MiB"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t unit = strlen(cases[i].repeated);
        char *text = memory_get(cases[i].bytes);
        clock_t start = clock();

        for (size_t j = 0; j < cases[i].bytes; j++)
            text[j] = cases[i].repeated[j % unit];
        write_file(text, cases[i].bytes);
        free(text);
        config_clear(&config);
        assert_int_equal(config_read("t.yaml", NULL, 0, &named_settings, &config, &err),
                         -1);
        if (strncmp(err.text, cases[i].sentence, strlen(cases[i].sentence)) != 0)
            fail_msg("%s instead of %s", err.text, cases[i].sentence);
        assert_true(clock() - start < 10 * CLOCKS_PER_SEC);
    }
}

/* ---- overrides ---- */

static void overrides_replace_and_add(void **state)
{
    static const char *const overrides[] = {
        "block=16",
        "block=32",
        "out=elsewhere=b",
        "models.0.calibration.samples=10..19",
        "models.0.inputs={input.1: /images}",
        "models.1.name=b",
        "models.1.network=m.onnx",
        "models.1.calibration.file=d.h5",
        "budget.evaluations=77",
        "bits=[W8A8, W2A2]",
        "methods.0={name: lapq, sweeps: 3}",
        "methods.0.p=[3, 4]",
    };
    static const char text[] = "name: x\nblock: 9999\nmodels:\n- {name: a, network: n, "
                               "calibration: {file: c}}\n"
                               "methods: [minmax]\n";

    (void)state;
    if (read_with(text, overrides, COUNT(overrides)) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(config.block, 32);
    assert_string_equal(config.out, "elsewhere=b");
    assert_true(config.models[0].calibration.samples.first == 10 &&
                config.models[0].calibration.samples.count == 10);
    assert_string_equal(config.models[0].inputs.list[0].name, "input.1");
    assert_int_equal(config.model_count, 2);
    assert_string_equal(config.models[1].calibration.file, "d.h5");
    assert_int_equal(config.max_evaluations, 77);
    assert_true(config.bits_count == 2 && config.bits[1].weights == 2);
    assert_method(0, "name: lapq; sweeps: 3; p: [3, 4]");
}

/* A value is a text of its own; what an override changes is one place, not all copies. */
static void overrides_have_anchors_and_numbers_of_their_own(void **state)
{
    static const char *const overrides[] = {
        "methods=[&m {name: lapq, sweeps: 3}, {<<: *m, sweeps: 4}]",
        "models.0.scale=.02", "models.1.calibration.samples=+7", "bits=w2a4"};
    static const char *const wrong[] = {"models.0.scale=*s"};
    static const char text[] =
        "name: x\n" BITS METHODS
        "models:\n- &a {name: a, network: n, scale: &s 2, calibration: {file: c}}\n"
        "- {<<: *a, name: b}\n";

    (void)state;
    if (read_with(text, overrides, COUNT(overrides)) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(config.method_count, 2);
    assert_method(0, "sweeps: 3");
    assert_method(1, "name: lapq; sweeps: 4");
    assert_true(config.models[0].constants.scale == .02 &&
                config.models[1].constants.scale == 2);
    assert_true(config.models[0].calibration.samples.count == 512 &&
                config.models[1].calibration.samples.count == 7);
    assert_true(config.bits[0].weights == 2 && config.bits[0].activations == 4);
    assert_int_equal(read_with(text, wrong, 1), -1);
    assert_string_equal(err.text, "--set models.0.scale=*s: the alias *s has no anchor "
                                  "&s before it");
}

static void a_wrong_override_is_named(void **state)
{
    static const struct {
        const char *override, *sentence;
    } cases[] = {
        {"block=0", "--set block=0: block: \"0\" is out of range (1..4096)"},
        {"blok=8", "--set blok=8: unknown key \"blok\"; did you mean block?"},
        {"block", "--set block: an override is written key=value"},
        {"block=", "--set block=: block has no value"},
        {"=8", "--set =8: \"\" is not a path such as models.0.calibration.samples"},
        {"models..name=b",
         "--set models..name=b: \"models..name\" is not a path such as "
         "models.0.calibration.samples"},
        {"models.0.name.x=b",
         "--set models.0.name.x=b: \"a\" is a single value and has no \"x\""},
        {"models.2.name=b",
         "--set models.2.name=b: \"2\" is not the number of an "
         "entry; the list has 1, counted from 0, as in models.0.loss"},
        {"models.-1.name=b",
         "--set models.-1.name=b: \"-1\" is not the number of an "
         "entry; the list has 1, counted from 0, as in models.0.loss"},
        {"models.0.metric=[top1", "--set models.0.metric=[top1: not valid YAML: did "
                                  "not find expected ',' or ']' while "
                                  "parsing a flow sequence"},
        {"models.1.name=b", "--set models.1.name=b: a model lacks network; add it, "
                            "e.g. network: net.onnx\n"
                            "--set models.1.name=b: a model lacks calibration; add it, "
                            "e.g. calibration: {file: train.h5, samples: 500}"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(read_with("name: x\nmodels:\n- {name: a, network: n, "
                                   "calibration: {file: c}}\n" BITS METHODS,
                                   &cases[i].override, 1),
                         -1);
        assert_string_equal(err.text, cases[i].sentence);
        assert_int_equal(err.code, EXIT_CONFIG);
    }
}

/* ---- writing ---- */

static void assert_methods(const struct config_method_settings *methods, int count)
{
    assert_int_equal(config.method_count, count);
    for (int i = 0; i < count; i++) {
        assert_memory_equal(&config.methods[i], &methods[i],
                            offsetof(struct config_method_settings, as));
        assert_string_equal(config_method_title(&config.methods[i]),
                            config_method_title(&methods[i]));
    }
}

static void a_written_configuration_reads_back_the_same(void **state)
{
    static const char *const texts[] = {
        SMALL,
        full,
        "name: '1'\nout: \"a 'b' \\\"c\\\" \\\\ #d: [e] é \\u2028 \\U0001F600 "
        "\\x85\"\n" REST,
        "name: 'null'\nout: '~'\nkernel: 'null'\n" REST,
        IN_MODEL("keep_float: ['*', '&a', '!b', ' c ', '- d', '{e', \"f'\", '${G}']"),
        IN_MODEL(
            "scale: 0.1\n  mean: [-0, 1e-300, 0.30000000000000004]\n  std: 3.4e38"),
        IN_MODEL("inputs: {'a: b': '# c'}"),
        IN_MODEL("inputs: {user: /user, item: {data: /item, scale: 1, mean: [1, 2]}}"),
        several_methods,
        overrides,
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct config before;
        char *first, *second;

        assert_read(texts[i]);
        first = written();
        before = config;
        memset(&config, 0, sizeof config);
        assert_read(first);
        assert_string_equal(config.name, before.name);
        assert_string_equal(config.out, before.out);
        assert_methods(before.methods, before.method_count);
        assert_memory_equal(config.models[0].constants.mean,
                            before.models[0].constants.mean,
                            sizeof before.models[0].constants.mean);
        second = written();
        assert_string_equal(first, second);
        free(first);
        free(second);
        config_clear(&before);
    }
}

static void several_inputs_have_their_datasets_and_constants(void **state)
{
    const struct config_inputs *inputs = &config.models[0].inputs;

    (void)state;
    assert_read(IN_MODEL("inputs: {user: /u, item: {data: /i, scale: 0.5, mean: [1, "
                         "2]}}\n  groups: /u"));
    assert_int_equal(inputs->count, 2);
    assert_string_equal(inputs->list[0].name, "user");
    assert_string_equal(inputs->list[0].data, "/u");
    assert_false(config_has_constants(&inputs->list[0].constants));
    assert_string_equal(inputs->list[1].name, "item");
    assert_string_equal(inputs->list[1].data, "/i");
    assert_true(inputs->list[1].constants.scale == 0.5 &&
                inputs->list[1].constants.mean_count == 2 &&
                inputs->list[1].constants.mean[1] == 2 &&
                inputs->list[1].constants.std_count == 0);
    assert_false(config_has_constants(&config.models[0].constants));
    assert_string_equal(config.models[0].groups, "/u");
}

static void a_written_configuration_says_everything(void **state)
{
    static const char expected[] =
        "name: \"x\"\n"
        "out: \"runs/x\"\n"
        "seed: 0\n"
        "block: 8\n"
        "ranks_per_case: all\n"
        "memory: 2GiB\n"
        "kernel: \"auto\"\n"
        "overlap: refuse\n"
        "models:\n"
        "- name: \"a\"\n"
        "  network: \"n.onnx\"\n"
        "  loss: cross_entropy\n"
        "  metric: top1\n"
        "  batchnorm: epilogue\n"
        "  keep_float: [\"first\", \"last\"]\n"
        "  activations: by_target\n"
        "  activation_grid: by_target\n"
        "  quantize_output: false\n"
        "  calibration: {file: \"c.h5\", samples: at most 512, check: 0}\n"
        "  inputs: \"/x\"\n"
        "  labels: \"/y\"\n"
        "targets: [paper]\n"
        "bits: [W4A4]\n"
        "methods:\n"
        "- {name: minmax, layerwise: sequential, weight_steps: per_tensor, "
        "block_size: 32, bias_correction: none, bias_correction_accept: if_loss_drops, "
        "equalize: "
        "false, "
        "reestimate_batchnorm: none, reestimate_accept: if_loss_drops, "
        "rounding: {name: nearest}, "
        "outlier_splitting: {ratio: 0, halves: quantization_aware, clip_sees: split}, "
        "activation_splitting: {ratio: 0, channels: static}}\n"
        "exclude: []\n"
        "analyses: []\n"
        "budget: {evaluations: 0, seconds: 0, run_seconds: 0}\n"
        "stuck_after: 600\n";
    char *text;

    (void)state;
    assert_read(SMALL);
    text = written();
    assert_string_equal(text, expected);
    free(text);
}

static void writing_to_a_full_disk_is_an_error(void **state)
{
    FILE *file = fopen("/dev/full", "w");

    (void)state;
    if (!file)
        skip();
    assert_read(SMALL);
    assert_int_equal(config_write(&config, file, &err), -1);
    assert_int_equal(err.code, EXIT_MACHINE);
    fclose(file);
}

/* ---- help and words ---- */

static void assert_help_names(const struct config_section *section, const char *help)
{
    const struct config_field *field;

    for (size_t i = 0; (field = config_section_field(section, i)); i++) {
        char key[64];

        snprintf(key, sizeof key, "%s: ", field->key);
        assert_non_null(strstr(help, key));
        assert_non_null(strstr(help, field->help));
        if (field->section)
            assert_help_names(field->section, help);
    }
}

static void help_names_every_setting(void **state)
{
    char *text = NULL;
    size_t bytes;
    FILE *file = open_memstream(&text, &bytes);

    (void)state;
    config_help(&named_settings, file);
    fclose(file);
    assert_help_names(&config_schema, text);
    assert_help_names(named_settings.methods, text);
    assert_non_null(strstr(text, "block: whole number, 1..4096; default 8\n"));
    free(text);
}

static void words_have_their_names(void **state)
{
    char text[16];

    (void)state;
    config_bits_text((struct config_bits){4, 32}, text);
    assert_string_equal(text, "W4A32");
    assert_string_equal(config_target_name(TARGET_ONNX), "onnx");
    assert_string_equal(metric_table[METRIC_TOP5].name, "top5");
}

/* ---- the temporary folder that every test runs in ---- */

static char folder[] = "/tmp/calq-test-config-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    config_clear(&config);
    unlink("t.yaml");
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_file_has_every_default),
        cmocka_unit_test(every_setting_is_read),
        cmocka_unit_test(overrides_say_what_is_given),
        cmocka_unit_test(methods_have_settings_of_their_own),
        cmocka_unit_test(channels_are_split_by_a_number_or_settings),
        cmocka_unit_test(paths_take_environment_variables),
        cmocka_unit_test(a_variable_must_be_set_and_fit),
        cmocka_unit_test(sizes_and_ranges_are_read),
        cmocka_unit_test(numbers_are_read_as_yaml_writes_them),
        cmocka_unit_test(bits_have_letters_of_any_case),
        cmocka_unit_test(every_mistake_has_its_place_and_sentence),
        cmocka_unit_test(all_errors_come_at_once_in_the_order_of_the_file),
        cmocka_unit_test(errors_beyond_the_buffer_are_counted),
        cmocka_unit_test(a_long_or_foreign_value_is_cut_in_its_sentence),
        cmocka_unit_test(files_that_cannot_be_read_are_named),
        cmocka_unit_test(a_file_with_anchors_is_the_one_written_out),
        cmocka_unit_test(aliases_that_multiply_are_refused_quickly),
        cmocka_unit_test(what_is_merged_counts_as_entries),
        cmocka_unit_test(a_hostile_file_is_refused_quickly),
        cmocka_unit_test(overrides_replace_and_add),
        cmocka_unit_test(overrides_have_anchors_and_numbers_of_their_own),
        cmocka_unit_test(a_wrong_override_is_named),
        cmocka_unit_test(a_written_configuration_reads_back_the_same),
        cmocka_unit_test(several_inputs_have_their_datasets_and_constants),
        cmocka_unit_test(a_written_configuration_says_everything),
        cmocka_unit_test(writing_to_a_full_disk_is_an_error),
        cmocka_unit_test(help_names_every_setting),
        cmocka_unit_test(words_have_their_names),
    };

    return cmocka_run_group_tests_name("config", tests, enter_folder, leave_folder);
}
