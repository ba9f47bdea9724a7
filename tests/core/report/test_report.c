#include "core/report/report.h"

#include "core/report/report_page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/method_settings.h"
#include "tests/support/scores.h"

enum { RESULTS = 3 };

static struct config config = {.name = "a <run> & \"more\""};
static struct config_model net = {.name = "net<&>", .network = "<net>.onnx"};
static struct config_method_settings mmse;
static struct result results[RESULTS];
static struct report_case cases[RESULTS + 1];
static struct report_run run = {"a <run> & \"more\"", "runs/it's here", &config, cases,
                                RESULTS + 1};
static char *text;
static size_t bytes;
static struct error err;

static struct score score(double loss, int samples, int right)
{
    struct score made = score_costing(loss * samples, samples);

    made.labelled = samples;
    made.metrics[METRIC_TOP1] = right;
    made.known[METRIC_TOP1] = samples;
    return made;
}

static void make(int index, const char *id, int bits, double loss, int right)
{
    struct result *result = &results[index];

    result_init(result, id, 0);
    result->model = &net;
    result->target = TARGET_PAPER;
    result->bits = (struct config_bits){bits, bits};
    result->method = &mmse;
    result->float_calibration = score(0, 64, 60);
    result->float_validation = score(0, 64, 60);
    result->result.calibration = score(loss, 64, right);
    result->result.validation = score(loss, 64, right);
    snprintf(result_add_phase(result, "p <grid>")->name, 9, "p <grid>");
    cases[index] = (struct report_case){
        .id = id, .folder = "/no/folder", .state = "done", .result = result};
}

static int start(void **state)
{
    (void)state;
    mmse = method_settings("mmse");
    make(0, "net<&>-paper-W4A4-mmse", 4, 0.25, 50);
    make(1, "net<&>-paper-W4A4-lapq<x>", 4, 0.125, 56);
    make(2, "net<&>-paper-W2A2-mmse", 2, 2, 3);
    cases[RESULTS] = (struct report_case){.id = "net<&>-paper-W2A2-lapq",
                                          .folder = "/no/folder",
                                          .state = "failed",
                                          .failure = "no <such> file & more"};
    result_warn(&results[1], "a <warning> & more");
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i < RESULTS; i++)
        result_clear(&results[i]);
    free(text);
    text = NULL;
    return 0;
}

static void write_page(int runs)
{
    const struct report_run both[] = {run, {"two", "two", &config, cases, 1}};
    FILE *out = open_memstream(&text, &bytes);

    assert_int_equal(report_write(&(struct report){both, runs, false}, out, &err), 0);
    fclose(out);
}

static void has(const char *part)
{
    if (!strstr(text, part))
        fail_msg("the page does not say: %s", part);
}

static void has_not(const char *part)
{
    if (strstr(text, part))
        fail_msg("the page says: %s", part);
}

/* ---- facts ---------------------------------------------------------------------------------- */

static void names_are_escaped(void **state)
{
    (void)state;
    write_page(1);
    has("<title>calq: a &lt;run&gt; &amp; &quot;more&quot;</title>");
    has("net&lt;&amp;&gt;");
    has("a &lt;warning&gt; &amp; more");
    has("no &lt;such&gt; file &amp; more");
    has("p &lt;grid&gt;");
    has("lapq&lt;x&gt;");
    has_not("<run>");
    has_not("net<");
    has_not("<warning>");
    has_not("<such>");
    has_not("<grid>");
}

static void the_best_by_bits_stands_in_the_summary(void **state)
{
    const char *summary, *best;

    (void)state;
    write_page(1);
    summary = strstr(text, "id=\"summary\"");
    best = strstr(summary, "<strong>lapq&lt;x&gt;, 87.50 %</strong>");
    assert_non_null(best);
    assert_true(best < strstr(text, "id=\"methods\""));
    has("3 of 4 cases are done");
}

static void paths_are_quoted_for_a_shell(void **state)
{
    (void)state;
    write_page(1);
    has("&#39;runs/it&#39;\\&#39;&#39;s here/config.yaml&#39;");
}

static void what_a_run_has_not_is_left_out(void **state)
{
    (void)state;
    write_page(1);
    has_not("Loss over evaluations");
    has_not("The p scan");
    has_not("id=\"searches\"");
}

static void several_runs_stand_beside_each_other(void **state)
{
    (void)state;
    write_page(2);
    has("mmse \xc2\xb7 two");
    has("mmse \xc2\xb7 a &lt;run&gt;");
}

static void a_run_without_results_is_told(void **state)
{
    const struct report_run empty = {"e", "runs/e", &config, cases + RESULTS, 1};
    FILE *out = open_memstream(&text, &bytes);

    (void)state;
    assert_int_equal(report_write(&(struct report){&empty, 1, false}, out, &err), -1);
    fclose(out);
    assert_int_equal(err.code, EXIT_USAGE);
    assert_string_equal(err.text, "no case is done in runs/e; see `calq status`");
}

/* Newcombe 1998, table II, contrasts a, b and g, method 10. */
static void drops_have_the_interval_of_the_paper(void **state)
{
    static const struct {
        int a, of_a, b, of_b;
        double low, high;
    } contrasts[] = {
        {56, 70, 48, 80, 5.24, 33.39},
        {9, 10, 3, 10, 17.05, 80.90},
        {10, 10, 0, 10, 60.75, 100},
    };

    (void)state;
    for (size_t i = 0; i < sizeof contrasts / sizeof *contrasts; i++) {
        struct report_drop drop;

        results[0].float_validation = score(0, contrasts[i].of_a, contrasts[i].a);
        results[0].result.validation = score(0, contrasts[i].of_b, contrasts[i].b);
        drop = report_drop_of(&results[0]);
        assert_true(fabs(drop.low - contrasts[i].low) < 0.006);
        assert_true(fabs(drop.high - contrasts[i].high) < 0.006);
    }
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, start, end)
    static const struct CMUnitTest tests[] = {
        TEST(names_are_escaped),
        TEST(the_best_by_bits_stands_in_the_summary),
        TEST(paths_are_quoted_for_a_shell),
        TEST(what_a_run_has_not_is_left_out),
        TEST(several_runs_stand_beside_each_other),
        TEST(a_run_without_results_is_told),
        TEST(drops_have_the_interval_of_the_paper),
    };

    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
