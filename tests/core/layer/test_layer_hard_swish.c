#include "core/network/layer_kind.h"

#include "tests/support/elementwise.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT = 20001 };

static const struct layer hard_swish = {.kind = LAYER_HARD_SWISH};
static float x[COUNT], y[COUNT];

/* As ONNX has it, x * clip(x / 6 + 1 / 2, 0, 1) with longdouble, rounded to float. */
static void every_value_is_the_nearest_float(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++)
        x[i] = sinf((float)i) * 0.0003f * (float)i;
    elementwise_run(&hard_swish, x, COUNT, y);
    for (int i = 0; i < COUNT; i++) {
        long double line = ((long double)x[i] + 3) / 6;

        assert_true(y[i] == (float)(x[i] * fminl(fmaxl(line, 0), 1)));
    }
}

static void ends_of_the_line_are_zero_and_the_input(void **state)
{
    static const float ends[][2] = {{-INFINITY, 0}, {-1e30f, 0}, {-3, 0},
                                    {0, 0},         {3, 3},      {INFINITY, INFINITY}};
    const int count = sizeof ends / sizeof *ends;

    (void)state;
    for (int i = 0; i < count; i++)
        x[i] = ends[i][0];
    x[count] = NAN;
    elementwise_run(&hard_swish, x, count + 1, y);
    for (int i = 0; i < count; i++)
        assert_true(y[i] == ends[i][1]);
    assert_true(isnan(y[count]));
}

static void values_are_negative_where_inputs_are(void **state)
{
    const struct layer_kind_row *row = layer_kind_of(&hard_swish);

    (void)state;
    assert_false(row->is_nonnegative(&hard_swish, false));
    assert_true(row->is_nonnegative(&hard_swish, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_the_nearest_float),
        cmocka_unit_test(ends_of_the_line_are_zero_and_the_input),
        cmocka_unit_test(values_are_negative_where_inputs_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
