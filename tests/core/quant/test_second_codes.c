#include "core/quant/second_codes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT = 500 };

static float values[COUNT];

/* Most are small, some are not. */
static int make_values(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++)
        values[i] =
            0.3f * sinf(1.7f * (float)i) + (i % 50 == 7 ? 2 * cosf((float)i) : 0);
    return 0;
}

/* The squared error of codes of two tensors. */
static double error_of(const struct quantizer *quantizer, const int16_t *codes,
                       int factor)
{
    double step = (double)quantizer->step / factor, sum = 0;
    double centre = (factor + 1) * (double)grid_centre(quantizer->grid);

    for (int i = 0; i < COUNT; i++) {
        double error = values[i] - step * (codes[i] + centre);

        sum += error * error;
    }
    return sum;
}

static double sum_of_squares(void)
{
    double sum = 0;

    for (int i = 0; i < COUNT; i++)
        sum += (double)values[i] * (double)values[i];
    return sum;
}

static void two_tensors_leave_less_than_one(void **state)
{
    (void)state;
    for (enum grid grid = GRID_MIDRISE; grid < GRID_UNSIGNED; grid++)
        for (int bits = 2; bits <= BITS_MOST; bits++) {
            struct quantizer quantizer = {grid, bits,
                                          grid_step_of_clip(grid, bits, 1.1), 0};
            double one = second_codes_relative_error(&quantizer, values, COUNT) *
                         sum_of_squares();
            int16_t codes[COUNT];
            int factor =
                second_codes_find(&quantizer, values, COUNT, SECOND_FACTOR_MOST, codes);

            assert_in_range(factor, 2, 1 << bits);
            assert_true(error_of(&quantizer, codes, factor) < 0.7 * one);
        }
}

static void the_relative_error_is_that_of_the_codes(void **state)
{
    struct quantizer quantizer = {GRID_MIDTREAD, 4, 0.11f, 0};
    static const float zeros[3] = {0};
    int16_t codes[COUNT];

    (void)state;
    quantizer_wide_codes(&quantizer, values, COUNT, codes);
    assert_float_equal(second_codes_relative_error(&quantizer, values, COUNT),
                       error_of(&quantizer, codes, 1) / sum_of_squares(), 1e-6);
    assert_true(second_codes_relative_error(&quantizer, zeros, 3) == 0);
}

/* Nothing is left of multiples of the step. */
static void exact_values_need_no_second_tensor(void **state)
{
    static const float exact[] = {-0.5f, 0.25f, 0, 1.5f};
    static const int16_t expected[] = {-2, 1, 0, 6};
    struct quantizer quantizer = {GRID_MIDTREAD, 4, 0.25f, 0};
    int16_t codes[4];

    (void)state;
    assert_int_equal(second_codes_find(&quantizer, exact, 4, SECOND_FACTOR_MOST, codes),
                     1);
    assert_memory_equal(codes, expected, sizeof codes);
}

static void no_factor_is_above_what_is_allowed(void **state)
{
    struct quantizer quantizer = {GRID_MIDTREAD, 8, 0.01f, 0};
    int16_t codes[COUNT];

    (void)state;
    assert_in_range(second_codes_find(&quantizer, values, COUNT, 3, codes), 2, 3);
    assert_int_equal(second_codes_find(&quantizer, values, COUNT, 1, codes), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_tensors_leave_less_than_one),
        cmocka_unit_test(the_relative_error_is_that_of_the_codes),
        cmocka_unit_test(exact_values_need_no_second_tensor),
        cmocka_unit_test(no_factor_is_above_what_is_allowed),
    };

    return cmocka_run_group_tests_name("second_codes", tests, make_values, NULL);
}
