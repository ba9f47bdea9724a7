#include "core/base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void no_bytes_are_a_valid_pointer(void **state)
{
    void *memories[] = {memory_get(0),        memory_zeroed(0, 8),
                        memory_zeroed(8, 0),  memory_resize(NULL, 0),
                        memory_copy(NULL, 0), memory_aligned(0)};

    (void)state;
    for (size_t i = 0; i < sizeof memories / sizeof memories[0]; i++) {
        assert_non_null(memories[i]);
        free(memories[i]);
    }
}

static void aligned_memory_starts_at_a_multiple_of_64_and_is_zero(void **state)
{
    (void)state;
    for (size_t bytes = 1; bytes < 300; bytes += 7) {
        unsigned char *memory = memory_aligned(bytes);

        assert_int_equal((uintptr_t)memory % 64, 0);
        for (size_t i = 0; i < bytes; i++)
            assert_int_equal(memory[i], 0);
        free(memory);
    }
}

static void copies_hold_what_was_there(void **state)
{
    char *text = memory_text("step");
    int *numbers = memory_copy((const int[]){1, 2, 3}, 3 * sizeof(int));

    (void)state;
    assert_string_equal(text, "step");
    numbers = memory_resize(numbers, 300 * sizeof(int));
    assert_int_equal(numbers[0] + 10 * numbers[1] + 100 * numbers[2], 321);
    free(text);
    free(numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_bytes_are_a_valid_pointer),
        cmocka_unit_test(aligned_memory_starts_at_a_multiple_of_64_and_is_zero),
        cmocka_unit_test(copies_hold_what_was_there),
    };

    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
