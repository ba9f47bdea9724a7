#include "coordinator/search/brent.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/coordinator/search/golden_lines.h"
#include "tests/support/golden.h"

static const double origin[1] = {0};
static const double direction[1] = {1};
static double probes[LINE_POINTS];
static struct traced traced;
static struct error err;

/* cosh may differ in its last bit from one C library to the next. */
static void assert_same(double found, double expected)
{
    if (fabs(found - expected) > 1e-9 * fabs(expected))
        fail_msg("%.17g, expected %.17g", found, expected);
}

static void assert_trace_is(json_t *evaluations)
{
    size_t index;
    json_t *evaluation;

    assert_int_equal(traced.count, json_array_size(evaluations));
    json_array_foreach(evaluations, index, evaluation)
    {
        double position_and_loss[2];

        assert_int_equal(golden_numbers(evaluation, position_and_loss, 2), 2);
        assert_same(traced.points[index][0], position_and_loss[0]);
        assert_same(traced.losses[index], position_and_loss[1]);
    }
}

static void every_evaluation_is_that_of_scipy(void **state)
{
    json_t *golden = golden_open("golden_lapq.json");
    json_t *expected;
    size_t index;

    (void)state;
    if (golden == NULL)
        skip();
    json_array_foreach(golden_at(golden, "e_powell.brent"), index, expected)
    {
        traced_fn function = golden_line(json_string_value(golden_at(expected, "f")));
        double tolerance = json_number_value(golden_at(expected, "tol"));
        struct objective objective;
        struct line line = {&objective, origin, direction, probes};
        struct bracket bracket;
        struct trial lowest;
        int iterations;

        assert_non_null(function);
        assert_int_equal(traced_objective(&objective, &traced, function, 1, 0, &err),
                         0);
        assert_int_equal(bracket_find(&line, &bracket, &err), 0);
        assert_int_equal(
            brent_minimise(&line, &bracket, tolerance, &lowest, &iterations, &err), 0);
        assert_same(lowest.at, json_number_value(golden_at(expected, "x")));
        assert_same(lowest.loss, json_number_value(golden_at(expected, "fval")));
        assert_int_equal(iterations, json_integer_value(golden_at(expected, "iter")));
        assert_trace_is(golden_at(expected, "evals"));
        objective_clear(&objective);
    }
    assert_int_equal(index, 14);
    json_decref(golden);
}

static void the_first_move_of_a_started_search_is_to_the_vertex(void **state)
{
    const struct bracket bracket = {{-1, 1.44}, {0, 0.04}, {1, 0.64}}; /* (x - 0.2)^2 */
    struct brent brent;

    (void)state;
    brent_init(&brent, &bracket);
    assert_false(brent_is_closed(&brent, 0.01));
    brent_choose_move(&brent, 0.01);
    assert_same(brent.x.at + brent.d, 0.2);
    brent_take(&brent, (struct trial){0.2, 0});
    assert_same(brent.low, 0);
    assert_same(brent.high, 1);
    brent_choose_move(&brent, 0.01);
    assert_true(fabs(brent.d) < 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_evaluation_is_that_of_scipy),
        cmocka_unit_test(the_first_move_of_a_started_search_is_to_the_vertex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
