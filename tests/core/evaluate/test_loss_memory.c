#include "core/evaluate/loss_memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SAMPLES = 5 };

static struct loss_memory memory;

static int make(void **state)
{
    (void)state;
    loss_memory_init(&memory, SAMPLES);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    loss_memory_clear(&memory);
    return 0;
}

static void what_was_written_is_found_again(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < LOSS_MEMORY_CANDIDATES; i++)
        loss_memory_of(&memory, i)[i % SAMPLES] = (double)i;
    for (uint64_t i = 0; i < LOSS_MEMORY_CANDIDATES; i++) {
        const double *losses = loss_memory_of(&memory, i);

        for (uint64_t sample = 0; sample < SAMPLES; sample++)
            assert_int_equal(loss_memory_lacks(losses[sample]), sample != i % SAMPLES);
        assert_true(losses[i % SAMPLES] == (double)i);
    }
}

static void who_was_not_asked_for_the_longest_time_is_forgotten(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < LOSS_MEMORY_CANDIDATES; i++)
        loss_memory_of(&memory, i)[0] = 1;
    loss_memory_of(&memory, 0);
    loss_memory_of(&memory, 100)[0] = 2;
    assert_true(loss_memory_of(&memory, 0)[0] == 1);
    assert_true(loss_memory_of(&memory, 2)[0] == 1);
    assert_true(loss_memory_of(&memory, 100)[0] == 2);
    assert_true(loss_memory_lacks(loss_memory_of(&memory, 1)[0]));
}

static void a_loss_that_is_no_number_is_known(void **state)
{
    (void)state;
    assert_false(loss_memory_lacks(NAN));
    assert_false(loss_memory_lacks(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_written_is_found_again, make, clear),
        cmocka_unit_test_setup_teardown(
            who_was_not_asked_for_the_longest_time_is_forgotten, make, clear),
        cmocka_unit_test(a_loss_that_is_no_number_is_known),
    };

    return cmocka_run_group_tests_name("loss_memory", tests, NULL, NULL);
}
