#include "coordinator/sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { CASES = 4 };

static struct config config;
static struct cases cases;
static struct sweep sweep;
static struct error err;
static char *table;
static size_t table_bytes;

/* Four cases of one model: a to d. */
static int start(void **state)
{
    (void)state;
    config = (struct config){.models = {{.name = "net"}}, .model_count = 1};
    cases.list = calloc(CASES, sizeof *cases.list);
    cases.count = CASES;
    for (int i = 0; i < CASES; i++) {
        snprintf(cases.list[i].id, sizeof cases.list[i].id, "case-%c", 'a' + i);
        cases.list[i].model = &config.models[0];
        cases.list[i].method = &config.methods[0];
        cases.list[i].bits = (struct config_bits){4, 4};
    }
    sweep_init(&sweep, &cases, open_memstream(&table, &table_bytes));
    err = (struct error){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    fclose(sweep.out);
    free(table);
    sweep_clear(&sweep);
    cases_clear(&cases);
    return 0;
}

static void done(int index)
{
    struct result result;

    result_init(&result, cases.list[index].id, 0);
    sweep_done(&sweep, index, &result);
    sweep_show(&sweep);
}

static void failed(int index, enum exit_code code, const char *sentence)
{
    struct error why;

    error_set(&why, code, "%s", sentence);
    sweep_failed(&sweep, index, &why);
    sweep_show(&sweep);
}

/* The cases that the table has lines of, as their letters. */
static void shows(const char *letters)
{
    char found[CASES + 1] = "";

    fflush(sweep.out);
    for (const char *at = table; (at = strstr(at, "\ncase-")); at++)
        strncat(found, at + 6, 1);
    assert_string_equal(found, letters);
}

static void the_table_has_the_order_of_the_configuration(void **state)
{
    (void)state;
    shows("");
    done(2);
    shows("");
    done(0);
    shows("a");
    failed(1, EXIT_INPUT, "bad");
    shows("abc");
    done(3);
    shows("abcd");
    assert_int_equal(sweep_count(&sweep, SWEEP_DONE), 3);
    assert_int_equal(sweep_count(&sweep, SWEEP_FAILED), 1);
}

static void without_failures_there_is_nothing_to_tell(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++)
        done(i);
    assert_int_equal(sweep_tell_failures(&sweep, &err), 0);
}

static void failures_are_listed_one_line_a_sentence(void **state)
{
    (void)state;
    failed(0, EXIT_INPUT, "no network");
    done(1);
    failed(2, EXIT_CONFIG, "no budget");
    failed(3, EXIT_INPUT, "no network");
    assert_int_equal(sweep_tell_failures(&sweep, &err), -1);
    assert_int_equal(err.code, EXIT_SOME_FAILED);
    assert_string_equal(err.text,
                        "3 of 4 cases failed; run again to try these once more:\n"
                        "  case-a and 1 more: no network\n"
                        "  case-c: no budget");
}

static void one_reason_for_all_is_told_as_it_is(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++)
        failed(i, EXIT_INPUT, "no network");
    assert_int_equal(sweep_tell_failures(&sweep, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_string_equal(err.text, "no network");
}

static void several_reasons_for_all_are_listed(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++)
        failed(i, EXIT_INPUT, i < 2 ? "no network" : "no data");
    assert_int_equal(sweep_tell_failures(&sweep, &err), -1);
    assert_int_equal(err.code, EXIT_SOME_FAILED);
    assert_non_null(strstr(err.text, "case-c and 1 more: no data"));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(the_table_has_the_order_of_the_configuration),
        TEST(without_failures_there_is_nothing_to_tell),
        TEST(failures_are_listed_one_line_a_sentence),
        TEST(one_reason_for_all_is_told_as_it_is),
        TEST(several_reasons_for_all_are_listed),
    };

    return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
