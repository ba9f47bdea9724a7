/* Every kernel set against the scalar definition, on shapes at, below and above tile edges. */
#include "core/base/memory.h"
#include "tests/support/conv_trial.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct conv_shape shapes[] = {
    {1, 1, 1, 1, 1, 0, 1, 1},      {3, 5, 5, 3, 1, 0, 7, 2},
    {4, 6, 6, 3, 1, 1, 16, 1},     {16, 6, 6, 3, 1, 1, 16, 3},
    {16, 3, 18, 3, 1, 1, 16, 1},   {16, 3, 19, 3, 1, 1, 13, 1},
    {32, 2, 36, 3, 1, 1, 16, 2},   {16, 4, 4, 1, 2, 0, 17, 2},
    {8, 7, 7, 3, 2, 1, 31, 1},     {8, 7, 7, 3, 1, 0, 32, 2},
    {8, 5, 5, 3, 1, 1, 33, 1},     {5, 4, 4, 2, 1, 0, 47, 1},
    {64, 3, 3, 3, 1, 1, 48, 1},    {12, 3, 3, 1, 1, 0, 63, 5},
    {12, 5, 5, 3, 1, 2, 64, 1},    {9, 3, 3, 3, 1, 0, 65, 2},
    {2, 9, 9, 5, 3, 2, 80, 1},     {6, 4, 4, 3, 1, 1, 96, 1},
    {256, 1, 1, 1, 1, 0, 130, 29}, {130, 4, 4, 3, 1, 0, 20, 1},
    {4, 3, 16, 3, 1, 1, 24, 1},    {4, 3, 17, 3, 1, 1, 40, 1},
    {8, 2, 30, 1, 1, 0, 32, 3},    {8, 3, 9, 3, 1, 0, 64, 1},
    {8, 5, 7, 1, 1, 0, 16, 2},     {8, 3, 5, 1, 1, 0, 61, 2},
    {8, 1, 3, 1, 1, 0, 128, 1},    {16, 5, 7, 1, 1, 0, 64, 2},
    {16, 3, 41, 1, 1, 0, 125, 3},  {20, 1, 131, 1, 1, 0, 32, 2},
    {64, 2, 2, 2, 1, 0, 70, 16},   {8, 3, 4, 3, 1, 1, 64, 15},
    {8, 5, 5, 5, 2, 2, 20, 9},     {4, 2, 3, 3, 1, 2, 33, 17},
    {12, 4, 2, 3, 2, 1, 16, 31},   {8, 2, 4, 3, 1, 3, 20, 2},
};

static void scalar_is_the_plain_sum(void **state)
{
    static const struct conv_finish as_sums = {.out = OUT_S32};

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct conv_parts parts;
        struct conv_u8s8 conv = conv_parts_make(&parts, &shapes[i], 128);
        int32_t *out = memory_zeroed(parts.elements, sizeof *out);

        conv.epilogue = conv_parts_epilogue(&parts, &as_sums, out);
        conv_parts_run(kernel_set_named("scalar"), &parts, &conv);
        conv_parts_check_sums(&parts, &conv, out);
        free(out);
        conv_parts_clear(&parts);
    }
}

static void every_set_equals_scalar_bit_for_bit(void **state)
{
    static const struct conv_most mosts[] = {{128, 255}, {64, 255}, {8, 255},
                                             {127, 15},  {8, 15},   {128, 1}};

    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++) {
        if (!set->runs_here()) {
            print_message("skipped: %s does not run on this machine\n", set->name);
            continue;
        }
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
            for (size_t j = 0; j < CONV_FINISHES; j++)
                conv_compare(conv_parts_run, set, &shapes[i], &conv_finishes[j],
                             mosts[(i + j) % (sizeof mosts / sizeof *mosts)]);
    }
}

/* Every number of columns and channels around the tiles of all sets. */
static void every_width_and_depth_of_tiles_is_covered(void **state)
{
    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        for (int columns = 1; set->runs_here() && columns <= 34; columns++)
            for (int panels = 1; panels <= 9; panels += columns % 2 + 1) {
                struct conv_shape shape = {4,
                                           3,
                                           columns + 2,
                                           3,
                                           1,
                                           1,
                                           panels * PANEL - columns % 3,
                                           1 + columns % 2};

                conv_compare(conv_parts_run, set, &shape, &conv_finishes[5],
                             (struct conv_most){8 << columns % 5, 255});
            }
}

/* Nothing but the largest codes; of weights all are negative, or even channels alone. */
static void check_largest(const struct kernel_set *set, struct conv_most most,
                          bool is_mixed)
{
    static const struct conv_finish as_sums = {.out = OUT_S32};
    static const struct conv_shape shape = {64, 3, 8, 3, 1, 0, 16, 1};
    const size_t weights = 9 * 64;
    struct conv_parts parts;
    struct conv_u8s8 conv = conv_parts_make(&parts, &shape, most.weight);
    int32_t *out = memory_zeroed(parts.elements, sizeof *out);

    conv.most = most;
    memset(parts.input, most.input, (size_t)(shape.height * conv_shape_row(&shape)));
    memset(parts.codes, -most.weight, 16 * weights);
    for (size_t channel = 1; is_mixed && channel < 16; channel += 2)
        memset(parts.codes + channel * weights, most.weight - (most.weight == 128),
               weights);
    conv.epilogue = conv_parts_epilogue(&parts, &as_sums, out);
    conv_parts_run(set, &parts, &conv);
    conv_parts_check_sums(&parts, &conv, out);
    free(out);
    conv_parts_clear(&parts);
}

/* The largest sums that codes of each magnitude allow: 16-bit sums must not overflow. */
static void the_largest_codes_do_not_overflow(void **state)
{
    static const int inputs[] = {1,  2,  3,  7,   14,  15,  16,
                                 30, 31, 63, 127, 128, 254, 255};

    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        for (int weight = 1; set->runs_here() && weight <= 128; weight++)
            for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
                check_largest(set, (struct conv_most){weight, inputs[i]}, weight % 2);
}

/* An epilogue that overflows: infinities and NaN must not differ between the sets either. */
static void overflowing_epilogues_are_equal_too(void **state)
{
    static const struct conv_finish finish = {true, OUT_U8, RESIDUAL_F32, -8,
                                              7,    8,      false};
    static const struct conv_finish no_residual = {true, OUT_U8, RESIDUAL_NONE, -8,
                                                   7,    8,      false};
    static const struct conv_shape shape = {8, 3, 3, 1, 1, 0, 19, 1};

    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        for (int with = 0; set->runs_here() && with < 2; with++) {
            struct conv_parts parts;
            struct conv_u8s8 conv = conv_parts_make(&parts, &shape, 128);
            uint8_t expected[19 * 9] = {0}, found[19 * 9] = {0};

            for (int channel = 0; channel < 19; channel++) {
                parts.scale[channel] = channel % 3 ? INFINITY : -3e38f;
                parts.correction[channel] = channel % 2 ? -INFINITY : 3e38f;
            }
            conv.epilogue =
                conv_parts_epilogue(&parts, with ? &finish : &no_residual, expected);
            conv_parts_run(kernel_set_named("scalar"), &parts, &conv);
            conv.epilogue.out_u8 = found;
            conv_parts_run(set, &parts, &conv);
            assert_memory_equal(expected, found, sizeof expected);
            memset(found, 0, sizeof found);
            conv_parts_run_in_two(conv_parts_run, set, &parts, conv);
            assert_memory_equal(expected, found, sizeof expected);
            conv_parts_clear(&parts);
        }
}

static void sets_are_found_by_name(void **state)
{
    (void)state;
    assert_string_equal(kernel_set_named("scalar")->name, "scalar");
    assert_ptr_equal(kernel_set_named("auto"), kernel_set_best());
    assert_null(kernel_set_named("mmx"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalar_is_the_plain_sum),
        cmocka_unit_test(every_set_equals_scalar_bit_for_bit),
        cmocka_unit_test(every_width_and_depth_of_tiles_is_covered),
        cmocka_unit_test(the_largest_codes_do_not_overflow),
        cmocka_unit_test(overflowing_epilogues_are_equal_too),
        cmocka_unit_test(sets_are_found_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
