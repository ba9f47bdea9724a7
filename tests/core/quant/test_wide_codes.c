#include "core/quant/wide_codes.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SPAN = WIDE_CODE_MOST, ALL = 2 * SPAN + 1 };

static int16_t codes[ALL];
static int8_t low[ALL], high[ALL];

static int make_codes(void **state)
{
    (void)state;
    for (int i = 0; i < ALL; i++)
        codes[i] = (int16_t)(i - SPAN);
    return 0;
}

static void parts_add_up_to_the_code(void **state)
{
    (void)state;
    assert_int_equal(wide_codes_most(codes, ALL), SPAN);
    assert_int_equal(wide_codes_part(codes, ALL, low, high), INT8_MAX);
    for (int i = 0; i < ALL; i++) {
        assert_int_equal(WIDE_BASE * high[i] + low[i], codes[i]);
        assert_true(low[i] >= -WIDE_LOW_MOST && low[i] < WIDE_LOW_MOST);
    }
}

static void small_codes_have_small_high_parts(void **state)
{
    static const int16_t few[] = {-191, 0, 5, 191};
    int8_t lower[4], higher[4];

    (void)state;
    assert_int_equal(wide_codes_part(few, 4, lower, higher), 1);
    assert_int_equal(wide_codes_most(few, 4), 191);
    assert_int_equal(wide_codes_most(few + 1, 1), 0);
}

static void codes_that_fit_stay_as_they_are(void **state)
{
    static const int16_t few[] = {-128, -1, 0, 127};
    int8_t narrow[4];

    (void)state;
    wide_codes_narrow(few, 4, narrow);
    for (int i = 0; i < 4; i++)
        assert_int_equal(narrow[i], few[i]);
}

/* Sums on the way may leave 32 bits, and come back. */
static void sums_are_exact_where_the_result_fits(void **state)
{
    int32_t sums[] = {5, INT32_MAX - 63, -INT32_MAX, 1 << 30};
    static const int32_t higher[] = {-3, 0, 1 << 24, -(1 << 24)};
    static const int32_t expected[] = {5 - 384, INT32_MAX - 63, -INT32_MAX + (1u << 31),
                                       -(1 << 30)};

    (void)state;
    wide_codes_add_sums(sums, higher, 4);
    assert_memory_equal(sums, expected, sizeof sums);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_add_up_to_the_code),
        cmocka_unit_test(small_codes_have_small_high_parts),
        cmocka_unit_test(codes_that_fit_stay_as_they_are),
        cmocka_unit_test(sums_are_exact_where_the_result_fits),
    };

    return cmocka_run_group_tests_name("wide_codes", tests, make_codes, NULL);
}
