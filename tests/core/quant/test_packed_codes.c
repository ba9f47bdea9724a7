#include "core/quant/packed_codes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void codes_are_unpacked_as_they_were(void **state)
{
    int8_t codes[256], back[256];
    double numbers[43];

    (void)state;
    for (int i = 0; i < 256; i++)
        codes[i] = (int8_t)(i * 37 + i / 3);
    for (size_t count = 0; count <= 256; count++) {
        assert_int_equal(packed_codes_count(count), (count + 5) / 6);
        memset(back, 0, sizeof back);
        packed_codes_pack(codes, count, numbers);
        packed_codes_unpack(numbers, count, back);
        assert_memory_equal(back, codes, count);
        for (size_t i = 0; i < packed_codes_count(count); i++)
            assert_true(packed_codes_fit(numbers[i]));
    }
}

static void other_numbers_are_no_codes(void **state)
{
    static const double none[] = {-1, 0.5, 0x1p48, 1e300, -1e300, NAN, INFINITY};

    (void)state;
    assert_true(packed_codes_fit(0));
    assert_true(packed_codes_fit(0x1p48 - 1));
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(packed_codes_fit(none[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_unpacked_as_they_were),
        cmocka_unit_test(other_numbers_are_no_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
