#include "core/format/result_analysis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/scratch.h"

static struct analysis analysis;

static bool read_text(const char *text)
{
    FILE *file = fopen(scratch_file, "w");
    bool is_read;

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    is_read = analysis_read(scratch_file, &analysis);
    return is_read;
}

static void axes_variables_and_facts_are_read(void **state)
{
    (void)state;
    assert_true(read_text(
        "{\"analysis\": \"x\", \"name\": \"y\", \"axes\": ["
        "{\"name\": \"p\", \"unit\": \"\", \"values\": [1, 2.5]},"
        "{\"name\": \"tensor\", \"values\": [\"a\", \"b\", \"c\"]}], \"variables\": ["
        "{\"name\": \"loss\", \"unit\": \"nats\", \"axes\": [\"p\", \"tensor\"], "
        "\"values\": [[1, 2, 3], [4, null, 6]]},"
        "{\"name\": \"top1\", \"unit\": \"share\", \"axes\": [\"p\"], \"values\": "
        "[0.5, 1]}],"
        "\"facts\": [{\"name\": \"best_p\", \"value\": 2.5}, {\"name\": \"t\", "
        "\"value\": \"w\"}], \"run\": {\"seconds\": 4, \"cpu_seconds\": 3.5}}"));
    assert_true(analysis.seconds == 4 && analysis.cpu_seconds == 3.5);
    assert_int_equal(analysis.findings.axis_count, 2);
    assert_int_equal(analysis.findings.axes[1].count, 3);
    assert_string_equal(analysis.findings.axes[1].texts[2], "c");
    assert_true(analysis.findings.axes[0].numbers[1] == 2.5);
    assert_int_equal(analysis.findings.variables[0].axis_count, 2);
    assert_true(analysis.findings.variables[0].values[3] == 4);
    assert_true(isnan(analysis.findings.variables[0].values[4]));
    assert_string_equal(analysis_variable_named(&analysis, "top1")->name.unit, "share");
    assert_null(analysis_variable_named(&analysis, "top5"));
    assert_true(analysis_fact_named(&analysis, "best_p") == 2.5);
    assert_true(isnan(analysis_fact_named(&analysis, "t")));
    assert_string_equal(analysis.findings.facts[1].text, "w");
    analysis_clear(&analysis);
}

#define AXIS "\"axes\": [{\"name\": \"p\", \"values\": [1, 2]}]"

/* Nothing of that ends in a crash; what was read so far is cleared. */
static void what_is_no_analysis_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"analysis\": 3}",
        "{\"analysis\": \"x\", \"axes\": [3]}",
        "{\"analysis\": \"x\", \"axes\": [{\"name\": \"p\", \"values\": []}]}",
        "{\"analysis\": \"x\", \"axes\": [{\"name\": \"p\", \"values\": [1, \"a\"]}]}",
        "{\"analysis\": \"x\", \"axes\": [{\"name\": \"p\", \"values\": [\"a\", 1]}]}",
        "{\"analysis\": \"x\", " AXIS ", \"variables\": [3]}",
        "{\"analysis\": \"x\", " AXIS
        ", \"variables\": [{\"axes\": [\"q\"], \"values\": [1, 2]}]}",
        "{\"analysis\": \"x\", " AXIS
        ", \"variables\": [{\"axes\": [\"p\"], \"values\": [1]}]}",
        "{\"analysis\": \"x\", " AXIS
        ", \"variables\": [{\"axes\": [\"p\", \"p\"], \"values\": [[1, 2], [3]]}]}",
        "{\"analysis\": \"x\", " AXIS
        ", \"variables\": [{\"axes\": [\"p\", 3], \"values\": [[1, 2], [3, 4]]}]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (read_text(texts[i]))
            fail_msg("this is read as an analysis: %s", texts[i]);
        analysis_clear(&analysis);
    }
    assert_false(analysis_read("/no/such/file", &analysis));
    analysis_clear(&analysis);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_variables_and_facts_are_read),
        cmocka_unit_test(what_is_no_analysis_is_refused),
    };

    return cmocka_run_group_tests_name("result_analysis", tests, scratch_make,
                                       scratch_remove);
}
