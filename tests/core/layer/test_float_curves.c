#include "core/layer/float_curves.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { POINTS = 400001 };

/* Relative. */
static const double near = 3e-7;

static void assert_near(const char *what, float x, float got, double value)
{
    if (!(fabs((double)got - value) <= near * fabs(value)))
        fail_msg("%s of %a is %a, not %a", what, (double)x, (double)got, value);
}

/* From -80 to 80, close to each other around zero. */
static float point(int i)
{
    float t = (float)(i - POINTS / 2) / (float)(POINTS / 2);

    return 80 * t * t * t;
}

static void they_are_near_the_exact_ones(void **state)
{
    (void)state;
    for (int i = 0; i < POINTS; i++) {
        float x = point(i);

        assert_near("exp", x, float_exponential(x), exp((double)x));
        assert_near("logistic", x, float_logistic(x), 1 / (1 + exp(-(double)x)));
        assert_near("tanh", x, float_tangent(x), tanh((double)x));
    }
}

static void what_a_difference_loses_is_put_back(void **state)
{
    (void)state;
    for (int i = 0; i < POINTS; i++) {
        float x = point(i), most = 90 + 0.3f * (float)(i % 1000);

        if ((double)x - (double)most > -86.9)
            assert_near("exp of a difference", x, float_exponential_below(x, most),
                        exp((double)x - (double)most));
    }
}

static void ends_are_what_they_should_be(void **state)
{
    (void)state;
    assert_true(float_logistic(INFINITY) == 1 && float_logistic(-INFINITY) < 2e-38f);
    assert_true(float_tangent(INFINITY) == 1 && float_tangent(-INFINITY) == -1);
    assert_true(float_tangent(0) == 0 && signbit(float_tangent(-0.0f)));
    assert_true(float_exponential_below(-INFINITY, 3) == 0);
    assert_true(float_exponential_below(3, 3) == 1);
    assert_true(float_exponential_below(-100, 3) == 0);
}

static void what_is_no_number_stays(void **state)
{
    (void)state;
    assert_true(isnan(float_logistic(NAN)));
    assert_true(isnan(float_tangent(NAN)));
    assert_true(isnan(float_exponential_below(NAN, 3)));
    assert_true(isnan(float_exponential_below(-INFINITY, -INFINITY)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_near_the_exact_ones),
        cmocka_unit_test(what_a_difference_loses_is_put_back),
        cmocka_unit_test(ends_are_what_they_should_be),
        cmocka_unit_test(what_is_no_number_stays),
    };

    return cmocka_run_group_tests_name("float curves", tests, NULL, NULL);
}
