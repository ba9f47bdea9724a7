#include "core/network/layer_kind.h"

#include "tests/support/elementwise.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT = 1001 };

static float x[COUNT], y[COUNT];

/* As NumPy has it: clip(alpha * x + beta, 0, 1) of float32. */
static void it_is_a_line_between_zero_and_one(void **state)
{
    static const struct hard_sigmoid lines[] = {{0.2f, 0.5f}, {-0.7f, 0.1f}, {0, 2}};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const struct layer layer = {.kind = LAYER_HARD_SIGMOID,
                                    .hard_sigmoid = lines[i]};

        for (int k = 0; k < COUNT; k++)
            x[k] = 0.013f * (float)(k - COUNT / 2);
        elementwise_run(&layer, x, COUNT, y);
        for (int k = 0; k < COUNT; k++) {
            float product = lines[i].alpha * x[k], line = product + lines[i].beta;

            assert_true(y[k] == fminf(fmaxf(line, 0), 1));
        }
    }
}

static void no_value_is_negative(void **state)
{
    const struct layer layer = {.kind = LAYER_HARD_SIGMOID};

    (void)state;
    assert_true(layer_kind_of(&layer)->is_nonnegative(&layer, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_a_line_between_zero_and_one),
        cmocka_unit_test(no_value_is_negative),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
