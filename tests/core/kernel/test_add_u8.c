/* Every kernel set against the scalar one, bit for bit, for runs around the length of registers. What is
 * behind a run is neither read nor written. */
#include "core/base/memory.h"
#include "core/kernel/kernel.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { LONGEST = 200, CANARY = 0xa5 };

static uint8_t *random_codes(size_t count)
{
    static uint64_t seed = 1;
    uint8_t *codes = memory_get(count);

    for (size_t i = 0; i < count; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        codes[i] = (uint8_t)(seed >> 40);
    }
    return codes;
}

static const struct add_u8 ways[] = {
    {.left_scale = 0.7f, .right_scale = 0.5f, .shift = -3.25f, .most = 255},
    {.left_scale = 0.5f, .right_scale = 0.25f, .least = 3, .most = 97}, /* with ties */
    {.left_scale = 1e30f, .right_scale = 1e30f, .shift = -1e32f, .most = 255},
    {.left_scale = 0.7f, .right_scale = -0.5f, .shift = NAN, .least = 5, .most = 255},
    {.left_scale = 0.03f,
     .right_scale = 0.07f,
     .step = 0.05f,
     .low = -INFINITY,
     .high = INFINITY,
     .left_zero = 128,
     .right_zero = 255,
     .least = -128,
     .most = 127,
     .zero_code = 128},
    {.left_scale = 0.5f, /* with ties */
     .right_scale = 0.25f,
     .step = 1,
     .low = 0,
     .high = 6,
     .left_zero = 37,
     .least = -90,
     .most = 165,
     .zero_code = 90},
    {.left_scale = 3e38f,
     .right_scale = -3e38f,
     .step = 1e-3f,
     .low = -INFINITY,
     .high = INFINITY,
     .right_zero = 7,
     .least = -8,
     .most = 7,
     .zero_code = 8},
};

static void check(const struct kernel_set *set, struct add_u8 add, size_t count)
{
    uint8_t *left = random_codes(count), *right = random_codes(count);
    uint8_t expected[LONGEST], *found = memory_get(count);

    memset(expected, CANARY, sizeof expected);
    add.left = left;
    add.right = right;
    add.count = count;
    add.out = expected;
    kernel_set_named("scalar")->add_u8(&add);
    assert_int_equal(expected[count], CANARY);
    add.out = found;
    set->add_u8(&add);
    if (memcmp(found, expected, count) != 0)
        fail_msg("%s: %zu codes, scales %g and %g", set->name, count,
                 (double)add.left_scale, (double)add.right_scale);
    free(left);
    free(right);
    free(found);
}

static void every_set_equals_scalar_bit_for_bit(void **state)
{
    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        for (size_t count = 1; set->runs_here() && count < LONGEST; count++)
            for (size_t way = 0; way < COUNT(ways); way++)
                check(set, ways[way], count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_equals_scalar_bit_for_bit),
    };

    return cmocka_run_group_tests_name("add_u8", tests, NULL, NULL);
}
