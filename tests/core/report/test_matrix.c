#include "core/report/matrix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/method_settings.h"
#include "tests/support/scores.h"

enum { RESULTS = 5, SAMPLES = 800 };

static struct config_model net = {.name = "net", .loss = LOSS_KL_TO_FLOAT},
                           other = {.name = "other", .metric = METRIC_TOP5};
static struct config_method_settings mmse;
static struct result results[RESULTS];
static const struct result *list[RESULTS];
static char *text;
static size_t bytes;

/* A score with a loss that floats hold, and so many eighths of right predictions of SAMPLES. */
static struct score score(double loss, int right)
{
    struct score made = score_costing(loss * SAMPLES, SAMPLES);

    made.labelled = SAMPLES;
    made.metrics[METRIC_TOP1] = made.metrics[METRIC_TOP5] = right * (SAMPLES / 8);
    made.known[METRIC_TOP1] = made.known[METRIC_TOP5] = SAMPLES;
    return made;
}

static struct result *make(int index, const char *id, struct config_model *model,
                           struct config_bits bits, double loss)
{
    struct result *result = &results[index];

    result_init(result, id, 0);
    result->model = model;
    result->target = TARGET_ONNX;
    result->bits = bits;
    result->method = &mmse;
    result->float_calibration = score(0, 7);
    result->float_validation = score(0, 7);
    result->result.calibration = score(loss, 4);
    result->cpu_seconds = 0.25;
    result->cost = (struct cost){2.5, 8, 1500, 2e6};
    list[index] = result;
    return result;
}

static int start(void **state)
{
    const struct config_bits w8a8 = {8, 8}, w4a4 = {4, 4};
    FILE *out = open_memstream(&text, &bytes);

    (void)state;
    mmse = method_settings("mmse");
    make(0, "net-onnx-W8A8-mmse", &net, w8a8, 0.25)->result.validation = score(1, 4);
    make(1, "net-onnx-W8A8-mmse-2", &net, w8a8, 0.125)->result.validation = score(1, 6);
    make(2, "net-onnx-W8A8-own-name", &net, w8a8, 0.5)->cpu_seconds = 7;
    make(3, "net-onnx-W4A4-mmse", &net, w4a4, 2.5)->result.validation = score(1, 2);
    make(4, "other-onnx-W4A4-mmse", &other, w4a4, 1)->result.validation = score(1, 4);
    matrix_print(list, RESULTS, MATRIX_TEXT, out);
    fclose(out);
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i < RESULTS; i++)
        result_clear(&results[i]);
    free(text);
    return 0;
}

/* Whether a line has these words, whatever the blanks between them. */
static bool is_line(const char *line, const char *words)
{
    while (*words) {
        line += strspn(line, " ");
        words += strspn(words, " ");
        if (strncmp(line, words, strcspn(words, " ")) != 0)
            return false;
        line += strcspn(words, " ");
        words += strcspn(words, " ");
    }
    return line[strspn(line, " ")] == '\n';
}

static void has_line(const char *words)
{
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (is_line(line, words))
            return;
    }
    fail_msg("no line says %s:\n%s", words, text);
}

static void losses_stand_by_method_and_bits(void **state)
{
    (void)state;
    has_line("net, target onnx: calibration loss (kl_to_float)");
    has_line("W8A8 W4A4");
    has_line("mmse 0.2500 2.5000*");
}

static void the_best_of_a_column_has_a_star_and_what_is_missing_a_dash(void **state)
{
    (void)state;
    has_line("mmse-2 0.1250* -");
    has_line("own-name 0.5000 -");
    has_line("mmse-2 75.00* -");
    has_line("own-name - -");
}

static void the_float_network_has_a_line(void **state)
{
    (void)state;
    has_line("float 87.50");
}

/* sqrt(3/4 1/4 / 800 + 7/8 1/8 / 800) is 0.01926; sqrt(1/2 1/2 / 800 + 7/8 1/8 / 800) is 0.02121. */
static void differences_have_their_standard_errors(void **state)
{
    (void)state;
    has_line("net, target onnx: validation less that of float, points, and its "
             "standard error "
             "(top1)");
    has_line("mmse -37.50 (2.12) -62.50 (1.93)");
    has_line("mmse-2 -12.50 (1.93) -");
}

/* 590 and 600 of 800 are half a standard error apart. */
static void what_chance_may_have_made_has_no_star(void **state)
{
    struct score *second = &results[0].result.validation;
    char *earlier = text;
    FILE *out = open_memstream(&text, &bytes);

    (void)state;
    second->metrics[METRIC_TOP1] = 590;
    matrix_print(list, RESULTS, MATRIX_TEXT, out);
    fclose(out);
    has_line("mmse 73.75 25.00*");
    has_line("mmse-2 75.00 -");
    free(text);
    second->metrics[METRIC_TOP1] = 400;
    text = earlier;
}

static void markdown_has_the_same_cells(void **state)
{
    char *earlier = text;
    FILE *out = open_memstream(&text, &bytes);

    (void)state;
    matrix_print(list, RESULTS, MATRIX_MARKDOWN, out);
    fclose(out);
    has_line("### net, target onnx: calibration loss (kl_to_float)");
    has_line("| | W8A8 | W4A4 |");
    has_line("|---|---:|---:|");
    has_line("| mmse-2 | 0.1250\\* | - |");
    free(text);
    text = earlier;
}

static void costs_have_matrices_of_their_own(void **state)
{
    (void)state;
    has_line("mmse 0 0");
    has_line("own-name 7.0 -");
    has_line("net, target onnx: bits of weights, on average");
    has_line("mmse 2.50 2.50");
    has_line("mmse 8.00 8.00");
    has_line("net, target onnx: kilobytes of weights");
    has_line("mmse 1.5 1.5");
    has_line("net, target onnx: bit operations, in millions");
    has_line("mmse 2.0 2.0");
}

static void each_model_has_its_own(void **state)
{
    (void)state;
    has_line("other, target onnx: validation, % (top5)");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_stand_by_method_and_bits),
        cmocka_unit_test(the_best_of_a_column_has_a_star_and_what_is_missing_a_dash),
        cmocka_unit_test(the_float_network_has_a_line),
        cmocka_unit_test(differences_have_their_standard_errors),
        cmocka_unit_test(what_chance_may_have_made_has_no_star),
        cmocka_unit_test(markdown_has_the_same_cells),
        cmocka_unit_test(costs_have_matrices_of_their_own),
        cmocka_unit_test(each_model_has_its_own),
    };

    return cmocka_run_group_tests_name("matrix", tests, start, end);
}
