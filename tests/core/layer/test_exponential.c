#include "core/layer/exponential.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { COUNT = 100000 };

static double off_by(double value, long double expected)
{
    return (double)fabsl(((long double)value - expected) / expected);
}

static void it_is_near_the_librarys_in_longdouble(void **state)
{
    (void)state;
    for (int i = 0; i <= COUNT; i++) {
        double x = -110.0 * i / COUNT;

        assert_true(off_by(exponential(x), expl(x)) < 1e-15);
    }
}

/* From 1e-40, past where the series ends, to -110. */
static void one_less_is_near_the_librarys_in_longdouble(void **state)
{
    (void)state;
    for (int i = 0; i <= COUNT; i++) {
        double x = -pow(10, -40 + (log10(110) + 40) * i / COUNT);

        assert_true(off_by(exponential_less_one(x), expm1l(x)) < 1.1e-12);
    }
    assert_true(exponential_less_one(0) == 0);
}

static void far_below_it_is_zero_as_a_float(void **state)
{
    (void)state;
    assert_true((float)exponential(-1e300) == 0);
    assert_true((float)exponential(-INFINITY) == 0);
    assert_true(exponential_less_one(-INFINITY) == -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_near_the_librarys_in_longdouble),
        cmocka_unit_test(one_less_is_near_the_librarys_in_longdouble),
        cmocka_unit_test(far_below_it_is_zero_as_a_float),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
