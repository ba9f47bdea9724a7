#include "coordinator/outlook.h"
#include "coordinator/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CASES = 3 };

static struct config config;
static struct calibration_case list[CASES];
static struct cases cases;
static struct ledger ledger;
static struct outlook outlook;

/* Three cases that are planned with 1000 evaluations of as much work each. */
static int start(void **state)
{
    (void)state;
    config = (struct config){.models = {{.name = "net"}}, .model_count = 1};
    for (int i = 0; i < CASES; i++) {
        snprintf(list[i].id, sizeof list[i].id, "case-%c", 'a' + i);
        list[i].model = &config.models[0];
        list[i].method = &config.methods[0];
        list[i].bits = (struct config_bits){4, 4};
    }
    cases = (struct cases){.list = list, .count = CASES};
    ledger_init(&ledger, &config, &cases, (struct cases_part){1, 1});
    outlook_init(&outlook, &ledger);
    outlook.costs = calloc(CASES, sizeof *outlook.costs);
    for (int i = 0; i < CASES; i++)
        outlook.costs[i] =
            (struct plan_cost){.multiply_adds = 1e9, .evaluations = 1000};
    return 0;
}

static int end(void **state)
{
    (void)state;
    outlook_clear(&outlook);
    ledger_clear(&ledger);
    return 0;
}

/* A case that has so many evaluations, the last ones at a rate; what it took before is `seconds`. */
static void stands(int index, enum ledger_state state, long evaluations, double seconds,
                   double rate)
{
    ledger.each[index].state = state;
    ledger.each[index].progress = (struct journal_summary){
        .evaluations = evaluations, .best_loss = 0.5, .seconds = seconds, .rate = rate};
}

static void expect_left(double seconds)
{
    outlook_estimate(&outlook);
    assert_true(fabs(outlook.seconds - seconds) < 1e-6 * seconds);
}

static void expect_not_known(void)
{
    outlook_estimate(&outlook);
    assert_true(isnan(outlook.seconds));
}

static void nothing_is_told_before_a_case_begins(void **state)
{
    (void)state;
    expect_not_known();
}

/* Measuring tensors takes long, and a p grid finds its answers in memory: neither says how fast a search is. */
static void nothing_is_told_of_a_few_evaluations(void **state)
{
    (void)state;
    stands(0, LEDGER_RUNNING, 0, 40, NAN);
    expect_not_known();
    stands(0, LEDGER_RUNNING, 20, 40, 500);
    expect_not_known();
}

static void what_is_left_follows_from_the_rate_of_the_last_evaluations(void **state)
{
    (void)state;
    stands(0, LEDGER_RUNNING, 100, 60,
           10); /* 10 s of 100 at that rate, and 290 are left */
    expect_left(290);
    stands(0, LEDGER_RUNNING, 500, 100, 10);
    expect_left(250);
    assert_true(fabs(outlook.seconds_of[0] - 50) < 1e-6);
    assert_true(fabs(outlook.seconds_of[1] - 100) < 1e-6);
}

static void a_case_that_is_done_tells_of_the_next(void **state)
{
    (void)state;
    stands(0, LEDGER_DONE, 400, 30, NAN);
    stands(1, LEDGER_RUNNING, 1, 5, 1000);
    expect_left(60 - 30 / 1000.);
}

static void cases_at_once_share_what_is_left(void **state)
{
    (void)state;
    stands(0, LEDGER_RUNNING, 500, 50, 10);
    stands(1, LEDGER_RUNNING, 500, 50, 10);
    expect_left(100); /* (50 + 50 + 100) / 2, and the longest takes 100 */
    stands(2, LEDGER_DONE, 1000, 100, NAN);
    expect_left(50);
}

static void a_case_beyond_its_plan_is_nearly_done(void **state)
{
    (void)state;
    stands(0, LEDGER_DONE, 1000, 100, NAN);
    stands(1, LEDGER_DONE, 1000, 100, NAN);
    stands(2, LEDGER_RUNNING, 5000, 100, 10);
    outlook_estimate(&outlook);
    assert_true(outlook.seconds > 0 && outlook.seconds < 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_told_before_a_case_begins, start,
                                        end),
        cmocka_unit_test_setup_teardown(nothing_is_told_of_a_few_evaluations, start,
                                        end),
        cmocka_unit_test_setup_teardown(
            what_is_left_follows_from_the_rate_of_the_last_evaluations, start, end),
        cmocka_unit_test_setup_teardown(a_case_that_is_done_tells_of_the_next, start,
                                        end),
        cmocka_unit_test_setup_teardown(cases_at_once_share_what_is_left, start, end),
        cmocka_unit_test_setup_teardown(a_case_beyond_its_plan_is_nearly_done, start,
                                        end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
