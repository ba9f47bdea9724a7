#include "core/quant/power.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct power power;

static const double exponents[] = {0.5, 1, 1.5, 2, 2.4, 3, 4};
enum { EXPONENT_COUNT = sizeof exponents / sizeof exponents[0] };

static void equals_pow_within_its_error(void **state)
{
    (void)state;
    for (int i = 0; i < EXPONENT_COUNT; i++) {
        double p = exponents[i], worst = 0;

        power_init(&power, p);
        for (double x = 1e-30; x < 1e30; x *= 1.0007)
            worst = fmax(worst, fabs(power_of(&power, x) / pow(x, p) - 1));
        if (worst > fmax(p * p * 3e-8, 1e-12))
            fail_msg("p %g: relative error %g", p, worst);
    }
}

static void rises_with_x(void **state)
{
    (void)state;
    for (int i = 0; i < EXPONENT_COUNT; i++) {
        double before = 0;

        power_init(&power, exponents[i]);
        for (double x = 0.2; x < 5; x += 1e-4) {
            assert_true(power_of(&power, x) > before);
            before = power_of(&power, x);
        }
    }
}

static void zero_gives_next_to_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < EXPONENT_COUNT; i++) {
        power_init(&power, exponents[i]);
        assert_true(power_of(&power, 0) < 1e-150);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_pow_within_its_error),
        cmocka_unit_test(rises_with_x),
        cmocka_unit_test(zero_gives_next_to_nothing),
    };

    return cmocka_run_group_tests_name("power", tests, NULL, NULL);
}
