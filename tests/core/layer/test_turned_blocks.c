#include "core/layer/turned_blocks.h"

#include "core/base/memory.h"
#include "core/kernel/kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DIMS = 3 };

/* Output [dims], element by element `strides` apart in the input, from `first` on. */
static const struct turned {
    const char *name;
    int dims[DIMS], strides[DIMS], first;
    int blocks; /* 0: no block is turned */
} cases[] = {
    {"a transpose", {1, 33, 40}, {0, 1, 33}, 0, 1},
    {"heads of queries", {9, 16, 6}, {300, 1, 16}, 0, 9},
    {"heads of values, a slice", {9, 16, 6}, {300, 1, 16}, 192, 9},
    {"heads of keys", {16, 9, 6}, {1, 300, 16}, 96, 9},
    {"heads of keys alone", {16, 9, 6}, {1, 96, 16}, 0, 1},
    {"heads that are joined", {9, 6, 16}, {96, 1, 6}, 0, 9},
    {"two dimensions that change places", {5, 3, 8}, {1, 40, 5}, 0, 1},
    {"nothing", {9, 6, 16}, {96, 16, 1}, 0, 0},
    {"every second", {4, 4, 16}, {128, 32, 2}, 0, 0},
    {"runs", {8, 9, 16}, {16, 128, 1}, 0, 0},
    {"backwards", {1, 9, 16}, {0, 1, -9}, 140, 0},
    {"few", {1, 3, 4}, {0, 1, 3}, 0, 0},
};

enum { CASES = sizeof cases / sizeof *cases };

static size_t count_of(const struct turned *turned)
{
    return (size_t)turned->dims[0] * (size_t)turned->dims[1] * (size_t)turned->dims[2];
}

static int32_t *from_of(const struct turned *turned)
{
    int32_t *from = memory_get(count_of(turned) * sizeof *from), *next = from;

    for (int i = 0; i < turned->dims[0]; i++)
        for (int j = 0; j < turned->dims[1]; j++)
            for (int k = 0; k < turned->dims[2]; k++)
                *next++ = turned->first + i * turned->strides[0] +
                          j * turned->strides[1] + k * turned->strides[2];
    return from;
}

static void check_elements(const struct turned *turned,
                           const struct turned_blocks *blocks, const int32_t *from)
{
    enum { INPUTS = 4096 };
    float floats[INPUTS + INPUT_SLACK], *moved_floats;
    uint8_t bytes[INPUTS + INPUT_SLACK], *moved_bytes;
    size_t count = count_of(turned);

    for (int i = 0; i < INPUTS; i++) {
        floats[i] = (float)i;
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    }
    moved_floats = memory_zeroed(count, sizeof *moved_floats);
    moved_bytes = memory_zeroed(count, sizeof *moved_bytes);
    turned_blocks_floats(blocks, floats, moved_floats);
    turned_blocks_bytes(blocks, bytes, moved_bytes);
    for (size_t i = 0; i < count; i++)
        if (moved_floats[i] != floats[from[i]] || moved_bytes[i] != bytes[from[i]])
            fail_msg("%s: element %zu", turned->name, i);
    free(moved_floats);
    free(moved_bytes);
}

static void check(const struct turned *turned, int32_t *from)
{
    struct turned_blocks blocks;

    turned_blocks_find(&blocks, from, count_of(turned));
    if (blocks.count != turned->blocks)
        fail_msg("%s: %d blocks", turned->name, blocks.count);
    if (blocks.count > 0)
        check_elements(turned, &blocks, from);
    turned_blocks_clear(&blocks);
}

static void blocks_are_found_and_turned(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        int32_t *from = from_of(&cases[i]);

        check(&cases[i], from);
        free(from);
    }
}

static void one_element_elsewhere_is_no_block(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++)
        for (size_t at = 0; at < count_of(&cases[i]); at++) {
            int32_t *from = from_of(&cases[i]);
            struct turned_blocks blocks;

            from[at] = at % 2 == 0 ? -1 : from[at] + 1000;
            turned_blocks_find(&blocks, from, count_of(&cases[i]));
            if (blocks.count > 0)
                fail_msg("%s, element %zu: %d blocks", cases[i].name, at, blocks.count);
            free(from);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_found_and_turned),
        cmocka_unit_test(one_element_elsewhere_is_no_block),
    };

    return cmocka_run_group_tests_name("turned blocks", tests, NULL, NULL);
}
