#include "core/layer/weight_codes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT = 64 };

static float values[COUNT];
static const struct weights weights = {
    .groups = 1, .outputs = 1, .inputs = COUNT, .window = 1, .values = values};

static const struct weight_rules plain;

/* Of every grid and all bits, codes stand for the very values that the quantizer has. */
static void codes_stand_for_the_values_of_the_grid(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        values[i] = sinf((float)i);
    for (enum grid grid = GRID_MIDRISE; grid < GRID_UNSIGNED; grid++)
        for (int bits = BITS_LEAST; bits <= BITS_MOST; bits++) {
            const struct quantizer quantizer = {grid, bits,
                                                grid_step_of_clip(grid, bits, 0.8), 0};
            int16_t codes[COUNT];
            struct weight_codes found =
                weight_codes_find(&weights, &plain, &quantizer, codes);
            float step, correction;

            weight_codes_values(&found, &weights, &plain, &quantizer, codes, &step,
                                &correction);

            for (size_t i = 0; i < COUNT; i++) {
                int code = quantizer_code(&quantizer, values[i]);

                assert_true(step * ((float)codes[i] + found.centre) ==
                            quantizer_value(&quantizer, code));
                assert_true(abs(codes[i]) <= weight_codes_most_of_grid(&quantizer));
            }
        }
}

/* Codes that are given stand for the same values, as far as the grid has them, whatever the weights are. */
static void given_codes_are_taken_within_the_grid(void **state)
{
    int8_t given[COUNT];
    const struct given_codes all[GIVEN_CODES] = {{.codes = given, .signature = 1}};
    const struct weight_rules rules = {.given = all};

    (void)state;
    for (int i = 0; i < COUNT; i++)
        given[i] = (int8_t)(i * 4 - 128);
    for (enum grid grid = GRID_MIDRISE; grid < GRID_UNSIGNED; grid++)
        for (int bits = BITS_LEAST; bits <= BITS_MOST; bits++) {
            const struct quantizer quantizer = {grid, bits, 0.25f, 0};
            int lowest = quantizer_lowest(&quantizer);
            int highest = quantizer_highest(&quantizer);
            int16_t codes[COUNT];
            struct weight_codes found =
                weight_codes_find(&weights, &rules, &quantizer, codes);
            float step, correction;

            weight_codes_values(&found, &weights, &rules, &quantizer, codes, &step,
                                &correction);

            for (int i = 0; i < COUNT; i++) {
                int code = given[i] < lowest    ? lowest
                           : given[i] > highest ? highest
                                                : given[i];

                assert_true(step * ((float)codes[i] + found.centre) ==
                            quantizer_value(&quantizer, code));
            }
        }
}

static void midrise_needs_a_centre_with_8_bits_only(void **state)
{
    (void)state;
    for (int bits = BITS_LEAST; bits <= BITS_MOST; bits++) {
        const struct quantizer quantizer = {GRID_MIDRISE, bits, 0.1f, 0};

        assert_int_equal(weight_codes_of_grid(&quantizer).centre != 0, bits == 8);
        assert_int_equal(weight_codes_most_of_grid(&quantizer),
                         bits == 8 ? 128 : (1 << bits) - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_stand_for_the_values_of_the_grid),
        cmocka_unit_test(given_codes_are_taken_within_the_grid),
        cmocka_unit_test(midrise_needs_a_centre_with_8_bits_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
