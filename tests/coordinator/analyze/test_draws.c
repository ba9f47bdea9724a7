#include "coordinator/analyze/draws.h"

#include "core/base/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Student's own sleep data (1908, table 1: the second drug): mean 2.33, t of 9 degrees of freedom. */
static void known_numbers_have_a_known_interval(void **state)
{
    const double hours[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
    struct draws_mean found = draws_mean_of(hours, 10);

    (void)state;
    assert_true(fabs(found.mean - 2.33) < 1e-12);
    assert_true(fabs(found.low - 0.8977) < 1e-4);
    assert_true(fabs(found.high - 3.7623) < 1e-4);
}

static void one_draw_has_no_interval(void **state)
{
    const double value = 3;
    struct draws_mean found = draws_mean_of(&value, 1);

    (void)state;
    assert_true(found.mean == 3 && isnan(found.low) && isnan(found.high));
}

static double normal(struct random_stream *stream)
{
    double sum = -6;

    for (int i = 0; i < 12; i++)
        sum += random_fraction(stream);
    return sum;
}

/* Of 4000 intervals 95 % hold the mean, give or take four standard deviations. */
static void intervals_hold_the_mean_as_often_as_they_say(void **state)
{
    const int counts[] = {2, 5, 31, 32, 60};

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct random_stream stream = {i};
        int held = 0;

        for (int trial = 0; trial < 4000; trial++) {
            double values[60];
            struct draws_mean found;

            for (int k = 0; k < counts[i]; k++)
                values[k] = normal(&stream);
            found = draws_mean_of(values, counts[i]);
            held += found.low <= 0 && 0 <= found.high;
        }
        assert_in_range(held, 3800 - 56, 3800 + 56);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_numbers_have_a_known_interval),
        cmocka_unit_test(one_draw_has_no_interval),
        cmocka_unit_test(intervals_hold_the_mean_as_often_as_they_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
