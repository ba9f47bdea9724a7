#include "coordinator/search/stop.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void each_reason_is_given_where_it_holds(void **state)
{
    static const struct {
        double before, after;
        int sweeps;
        long evaluations;
        enum stop_reason expected;
    } cases[] = {
        {1, 0.5, 1, 10, STOP_NOT_YET},
        {1, 1, 1, 10, STOP_CONVERGED},
        {1, 0.99991, 1, 10, STOP_CONVERGED},
        {1, 0.99989, 1, 10, STOP_NOT_YET},
        {1e30, 0.99989e30, 1, 10, STOP_NOT_YET},
        {0, 0, 1, 10, STOP_CONVERGED},
        {-1, -2, 1, 10, STOP_NOT_YET},
        {1, 0.5, 1, 100, STOP_EVALUATIONS_SPENT},
        {1, 0.5, 3, 10, STOP_SWEEPS_DONE},
        {1, 0.5, 3, 100, STOP_EVALUATIONS_SPENT},
        {1, 1, 3, 100, STOP_CONVERGED},
        {NAN, NAN, 1, 10, STOP_NOT_FINITE},
        {INFINITY, INFINITY, 1, 10, STOP_NOT_FINITE},
        {INFINITY, 5, 1, 10, STOP_NOT_YET},
        {NAN, 5, 1, 10, STOP_NOT_YET},
        {NAN, NAN, 3, 10, STOP_SWEEPS_DONE},
    };
    const struct stop stop = {.max_sweeps = 3, .loss_tolerance = 1e-4};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct objective objective = {.evaluations = cases[i].evaluations,
                                      .max_evaluations = 100};

        assert_int_equal(stop_after_sweep(&stop, &objective, cases[i].sweeps,
                                          cases[i].before, cases[i].after),
                         cases[i].expected);
    }
}

static void without_a_limit_evaluations_are_never_spent(void **state)
{
    const struct stop stop = {.max_sweeps = 3, .loss_tolerance = 1e-4};
    const struct objective objective = {.evaluations = 1000000};

    (void)state;
    assert_int_equal(stop_after_sweep(&stop, &objective, 1, 1, 0.5), STOP_NOT_YET);
}

static void every_reason_has_words(void **state)
{
    (void)state;
    for (enum stop_reason reason = STOP_NOT_YET; reason <= STOP_NOT_FINITE; reason++)
        assert_non_null(stop_reason_name(reason));
    assert_string_equal(stop_reason_name(STOP_CONVERGED), "converged");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reason_is_given_where_it_holds),
        cmocka_unit_test(without_a_limit_evaluations_are_never_spent),
        cmocka_unit_test(every_reason_has_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
