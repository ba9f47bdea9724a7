#include "core/network/layer_kind.h"

#include "tests/support/elementwise.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT = 20001 };

static const float factors[] = {1, 0.25f, 0, 1.7f, -0.5f};
static float x[COUNT], y[COUNT];

/* As NumPy has it: where(x < 0, alpha * expm1(x), x) with longdouble, rounded to float. */
static void every_value_is_the_nearest_float(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        const struct layer layer = {.kind = LAYER_ELU, .alpha = factors[i]};

        for (int k = 0; k < COUNT; k++)
            x[k] = sinf((float)k) * powf(10, 0.0005f * (float)k - 8);
        elementwise_run(&layer, x, COUNT, y);
        for (int k = 0; k < COUNT; k++) {
            long double below = factors[i] * expm1l(x[k]);

            assert_true(y[k] == (x[k] < 0 ? (float)below : x[k]));
        }
    }
}

static void ends_of_the_line_are_minus_alpha_and_the_input(void **state)
{
    static const float ends[][2] = {
        {-INFINITY, -1}, {-1e30f, -1}, {0, 0}, {1e30f, 1e30f}, {INFINITY, INFINITY}};
    const struct layer layer = {.kind = LAYER_ELU, .alpha = 1};
    const int count = sizeof ends / sizeof *ends;

    (void)state;
    for (int i = 0; i < count; i++)
        x[i] = ends[i][0];
    x[count] = NAN;
    elementwise_run(&layer, x, count + 1, y);
    for (int i = 0; i < count; i++)
        assert_true(y[i] == ends[i][1]);
    assert_true(isnan(y[count]));
}

static void values_are_negative_where_inputs_and_alpha_allow_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        const struct layer layer = {.kind = LAYER_ELU, .alpha = factors[i]};
        const struct layer_kind_row *row = layer_kind_of(&layer);

        assert_true(row->is_nonnegative(&layer, true));
        assert_true(row->is_nonnegative(&layer, false) == (factors[i] <= 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_the_nearest_float),
        cmocka_unit_test(ends_of_the_line_are_minus_alpha_and_the_input),
        cmocka_unit_test(values_are_negative_where_inputs_and_alpha_allow_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
