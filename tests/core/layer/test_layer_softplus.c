#include "core/network/layer_kind.h"

#include "tests/support/elementwise.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT = 20001 };

static const struct layer softplus = {.kind = LAYER_SOFTPLUS};
static float x[COUNT], y[COUNT];

/* As NumPy has it, log1p(exp(x)) with longdouble, rounded to float. */
static void every_value_is_the_nearest_float(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++)
        x[i] = sinf((float)i) * 0.005f * (float)i;
    elementwise_run(&softplus, x, COUNT, y);
    for (int i = 0; i < COUNT; i++) {
        assert_true(y[i] == (float)log1pl(expl(x[i])));
        assert_true(y[i] >= 0);
    }
}

static void ends_of_the_line_are_zero_and_the_input(void **state)
{
    static const float ends[][2] = {{-INFINITY, 0},
                                    {-1e30f, 0},
                                    {0, 0.69314718f},
                                    {1e30f, 1e30f},
                                    {INFINITY, INFINITY}};
    const int count = sizeof ends / sizeof *ends;

    (void)state;
    for (int i = 0; i < count; i++)
        x[i] = ends[i][0];
    x[count] = NAN;
    elementwise_run(&softplus, x, count + 1, y);
    for (int i = 0; i < count; i++)
        assert_true(y[i] == ends[i][1]);
    assert_true(isnan(y[count]));
}

static void no_value_is_negative(void **state)
{
    (void)state;
    assert_true(layer_kind_of(&softplus)->is_nonnegative(&softplus, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_the_nearest_float),
        cmocka_unit_test(ends_of_the_line_are_zero_and_the_input),
        cmocka_unit_test(no_value_is_negative),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
