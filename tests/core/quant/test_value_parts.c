#include "core/quant/value_parts.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct value_parts parts;

static int clear(void **state)
{
    (void)state;
    value_parts_clear(&parts);
    return 0;
}

static size_t count_of(size_t channel)
{
    return parts.first[channel + 1] - parts.first[channel];
}

/* 8 becomes 4 and 4, then one of these 2 and 2: 4, 2, 2 beside 3.5 and 1. */
static void the_largest_part_is_split_again_and_again(void **state)
{
    static const float maxima[] = {3.5f, 8, 1};

    (void)state;
    value_parts_init(&parts, maxima, 3, 2);
    assert_int_equal(count_of(0), 1);
    assert_int_equal(count_of(1), 3);
    assert_int_equal(count_of(2), 1);
    assert_true(parts.most == 4);
    value_parts_clear(&parts);
    value_parts_init(&parts, maxima, 3, 3);
    assert_true(parts.most == 3.5f);
}

static void without_splits_values_are_rounded(void **state)
{
    static const float maxima[] = {9, 9};
    struct quantizer quantizer = {GRID_UNSIGNED, 4, 0.5f, 0};
    float values[] = {0, 0.3f, 7.4f, 100};
    static const float expected[] = {0, 0.5f, 7.5f, 7.5f};

    (void)state;
    value_parts_init(&parts, maxima, 2, 0);
    value_parts_round(&parts, &quantizer, values, 2);
    assert_memory_equal(values, expected, sizeof values);
}

/* Each part is rounded on its own, and together they are the rounded value, wherever no part leaves the
 * grid; beyond, they reach as far as all parts together. */
static void parts_add_up_to_the_rounded_value(void **state)
{
    static const float maxima[] = {30};
    static const enum grid grids[] = {GRID_UNSIGNED, GRID_MIDTREAD};

    (void)state;
    for (int i = 0; i < 2; i++)
        for (size_t added = 1; added < 4; added++) {
            struct quantizer quantizer = {grids[i], 4, 1, 0};
            int most = quantizer_highest(&quantizer);

            value_parts_init(&parts, maxima, 1, added);
            for (float value = i ? -7.3f : 0; value < 40; value += 0.0437f) {
                float rounded = value, inner = (added == 3 ? 4 : 2) * ((float)most - 1);

                value_parts_round(&parts, &quantizer, &rounded, 1);
                if (value < inner)
                    assert_true(rounded == rintf(value));
                assert_true(rounded <= (float)(most * (int)(added + 1)));
            }
            value_parts_clear(&parts);
        }
}

static void zeros_stay_zero(void **state)
{
    static const float maxima[] = {1};
    struct quantizer quantizer = {GRID_MIDTREAD, 8, 0.25f, 0};
    float zero = 0;

    (void)state;
    value_parts_init(&parts, maxima, 1, 6);
    value_parts_round(&parts, &quantizer, &zero, 1);
    assert_true(zero == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_largest_part_is_split_again_and_again, clear),
        cmocka_unit_test_teardown(without_splits_values_are_rounded, clear),
        cmocka_unit_test_teardown(parts_add_up_to_the_rounded_value, clear),
        cmocka_unit_test_teardown(zeros_stay_zero, clear),
    };

    return cmocka_run_group_tests_name("value_parts", tests, NULL, NULL);
}
