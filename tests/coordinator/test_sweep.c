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

/* Four cases of one model, a to d, of which a run takes a part. */
static int start_part(struct cases_part part)
{
    config = (struct config){.models = {{.name = "net"}}, .model_count = 1};
    cases.list = calloc(CASES, sizeof *cases.list);
    cases.count = CASES;
    for (int i = 0; i < CASES; i++) {
        snprintf(cases.list[i].id, sizeof cases.list[i].id, "case-%c", 'a' + i);
        cases.list[i].model = &config.models[0];
        cases.list[i].method = &config.methods[0];
        cases.list[i].bits = (struct config_bits){4, 4};
    }
    sweep_init(&sweep, &cases, part, open_memstream(&table, &table_bytes));
    err = (struct error){0};
    return 0;
}

static int start(void **state)
{
    (void)state;
    return start_part((struct cases_part){1, 1});
}

static int start_second_of_two(void **state)
{
    (void)state;
    return start_part((struct cases_part){2, 2});
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
    sweep_failed(&sweep, index, code, sentence);
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
#define TEST_PART(test) cmocka_unit_test_setup_teardown(test, start_second_of_two, end)

static void a_part_takes_every_nth_case_and_shows_only_these(void **state)
{
    (void)state;
    assert_int_equal(sweep_own(&sweep), 2);
    assert_true(sweep.each[0].is_others && !sweep.each[1].is_others);
    assert_true(sweep.each[2].is_others && !sweep.each[3].is_others);
    done(1);
    shows("b");
    done(3);
    shows("bd");
    assert_int_equal(sweep_count_own(&sweep, SWEEP_WAITING), 0);
    assert_int_equal(sweep_count(&sweep, SWEEP_WAITING), 2);
}

static void a_part_fails_as_a_whole_run_does(void **state)
{
    (void)state;
    failed(1, EXIT_INPUT, "no network");
    failed(3, EXIT_INPUT, "no network");
    assert_int_equal(sweep_tell_failures(&sweep, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(the_table_has_the_order_of_the_configuration),
        TEST(without_failures_there_is_nothing_to_tell),
        TEST(failures_are_listed_one_line_a_sentence),
        TEST(one_reason_for_all_is_told_as_it_is),
        TEST(several_reasons_for_all_are_listed),
        TEST_PART(a_part_takes_every_nth_case_and_shows_only_these),
        TEST_PART(a_part_fails_as_a_whole_run_does),
    };

    return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
