#include "core/base/exact_sum.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct exact_format format = {.lowest = -128, .limbs = 10};

static double sum_of(const double *values, size_t count)
{
    int64_t limbs[10] = {0};

    for (size_t i = 0; i < count; i++)
        exact_sum_add(&format, limbs, values[i]);
    return exact_sum_value(&format, limbs);
}

static void sums_are_rounded_once_and_to_even(void **state)
{
    static const struct {
        double values[4], sum;
    } cases[] = {
        {{0, 0, 0, 0}, 0},
        {{1, -1, 0x1p-128, 0}, 0x1p-128},
        {{0x1p100, 1, -0x1p100, 0}, 1},
        {{0x1p53, 1, 0, 0}, 0x1p53},            /* a tie, to even */
        {{0x1p53, 1, 0x1p-100, 0}, 0x1p53 + 2}, /* above it */
        {{0x1p53, 3, 0, 0}, 0x1p53 + 4},        /* a tie, to even */
        {{-0x1p53, -1, -0x1p-128, 0}, -0x1p53 - 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(sum_of(cases[i].values, 4) == cases[i].sum);
}

/* Limbs that a damaged file may hold, though no sum gives them. */
static void the_least_limbs_are_a_negative_sum(void **state)
{
    int64_t limbs[10];

    (void)state;
    for (int i = 0; i < 10; i++)
        limbs[i] = INT64_MIN;
    assert_true(exact_sum_value(&format, limbs) < 0);
    memset(limbs, 0, sizeof limbs);
    limbs[9] = INT64_MIN;
    assert_true(exact_sum_value(&format, limbs) == -0x1p223);
}

static void neither_the_order_nor_who_adds_counts(void **state)
{
    enum { COUNT = 1000, PARTS = 3 };
    int64_t forwards[10] = {0}, backwards[10] = {0}, parts[PARTS][10] = {{0}};

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        int j = COUNT - 1 - i;

        exact_sum_add(&format, forwards, ldexp(sin(i), i % 200 - 100));
        exact_sum_add(&format, backwards, ldexp(sin(j), j % 200 - 100));
        exact_sum_add(&format, parts[i % PARTS], ldexp(sin(i), i % 200 - 100));
    }
    for (int part = 1; part < PARTS; part++)
        for (int limb = 0; limb < format.limbs; limb++)
            parts[0][limb] += parts[part][limb];
    assert_memory_equal(backwards, forwards, sizeof forwards);
    assert_memory_equal(parts[0], forwards, sizeof forwards);
}

static void a_sum_comes_back_from_its_text(void **state)
{
    static const char *const wrong[] = {"",
                                        "0x",
                                        "1p-128",
                                        "0x1",
                                        "0x1p",
                                        "0x1p-127",
                                        "0x1p-160",
                                        "0x1p192",
                                        "0xgp-128",
                                        "0x1p-128 ",
                                        "0x1P-128",
                                        "0x1p9999999999999999999",
                                        "0x1p-9999999999999999999"};
    char text[EXACT_TEXT_MOST], again[EXACT_TEXT_MOST];

    (void)state;
    for (int i = 0; i < 200; i++) {
        int64_t limbs[10] = {0}, back[10];

        for (int j = 0; j <= i % 5; j++)
            exact_sum_add(&format, limbs, ldexp(cos(i + j), i - 100));
        exact_sum_text(&format, limbs, text);
        assert_true(exact_sum_read(&format, text, back));
        assert_int_equal(exact_sum_compare(&format, limbs, back), 0);
        exact_sum_text(&format, back, again);
        assert_string_equal(again, text);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t limbs[10];

        assert_false(exact_sum_read(&format, wrong[i], limbs));
    }
}

static void sums_are_compared_to_the_last_digit(void **state)
{
    int64_t left[10] = {0}, right[10] = {0};

    (void)state;
    exact_sum_add(&format, left, 0x1p100);
    exact_sum_add(&format, right, 0x1p100);
    exact_sum_add(&format, right, 0x1p-128);
    assert_true(exact_sum_compare(&format, left, right) < 0);
    assert_true(exact_sum_compare(&format, right, left) > 0);
    assert_int_equal(exact_sum_compare(&format, left, left), 0);
}

static void what_is_too_large_or_no_number_is_not_held(void **state)
{
    (void)state;
    assert_true(exact_sum_holds(&format, -0x1p159));
    assert_false(exact_sum_holds(&format, 0x1p160));
    assert_false(exact_sum_holds(&format, INFINITY));
    assert_false(exact_sum_holds(&format, NAN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_rounded_once_and_to_even),
        cmocka_unit_test(the_least_limbs_are_a_negative_sum),
        cmocka_unit_test(neither_the_order_nor_who_adds_counts),
        cmocka_unit_test(a_sum_comes_back_from_its_text),
        cmocka_unit_test(sums_are_compared_to_the_last_digit),
        cmocka_unit_test(what_is_too_large_or_no_number_is_not_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
