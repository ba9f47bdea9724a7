#include "coordinator/ledger.h"
#include "coordinator/run_folder.h"
#include "coordinator/run_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/scores.h"
#include "tests/support/scratch.h"

enum { CASES = 4 };

static struct config config;
static struct cases cases;
static struct ledger ledger;
static struct run_table lines;
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
    ledger_init(&ledger, &config, &cases, part);
    lines = (struct run_table){.out = open_memstream(&table, &table_bytes)};
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
    fclose(lines.out);
    free(table);
    ledger_clear(&ledger);
    cases_clear(&cases);
    return 0;
}

static void done(int index)
{
    struct result result;

    result_init(&result, cases.list[index].id, 0);
    ledger_done(&ledger, index, &result);
    run_table_show(&lines, &ledger);
}

static void failed(int index, enum exit_code code, const char *sentence)
{
    ledger_failed(&ledger, index, code, sentence);
    run_table_show(&lines, &ledger);
}

/* The cases that the table has lines of, as their letters. */
static void shows(const char *letters)
{
    char found[CASES + 1] = "";

    fflush(lines.out);
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
    assert_int_equal(ledger_count(&ledger, LEDGER_DONE), 3);
    assert_int_equal(ledger_count(&ledger, LEDGER_FAILED), 1);
}

static void without_failures_there_is_nothing_to_tell(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++)
        done(i);
    assert_int_equal(ledger_report_failures(&ledger, &err), 0);
}

static void failures_are_listed_one_line_a_sentence(void **state)
{
    (void)state;
    failed(0, EXIT_INPUT, "no network");
    done(1);
    failed(2, EXIT_CONFIG, "no budget");
    failed(3, EXIT_INPUT, "no network");
    assert_int_equal(ledger_report_failures(&ledger, &err), -1);
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
    assert_int_equal(ledger_report_failures(&ledger, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_string_equal(err.text, "no network");
}

static void several_reasons_for_all_are_listed(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++)
        failed(i, EXIT_INPUT, i < 2 ? "no network" : "no data");
    assert_int_equal(ledger_report_failures(&ledger, &err), -1);
    assert_int_equal(err.code, EXIT_SOME_FAILED);
    assert_non_null(strstr(err.text, "case-c and 1 more: no data"));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, start, end)
#define TEST_PART(test) cmocka_unit_test_setup_teardown(test, start_second_of_two, end)

static void a_part_takes_every_nth_case_and_shows_only_these(void **state)
{
    (void)state;
    assert_int_equal(ledger_count_own(&ledger, LEDGER_STATES), 2);
    assert_true(ledger.each[0].is_others && !ledger.each[1].is_others);
    assert_true(ledger.each[2].is_others && !ledger.each[3].is_others);
    done(1);
    shows("b");
    done(3);
    shows("bd");
    assert_int_equal(ledger_count_open(&ledger), 0);
    assert_int_equal(ledger_count(&ledger, LEDGER_WAITING), 2);
}

static void a_part_fails_as_a_whole_run_does(void **state)
{
    (void)state;
    failed(1, EXIT_INPUT, "no network");
    failed(3, EXIT_INPUT, "no network");
    assert_int_equal(ledger_report_failures(&ledger, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
}

static void failures_of_other_parts_are_told_by_these(void **state)
{
    (void)state;
    failed(0, EXIT_INPUT, "no network");
    done(1);
    done(3);
    assert_int_equal(ledger_report_failures(&ledger, &err), 0);
    assert_int_equal(ledger_count(&ledger, LEDGER_FAILED), 1);
}

/* ---- what the files say ----------------------------------------------------------------------- */

static const char identity[] = "digits: 1\n";

static char run_path[256];

static void shell(const char *format)
{
    char command[1024];

    snprintf(command, sizeof command, format, run_path);
    assert_int_equal(system(command), 0);
}

static int start_files(void **state)
{
    snprintf(run_path, sizeof run_path, "%s/run", scratch_folder);
    shell("mkdir -p %s/cases/case-a");
    start_part((struct cases_part){1, 1});
    config.out = run_path;
    (void)state;
    return 0;
}

static int end_files(void **state)
{
    shell("rm -r %s");
    return end(state);
}

/* The journal of case-a with an answer. */
static struct journal *open_journal(void)
{
    struct score score = score_costing(6, 4);
    struct journal *journal =
        run_folder_open_journal(&config, "case-a", identity, &err);

    assert_non_null(journal);
    assert_int_equal(journal_add(journal, JOURNAL_SCORE, &(struct hash128){{1, 1}},
                                 &score, sizeof score,
                                 &(struct journal_cost){.seconds = 0.5}, &err),
                     0);
    return journal;
}

static void stands(enum ledger_state state)
{
    ledger_look(&ledger);
    assert_string_equal(ledger_state_name(ledger.each[0].state),
                        ledger_state_name(state));
}

static void a_case_without_files_waits(void **state)
{
    (void)state;
    stands(LEDGER_WAITING);
    assert_int_equal(ledger_count(&ledger, LEDGER_WAITING), CASES);
    assert_true(isnan(ledger.each[0].progress.best_loss));
}

static void a_case_runs_while_its_journal_is_open_and_is_interrupted_then(void **state)
{
    struct journal *journal = open_journal();

    (void)state;
    stands(LEDGER_RUNNING);
    assert_int_equal(journal_close(journal, &err), 0);
    stands(LEDGER_INTERRUPTED);
    assert_int_equal(ledger.each[0].progress.evaluations, 1);
    assert_true(ledger.each[0].progress.best_loss == 1.5);
    assert_int_equal(ledger_count_open(&ledger), CASES);
}

static void a_case_that_failed_says_why_until_it_is_tried_again(void **state)
{
    (void)state;
    assert_int_equal(journal_close(open_journal(), &err), 0);
    assert_int_equal(
        run_folder_write_failure(&config, "case-a", EXIT_INPUT, "no data", &err), 0);
    stands(LEDGER_FAILED);
    assert_string_equal(ledger.each[0].failure, "no data");
    assert_int_equal(ledger.each[0].failed, EXIT_INPUT);
    assert_int_equal(ledger.each[0].progress.evaluations, 1);
    ledger_retry(&ledger, 0);
    stands(LEDGER_INTERRUPTED);
}

static void a_journal_of_another_case_is_refused(void **state)
{
    (void)state;
    assert_int_equal(journal_close(open_journal(), &err), 0);
    ledger.each[0].identity = strdup("digits: 2\n");
    assert_int_equal(ledger_compare(&ledger, &err), -1);
    assert_non_null(strstr(
        err.text,
        "cases/case-a/journal was written with `digits: 1`, this run has `digits: 2`"));
}

#define TEST_FILES(test) cmocka_unit_test_setup_teardown(test, start_files, end_files)

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
        TEST_PART(failures_of_other_parts_are_told_by_these),
        TEST_FILES(a_case_without_files_waits),
        TEST_FILES(a_case_runs_while_its_journal_is_open_and_is_interrupted_then),
        TEST_FILES(a_case_that_failed_says_why_until_it_is_tried_again),
        TEST_FILES(a_journal_of_another_case_is_refused),
    };

    return cmocka_run_group_tests_name("ledger", tests, scratch_make, scratch_remove);
}
