#include "core/network/channel_epilogue.h"

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
                                           bool rounds_shift)
{
    float shift = rounding->shift, scale = rounding->scale;
    const struct conv conv = {.out_channels = 1, .scale = &scale, .shift = &shift};
    const struct epilogue_terms terms = {.input_step = 0.5,
                                         .output_step = 1,
                                         .weight_step = 0.25,
                                         .rounds_shift = rounds_shift};

    return channel_epilogue_of(&conv, 0, &terms);
}

static void a_shift_is_rounded_to_products_of_the_steps(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(roundings); i++)
        assert_true(epilogue_of(&roundings[i], true).shift ==
                    (float)roundings[i].rounded);
}

static void a_shift_stays_where_nobody_rounds_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(roundings); i++)
        assert_true(epilogue_of(&roundings[i], false).shift == roundings[i].shift);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shift_is_rounded_to_products_of_the_steps),
        cmocka_unit_test(a_shift_stays_where_nobody_rounds_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
