#include "core/network/layer_kind.h"

#include "tests/support/elementwise.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT = 20001 };

static const struct layer hyperbolic = {.kind = LAYER_TANH};
static float x[COUNT], y[COUNT];

/* As NumPy has it with longdouble, rounded to float. */
static void every_value_is_the_nearest_float(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++)
        x[i] = sinf((float)i) * powf(10, 0.0005f * (float)i - 8);
    elementwise_run(&hyperbolic, x, COUNT, y);
    for (int i = 0; i < COUNT; i++) {
        assert_true(y[i] == (float)tanhl(x[i]));
        assert_true(y[i] >= -1 && y[i] <= 1);
    }
}

static void ends_of_the_line_are_minus_one_zero_and_one(void **state)
{
    static const float ends[][2] = {{-INFINITY, -1},  {-1e30f, -1}, {0, 0},
                                    {1e-45f, 1e-45f}, {1e30f, 1},   {INFINITY, 1}};
    const int count = sizeof ends / sizeof *ends;

    (void)state;
    for (int i = 0; i < count; i++)
        x[i] = ends[i][0];
    x[count] = NAN;
    elementwise_run(&hyperbolic, x, count + 1, y);
    for (int i = 0; i < count; i++)
        assert_true(y[i] == ends[i][1]);
    assert_true(isnan(y[count]));
}

static void values_are_negative_where_inputs_are(void **state)
{
    const struct layer_kind_row *row = layer_kind_of(&hyperbolic);

    (void)state;
    assert_false(row->is_nonnegative(&hyperbolic, false));
    assert_true(row->is_nonnegative(&hyperbolic, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_the_nearest_float),
        cmocka_unit_test(ends_of_the_line_are_minus_one_zero_and_one),
        cmocka_unit_test(values_are_negative_where_inputs_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
