#include "coordinator/analyze/loss_line.h"

#include "core/base/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SPACING 0.04

/* A parabola with jags of some size. */
static struct loss_line look_at(double curvature, double slope, double jags)
{
    struct random_stream stream = {1};
    double losses[LOSS_LINE_POINTS];

    for (int i = 0; i < LOSS_LINE_POINTS; i++) {
        double at = (i - LOSS_LINE_REACH) * SPACING;

        losses[i] = 3 + slope * at + curvature / 2 * at * at +
                    jags * (2 * random_fraction(&stream) - 1);
    }
    return loss_line_of(losses, SPACING);
}

static void a_smooth_parabola_is_known_at_the_least_width(void **state)
{
    struct loss_line line = look_at(0.7, -0.2, 0);

    (void)state;
    assert_int_equal(line.chosen, 0);
    assert_true(line.is_resolved);
    for (int i = 0; i < LOSS_LINE_WIDTHS; i++) {
        assert_true(fabs(line.curvatures[i] - 0.7) < 1e-9);
        assert_true(fabs(line.slopes[i] + 0.2) < 1e-12);
        assert_true(line.scatters[i] < 1e-9);
    }
}

static void jags_ask_for_a_width_that_sees_over_them(void **state)
{
    const double jags = 0.005;
    struct loss_line line = look_at(0.7, -0.2, jags);

    (void)state;
    assert_true(line.is_resolved);
    assert_true(line.chosen > 0);
    assert_true(line.scatters[0] > 0.7); /* jags pass for curvature there */
    assert_true(fabs(line.curvatures[line.chosen] - 0.7) < 0.7 / 3);
}

static void where_there_are_only_jags_nothing_stands_out(void **state)
{
    struct loss_line line = look_at(0, 0, 0.1);

    (void)state;
    assert_false(line.is_resolved);
    assert_int_equal(line.chosen, LOSS_LINE_WIDTHS - 1);
}

static void a_kink_at_the_point_is_no_curvature_of_a_narrow_width(void **state)
{
    double losses[LOSS_LINE_POINTS];
    struct loss_line line;

    (void)state;
    for (int i = 0; i < LOSS_LINE_POINTS; i++)
        losses[i] = fabs((i - LOSS_LINE_REACH) * SPACING);
    line = loss_line_of(losses, SPACING);
    assert_true(line.curvatures[0] > 7 * line.curvatures[LOSS_LINE_WIDTHS - 1]);
    assert_int_equal(line.chosen, LOSS_LINE_WIDTHS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_smooth_parabola_is_known_at_the_least_width),
        cmocka_unit_test(jags_ask_for_a_width_that_sees_over_them),
        cmocka_unit_test(where_there_are_only_jags_nothing_stands_out),
        cmocka_unit_test(a_kink_at_the_point_is_no_curvature_of_a_narrow_width),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
