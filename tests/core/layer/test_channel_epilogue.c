#include "core/layer/channel_epilogue.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Of an input step of 0.5 and a weight step of 0.25 with these scales: units of 0.125 and others. */
static const struct rounding {
    float shift, scale;
    double rounded;
} roundings[] = {
    {1, 1, 1},       {0.3f, 1, 0.25},      {-0.3f, 1, -0.25},    {0.3f, -1, 0.25},
    {0.0625f, 1, 0}, {0.1875f, 1, 0.25},   {0.3f, 0.5f, 0.3125}, {0.3f, 0, 0.3f},
    {3e7f, 1, 3e7f}, {0.3f, 1e-10f, 0.3f},
};

static struct channel_epilogue epilogue_of(const struct rounding *rounding,
                                           bool in_integers)
{
    float shift = rounding->shift, scale = rounding->scale;
    const struct conv conv = {.scale = &scale, .shift = &shift};
    const struct epilogue_terms terms = {.input_step = 0.5,
                                         .output_step = 1,
                                         .weight_step = 0.25,
                                         .in_integers = in_integers};

    return channel_epilogue_of(&conv, 0, &terms);
}

static void a_shift_is_rounded_to_products_of_the_steps(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(roundings); i++) {
        struct channel_epilogue of = epilogue_of(&roundings[i], true);

        assert_true((double)of.bias * (double)of.scale + (double)of.shift ==
                    (double)(float)roundings[i].rounded);
    }
}

/* Steps whose products and quotients must be rounded, and a scale of either sign. */
static void integers_are_multiplied_by_what_a_runtime_works_out(void **state)
{
    static const float scales[] = {0.7f, -0.7f};
    const float input = 0.1f, weights = 0.003f, output = 0.07f;

    (void)state;
    for (size_t i = 0; i < COUNT(scales); i++) {
        float scale = scales[i], shift = 0.3f;
        const struct conv conv = {.scale = &scale, .shift = &shift};
        const struct epilogue_terms terms = {.input_step = input,
                                             .output_step = output,
                                             .input_zero = 128,
                                             .weight_step = weights,
                                             .code_sum = -5,
                                             .in_integers = true};
        struct channel_epilogue of = channel_epilogue_of(&conv, 0, &terms);
        float folded = weights * scale, product = input * folded;

        assert_true(of.scale == product / output);
        assert_int_equal(of.bias, (int)rint((double)shift / product) + 5 * 128);
        assert_true(of.shift == 0);
        assert_true(of.correction == 0);
    }
}

static void a_shift_stays_where_nobody_rounds_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(roundings); i++)
        assert_true(epilogue_of(&roundings[i], false).bias == 0 &&
                    epilogue_of(&roundings[i], false).shift == roundings[i].shift);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shift_is_rounded_to_products_of_the_steps),
        cmocka_unit_test(integers_are_multiplied_by_what_a_runtime_works_out),
        cmocka_unit_test(a_shift_stays_where_nobody_rounds_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
