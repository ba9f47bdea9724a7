#include "core/layer/logarithm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void logarithms_are_those_of_the_library(void **state)
{
    (void)state;
    for (double x = 1e-300; x < 1e300; x *= 1.0123456)
        assert_true(fabs(logarithm(x) - log(x)) <= 1e-15 * fabs(log(x)));
    for (double x = 0.9; x < 1.1; x += 1e-5)
        assert_true(fabs(logarithm(x) - log(x)) <= 1e-15 * fabs(log(x)));
}

static void logarithms_end_where_numbers_end(void **state)
{
    (void)state;
    assert_true(logarithm(1) == 0);
    assert_true(logarithm(0) == -INFINITY);
    assert_true(logarithm(-0.) == -INFINITY);
    assert_true(logarithm(INFINITY) == INFINITY);
    assert_true(isnan(logarithm(-1)));
    assert_true(isnan(logarithm(NAN)));
}

static void exponentials_are_those_of_the_library(void **state)
{
    (void)state;
    for (double x = -100; x < 100; x += 0.0123456)
        assert_true(fabs(exponential_of_any(x) - exp(x)) <= 1e-15 * exp(x));
    assert_true((float)exponential_of_any(1e30) == INFINITY);
    assert_true((float)exponential_of_any(INFINITY) == INFINITY);
    assert_true((float)exponential_of_any(-INFINITY) == 0);
    assert_true(isnan(exponential_of_any(NAN)));
}

static void powers_are_those_of_the_library(void **state)
{
    (void)state;
    for (double x = 1e-3; x < 1e3; x *= 1.0123456)
        for (double y = -5; y < 5; y += 0.25)
            assert_true(fabs(raised(x, y) - pow(x, y)) <= 1e-13 * pow(x, y));
    for (double x = -7; x < 0; x += 0.125)
        for (int y = -5; y < 5; y++)
            assert_true(fabs(raised(x, y) - pow(x, y)) <= 1e-13 * fabs(pow(x, y)));
}

/* All of two such numbers, as the C standard has them. */
static void odd_powers_are_those_of_the_library(void **state)
{
    static const double odd[] = {0,  -0., 1,  -1,       0.5,       -0.5, 2,
                                 -2, 3,   -3, INFINITY, -INFINITY, NAN};
    const size_t count = sizeof odd / sizeof *odd;

    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            float ours = (float)raised(odd[i], odd[j]);
            float theirs = (float)pow(odd[i], odd[j]);

            if (isnan(theirs) ? !isnan(ours)
                              : ours != theirs || signbit(ours) != signbit(theirs))
                fail_msg("%g to the power of %g is %g, not %g", odd[i], odd[j],
                         (double)ours, (double)theirs);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logarithms_are_those_of_the_library),
        cmocka_unit_test(logarithms_end_where_numbers_end),
        cmocka_unit_test(exponentials_are_those_of_the_library),
        cmocka_unit_test(powers_are_those_of_the_library),
        cmocka_unit_test(odd_powers_are_those_of_the_library),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
