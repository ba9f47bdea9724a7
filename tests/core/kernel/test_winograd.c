#include "core/base/memory.h"
#include "core/kernel/winograd.h"
#include "tests/support/conv_trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Shapes that it suits: all sizes of tiles, rows of a few and of many of them, channels in vectors of
 * every size, panels that are not full, more samples than are transformed at once, rows of padding and
 * none, windows that are all padding. */
static const struct conv_shape winograd_shapes[] = {
    {16, 3, 4, 3, 1, 1, 16, 1},  {16, 4, 32, 3, 1, 1, 16, 3},
    {32, 5, 14, 3, 1, 0, 32, 2}, {48, 4, 20, 3, 1, 1, 47, 2},
    {64, 3, 8, 3, 1, 1, 64, 3},  {112, 3, 10, 3, 1, 0, 13, 1},
    {16, 1, 8, 3, 1, 1, 40, 2},  {128, 3, 12, 3, 1, 1, 20, 7},
    {32, 2, 16, 3, 1, 1, 33, 5}, {16, 2, 4, 3, 1, 3, 16, 2},
};

static void run_winograd(const struct kernel_set *set, struct conv_parts *parts,
                         struct conv_u8s8 *conv)
{
    const struct conv_shape *shape = parts->shape;
    size_t bytes = winograd_packed_bytes(shape->outputs, shape->kernel,
                                         conv_shape_run_bytes(shape));

    assert_true(winograd_suits(conv));
    free(parts->packed);
    parts->packed = memory_aligned(bytes);
    winograd_pack(parts->codes, shape->outputs, shape->kernel,
                  conv_shape_run_bytes(shape), parts->packed);
    conv->transformed = memory_aligned(winograd_scratch(conv));
    conv->weights = parts->packed;
    set->winograd_u8s8(conv);
    free(conv->transformed);
}

/* Shows a fact for every set that has the kernel, as far as they run here. */
static void show_for_sets(void (*fact)(const struct kernel_set *set))
{
    int shown = 0;

    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        if (set->winograd_u8s8 && set->runs_here()) {
            fact(set);
            shown++;
        }
    if (!shown)
        skip();
}

static void compare_all(const struct kernel_set *set)
{
    for (size_t i = 0; i < sizeof winograd_shapes / sizeof *winograd_shapes; i++)
        for (size_t j = 0; j < CONV_FINISHES; j++)
            for (int most = 1; most <= 18; most++)
                conv_compare(run_winograd, set, &winograd_shapes[i], &conv_finishes[j],
                             (struct conv_most){most, most % 5 ? 15 : 16});
}

static void winograd_equals_scalar_bit_for_bit(void **state)
{
    (void)state;
    show_for_sets(compare_all);
}

/* The largest magnitudes that fit: weights of these signs, and inputs that are there or not, six pixels
 * after another. */
static void check_extremes(const struct kernel_set *set, unsigned weights,
                           unsigned inputs)
{
    static const struct conv_finish as_sums = {.out = OUT_S32};
    static const struct conv_shape shape = {32, 2, 8, 3, 1, 1, 16, 1};
    struct conv_parts parts;
    struct conv_u8s8 conv = conv_parts_make(&parts, &shape, 18);
    int32_t *out = memory_zeroed(parts.elements, sizeof *out);

    for (int i = 0; i < 16 * 9 * 32; i++)
        parts.codes[i] = weights >> i / 32 % 3 & 1 ? 18 : -18;
    for (int i = 0; i < 2 * 8 * 32; i++)
        parts.input[conv_shape_row(&shape) * (1 + i / 256) + 32 + i % 256] =
            inputs >> i / 32 % 6 & 1 ? 16 : 0;
    conv.epilogue = conv_parts_epilogue(&parts, &as_sums, out);
    run_winograd(set, &parts, &conv);
    conv_parts_check_sums(&parts, &conv, out);
    free(out);
    conv_parts_clear(&parts);
}

static void check_all_extremes(const struct kernel_set *set)
{
    for (unsigned weights = 0; weights < 1 << 3; weights++)
        for (unsigned inputs = 0; inputs < 1 << 6; inputs++)
            check_extremes(set, weights, inputs);
}

static void the_largest_codes_of_winograd_do_not_wrap(void **state)
{
    (void)state;
    show_for_sets(check_all_extremes);
}

static void winograd_is_only_for_what_it_can_do(void **state)
{
    static const struct conv_shape others[] = {
        {16, 6, 6, 3, 1, 1, 16, 1}, /* columns that are no whole tiles */
        {8, 4, 4, 3, 1, 1, 16, 1},  /* channels that fill no vector */
        {16, 8, 8, 3, 2, 1, 16, 1}, /* stride */
        {16, 8, 8, 5, 1, 2, 16, 1}, {16, 4, 4, 1, 1, 0, 16, 1}, /* windows */
    };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct conv_parts parts;
        struct conv_u8s8 conv = conv_parts_make(&parts, &others[i], 8);

        assert_false(winograd_suits(&conv));
        conv_parts_clear(&parts);
    }
    assert_true(winograd_fits(18, 16));
    assert_false(winograd_fits(19, 16));
    assert_false(winograd_fits(18, 17));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(winograd_equals_scalar_bit_for_bit),
        cmocka_unit_test(the_largest_codes_of_winograd_do_not_wrap),
        cmocka_unit_test(winograd_is_only_for_what_it_can_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
