#include "core/evaluate/block_times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_first_block_is_apart(void **state)
{
    static const double seconds[] = {9, 1, 2, 3};
    struct block_times times = {0};

    (void)state;
    for (int i = 0; i < 4; i++)
        block_times_add(&times, seconds[i]);
    assert_int_equal(times.blocks, 4);
    assert_float_equal(times.first, 9, 0);
    assert_float_equal(block_times_mean(&times), 2, 1e-12);
    assert_float_equal(block_times_spread(&times), 1, 1e-12);
}

static void few_blocks_have_no_spread(void **state)
{
    struct block_times times = {0};

    (void)state;
    assert_float_equal(block_times_mean(&times), 0, 0);
    block_times_add(&times, 5);
    assert_float_equal(block_times_mean(&times), 5, 0);
    assert_float_equal(block_times_spread(&times), 0, 0);
    block_times_add(&times, 2);
    assert_float_equal(block_times_mean(&times), 2, 0);
    assert_float_equal(block_times_spread(&times), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_block_is_apart),
        cmocka_unit_test(few_blocks_have_no_spread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
