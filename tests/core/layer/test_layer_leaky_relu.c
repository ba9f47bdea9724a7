#include "core/network/layer_kind.h"

#include "tests/support/elementwise.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT = 1001 };

static const float slopes[] = {0.01f, 0.25f, 0, 1.5f, -0.5f};
static float x[COUNT], y[COUNT];

/* As NumPy has it: where(x < 0, alpha * x, x) of float32. */
static void what_is_below_zero_has_another_slope(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof slopes / sizeof *slopes; i++) {
        const struct layer layer = {.kind = LAYER_LEAKY_RELU, .alpha = slopes[i]};

        for (int k = 0; k < COUNT; k++)
            x[k] = 0.013f * (float)(k - COUNT / 2);
        x[0] = NAN;
        elementwise_run(&layer, x, COUNT, y);
        assert_true(isnan(y[0]));
        for (int k = 1; k < COUNT; k++)
            assert_true(y[k] == (x[k] < 0 ? slopes[i] * x[k] : x[k]));
    }
}

static void values_are_negative_where_inputs_and_the_slope_allow_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof slopes / sizeof *slopes; i++) {
        const struct layer layer = {.kind = LAYER_LEAKY_RELU, .alpha = slopes[i]};
        const struct layer_kind_row *row = layer_kind_of(&layer);

        assert_true(row->is_nonnegative(&layer, true));
        assert_true(row->is_nonnegative(&layer, false) == (slopes[i] <= 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_below_zero_has_another_slope),
        cmocka_unit_test(values_are_negative_where_inputs_and_the_slope_allow_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
