#include "coordinator/search/objective.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/coordinator/search/traced.h"

static struct traced traced;
static struct error err;

static double sum_of_squares(const double *x, int dimension)
{
    double sum = 0;

    for (int k = 0; k < dimension; k++)
        sum += x[k] * x[k];
    return sum;
}

static double reciprocal(const double *x, int dimension)
{
    (void)dimension;
    return 1 / x[0];
}

static double root(const double *x, int dimension)
{
    (void)dimension;
    return sqrt(x[0]);
}

static void a_batch_is_one_call_and_its_best_point_is_kept(void **state)
{
    const double points[] = {3, 4, 1, 0, 0, 2};
    struct objective objective;
    double losses[3];

    (void)state;
    assert_int_equal(traced_objective(&objective, &traced, sum_of_squares, 2, 0, &err),
                     0);
    assert_true(isinf(objective.best_loss));
    assert_int_equal(objective_losses(&objective, points, 3, losses, &err), 0);
    assert_true(losses[0] == 25 && losses[1] == 1 && losses[2] == 4);
    assert_int_equal(traced.calls, 1);
    assert_int_equal(objective.evaluations, 3);
    assert_true(objective.best_loss == 1);
    assert_true(objective.best_point[0] == 1 && objective.best_point[1] == 0);

    assert_int_equal(objective_loss(&objective, points, losses, &err), 0);
    assert_int_equal(objective.evaluations, 4);
    assert_true(objective.best_loss == 1);
    objective_clear(&objective);
}

static void of_equal_losses_the_first_is_best(void **state)
{
    const double points[] = {-2, 2};
    struct objective objective;
    double losses[2];

    (void)state;
    assert_int_equal(traced_objective(&objective, &traced, sum_of_squares, 1, 0, &err),
                     0);
    assert_int_equal(objective_losses(&objective, points, 2, losses, &err), 0);
    assert_true(objective.best_point[0] == -2);
    objective_clear(&objective);
}

static void what_is_estimated_is_never_best_and_counted(void **state)
{
    const double points[] = {3, 4, 1, 0, 0, 2}, rival_point[] = {0, 2.5};
    const struct rival rival = {rival_point, 6.25};
    struct objective objective;
    double losses[3];

    (void)state;
    traced_objective(&objective, &traced, sum_of_squares, 2, 0, &err);
    traced.estimates = 2;
    assert_int_equal(objective_contest(&objective, &rival, points, 3, losses, &err), 0);
    assert_true(losses[0] == 25); /* without a contest_fn */
    assert_int_equal(objective.estimated, 0);
    objective_clear(&objective);

    traced_objective(&objective, &traced, sum_of_squares, 2, 0, &err);
    objective.contest = traced_contest;
    assert_int_equal(objective_contest(&objective, &rival, points, 1, losses, &err), 0);
    assert_true(losses[0] == 6.25 + 2 * 18.75);
    assert_int_equal(objective.estimated, 1);
    assert_int_equal(objective.evaluations, 1);
    assert_true(isinf(objective.best_loss));
    assert_int_equal(objective_contest(&objective, &rival, points, 3, losses, &err), 0);
    assert_true(losses[1] == 1 && losses[2] == 4);
    assert_int_equal(objective.estimated, 2);
    assert_true(objective.best_loss == 1);
    objective_clear(&objective);
}

static void a_rival_without_a_number_for_a_loss_is_none(void **state)
{
    const double point[] = {3};
    const struct rival rival = {point, INFINITY};
    struct objective objective;
    double loss;

    (void)state;
    traced_objective(&objective, &traced, sum_of_squares, 1, 0, &err);
    objective.contest = traced_contest;
    assert_int_equal(objective_contest(&objective, &rival, point, 1, &loss, &err), 0);
    assert_true(loss == 9 && objective.best_loss == 9);
    assert_int_equal(objective.estimated, 0);
    objective_clear(&objective);
}

static void losses_that_are_not_finite_are_counted_and_never_best(void **state)
{
    const double points[] = {-1, 0, 4};
    const double minus_zero = -0.0;
    struct objective objective;
    double losses[3];

    (void)state;
    assert_int_equal(traced_objective(&objective, &traced, root, 1, 0, &err), 0);
    assert_int_equal(objective_losses(&objective, points, 1, losses, &err), 0);
    assert_true(isnan(losses[0]));
    assert_int_equal(objective.not_finite, 1);
    assert_true(isinf(objective.best_loss));
    assert_int_equal(objective_losses(&objective, points + 2, 1, losses, &err), 0);
    assert_true(objective.best_loss == 2);
    objective_clear(&objective);

    assert_int_equal(traced_objective(&objective, &traced, reciprocal, 1, 0, &err), 0);
    assert_int_equal(objective_losses(&objective, &minus_zero, 1, losses, &err), 0);
    assert_true(isinf(losses[0]) && losses[0] < 0);
    assert_true(isinf(objective.best_loss) && objective.best_loss > 0);
    objective_clear(&objective);
}

static void a_batch_is_cut_where_the_evaluations_end(void **state)
{
    const double points[] = {5, 4, 3, 2, 1};
    struct objective objective;
    double losses[5];

    (void)state;
    assert_int_equal(traced_objective(&objective, &traced, sum_of_squares, 1, 3, &err),
                     0);
    assert_int_equal(objective_losses(&objective, points, 2, losses, &err), 0);
    assert_false(objective.spent);
    assert_int_equal(objective_losses(&objective, points + 2, 3, losses, &err), -1);
    assert_true(objective.spent);
    assert_non_null(strstr(err.text, "all 3 evaluations are spent"));
    assert_int_equal(objective.evaluations, 3);
    assert_int_equal(traced.count, 3);
    assert_true(objective.best_loss == 9 && objective.best_point[0] == 3);

    assert_int_equal(objective_loss(&objective, points, losses, &err), -1);
    assert_int_equal(objective.evaluations, 3);
    objective_clear(&objective);
}

static void the_last_evaluation_is_not_refused(void **state)
{
    const double points[] = {5, 4, 3};
    struct objective objective;
    double losses[3];

    (void)state;
    assert_int_equal(traced_objective(&objective, &traced, sum_of_squares, 1, 3, &err),
                     0);
    assert_int_equal(objective_losses(&objective, points, 3, losses, &err), 0);
    assert_false(objective.spent);
    objective_clear(&objective);
}

static int fail_to_evaluate(void *context, const double *points, int count,
                            double *losses, struct error *error)
{
    (void)context;
    (void)points;
    (void)count;
    (void)losses;
    return error_set(error, EXIT_STOPPED, "rank 3 is gone");
}

static bool it_is_over(void *context)
{
    return ((const struct traced *)context)->count >= 2;
}

static void a_batch_after_the_end_is_refused_as_a_whole(void **state)
{
    const double points[] = {5, 3, 1};
    struct objective objective;
    double losses[3];

    (void)state;
    assert_int_equal(traced_objective(&objective, &traced, sum_of_squares, 1, 0, &err),
                     0);
    objective.is_over = it_is_over;
    assert_int_equal(objective_losses(&objective, points, 2, losses, &err), 0);
    assert_false(objective.spent);
    assert_int_equal(objective_losses(&objective, points + 2, 1, losses, &err), -1);
    assert_true(objective.spent && objective.out_of_time);
    assert_non_null(strstr(err.text, "all seconds are spent"));
    assert_int_equal(objective.evaluations, 2);
    assert_true(objective.best_point[0] == 3);
    objective_clear(&objective);
}

static void a_failed_evaluation_is_handed_on_and_not_counted(void **state)
{
    const double point[] = {1};
    struct objective objective;
    double loss = 7;

    (void)state;
    assert_int_equal(objective_init(&objective, fail_to_evaluate, NULL, 1, 5, &err), 0);
    assert_int_equal(objective_loss(&objective, point, &loss, &err), -1);
    assert_string_equal(err.text, "rank 3 is gone");
    assert_int_equal(err.code, EXIT_STOPPED);
    assert_int_equal(objective.evaluations, 0);
    assert_false(objective.spent);
    assert_true(loss == 7);
    objective_clear(&objective);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_one_call_and_its_best_point_is_kept),
        cmocka_unit_test(of_equal_losses_the_first_is_best),
        cmocka_unit_test(what_is_estimated_is_never_best_and_counted),
        cmocka_unit_test(a_rival_without_a_number_for_a_loss_is_none),
        cmocka_unit_test(losses_that_are_not_finite_are_counted_and_never_best),
        cmocka_unit_test(a_batch_is_cut_where_the_evaluations_end),
        cmocka_unit_test(the_last_evaluation_is_not_refused),
        cmocka_unit_test(a_batch_after_the_end_is_refused_as_a_whole),
        cmocka_unit_test(a_failed_evaluation_is_handed_on_and_not_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
