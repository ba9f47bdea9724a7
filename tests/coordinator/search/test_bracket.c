#include "coordinator/search/bracket.h"

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

static void find_bracket(traced_fn function, struct bracket *bracket)
{
    struct objective objective;
    struct line line = {&objective, origin, direction, probes};

    assert_int_equal(traced_objective(&objective, &traced, function, 1, 0, &err), 0);
    assert_int_equal(bracket_find(&line, bracket, &err), 0);
    objective_clear(&objective);
}

/* cosh may differ in its last bit from one C library to the next. */
static void assert_same(double found, double expected)
{
    if (fabs(found - expected) > 1e-12 * fabs(expected))
        fail_msg("%.17g, expected %.17g", found, expected);
}

static void brackets_are_those_of_scipy(void **state)
{
    json_t *golden = golden_open("golden_lapq.json");
    json_t *expected;
    size_t index;

    (void)state;
    if (golden == NULL)
        skip();
    json_array_foreach(golden_at(golden, "e_powell.bracket"), index, expected)
    {
        traced_fn function = golden_line(json_string_value(golden_at(expected, "f")));
        struct bracket found;

        assert_non_null(function);
        find_bracket(function, &found);
        assert_same(found.a.at, json_number_value(golden_at(expected, "xa")));
        assert_same(found.b.at, json_number_value(golden_at(expected, "xb")));
        assert_same(found.c.at, json_number_value(golden_at(expected, "xc")));
        assert_same(found.a.loss, json_number_value(golden_at(expected, "fa")));
        assert_same(found.b.loss, json_number_value(golden_at(expected, "fb")));
        assert_same(found.c.loss, json_number_value(golden_at(expected, "fc")));
        assert_int_equal(traced.count,
                         json_integer_value(golden_at(expected, "funcalls")));
    }
    assert_int_equal(index, 7);
    json_decref(golden);
}

static double minus_x(const double *x, int dimension)
{
    (void)dimension;
    return -x[0];
}

static double not_a_number(const double *x, int dimension)
{
    (void)x;
    (void)dimension;
    return NAN;
}

static void a_loss_that_falls_forever_ends(void **state)
{
    struct bracket found;

    (void)state;
    find_bracket(minus_x, &found);
    assert_true(traced.count <= 2004);
}

static void losses_that_are_not_numbers_end_at_once(void **state)
{
    struct bracket found;

    (void)state;
    find_bracket(not_a_number, &found);
    assert_int_equal(traced.count, 3);
}

static void the_stationary_point_of_a_parabola_is_its_vertex(void **state)
{
    const struct bracket convex = {{-1, 16}, {0, 9}, {4, 1}};     /* (x - 3)^2 */
    const struct bracket concave = {{-1, -16}, {0, -9}, {4, -1}}; /* -(x - 3)^2 */

    (void)state;
    assert_same(bracket_stationary_point(&convex, 1), 3);
    assert_same(bracket_stationary_point(&concave, 1), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(brackets_are_those_of_scipy),
        cmocka_unit_test(a_loss_that_falls_forever_ends),
        cmocka_unit_test(losses_that_are_not_numbers_end_at_once),
        cmocka_unit_test(the_stationary_point_of_a_parabola_is_its_vertex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
