#include "core/base/memory.h"
#include "core/kernel/winograd.h"
#include "tests/support/conv_trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

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

/* The kernel that is under test. */
static const struct winograd_kernel *kernel_now;

static void run_winograd(const struct kernel_set *set, struct conv_parts *parts,
                         struct conv_u8s8 *conv)
{
    const struct conv_shape *shape = parts->shape;
    size_t bytes = winograd_packed_bytes(kernel_now, shape->outputs, shape->kernel,
                                         conv_shape_run_bytes(shape));

    assert_non_null(winograd_for(set, conv));
    free(parts->packed);
    parts->packed = memory_aligned(bytes);
    winograd_pack(kernel_now, conv->most, parts->codes, shape->outputs, shape->kernel,
                  conv_shape_run_bytes(shape), parts->packed);
    conv->transformed = memory_aligned(winograd_scratch(set, conv));
    conv->weights = parts->packed;
    kernel_now->run(conv);
    free(conv->transformed);
}

/* Shows a fact for all kernels that run here. */
static void show_for_kernels(void (*fact)(const struct kernel_set *set))
{
    int shown = 0;

    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        if (set->winograd && set->runs_here())
            for (kernel_now = set->winograd; kernel_now->form; kernel_now++) {
                fact(set);
                shown++;
            }
    if (!shown)
        skip();
}

static bool is_for(int weight, int input, long products)
{
    return weight > 0 &&
           kernel_now->form->fits((struct conv_most){weight, input}, products);
}

/* The largest weight that fits beside such inputs, or 0. */
static int largest_weight(int input, long products)
{
    int weight = 128;

    while (weight > 0 && !is_for(weight, input, products))
        weight--;
    return weight;
}

static void compare_all(const struct kernel_set *set)
{
    static const int inputs[] = {1, 3, 15, 16, 31, 127, 255};

    for (size_t i = 0; i < sizeof winograd_shapes / sizeof *winograd_shapes; i++)
        for (size_t j = 0; j < CONV_FINISHES; j++)
            for (size_t k = i % 2; k < sizeof inputs / sizeof *inputs; k += 2) {
                int largest = largest_weight(inputs[k], 3 * 128);

                for (int weight = largest; is_for(weight, inputs[k], 3 * 128);
                     weight = weight / 5)
                    conv_compare(run_winograd, set, &winograd_shapes[i],
                                 &conv_finishes[j],
                                 (struct conv_most){weight, inputs[k]});
            }
}

static void winograd_equals_scalar_bit_for_bit(void **state)
{
    (void)state;
    show_for_kernels(compare_all);
}

/* The largest magnitudes: weights of these signs, and inputs that are there or not, six pixels after
 * another. */
static void check_extremes(const struct kernel_set *set, struct conv_most most,
                           unsigned weights, unsigned inputs)
{
    static const struct conv_finish as_sums = {.out = OUT_S32};
    static const struct conv_shape shape = {32, 2, 8, 3, 1, 1, 16, 1};
    struct conv_parts parts;
    struct conv_u8s8 conv = conv_parts_make(&parts, &shape, most.weight);
    int32_t *out = memory_zeroed(parts.elements, sizeof *out);
    int highest = most.weight == 128 ? 127 : most.weight;

    conv.most = most;
    for (int i = 0; i < 16 * 9 * 32; i++)
        parts.codes[i] = (int8_t)(weights >> i / 32 % 3 & 1 ? highest : -most.weight);
    for (int i = 0; i < 2 * 8 * 32; i++)
        parts.input[conv_shape_row(&shape) * (1 + i / 256) + 32 + i % 256] =
            (uint8_t)(inputs >> i / 32 % 6 & 1 ? most.input : 0);
    conv.epilogue = conv_parts_epilogue(&parts, &as_sums, out);
    run_winograd(set, &parts, &conv);
    conv_parts_check_sums(&parts, &conv, out);
    free(out);
    conv_parts_clear(&parts);
}

static void check_all_extremes(const struct kernel_set *set)
{
    static const int most_inputs[] = {255, 127, 16, 15, 3};

    for (size_t i = 0; i < sizeof most_inputs / sizeof *most_inputs; i++) {
        int weight = largest_weight(most_inputs[i], 3 * 32);

        for (unsigned weights = 0; weight > 0 && weights < 1 << 3; weights++)
            for (unsigned inputs = 0; inputs < 1 << 6; inputs++)
                check_extremes(set, (struct conv_most){weight, most_inputs[i]}, weights,
                               inputs);
    }
}

static void the_largest_codes_of_winograd_do_not_wrap(void **state)
{
    (void)state;
    show_for_kernels(check_all_extremes);
}

/* As many channels as sums of 32 bits allow, all codes the largest, and of one sign in each place of the window
 * that some output sees. */
static void sums_of_the_most_channels_fit(void **state)
{
    static const struct conv_shape shape = {912, 3, 4, 3, 1, 0, 16, 1};
    static const struct conv_finish as_sums = {.out = OUT_S32};
    const struct conv_most most = {128, 255};

    (void)state;
    assert_true(winograd_four_words.fits(most, 3 * 912));
    assert_false(winograd_four_words.fits(most, 3 * 928));
    for (const struct kernel_set *set = kernel_sets; set->name; set++) {
        struct conv_shape wide = shape;
        struct conv_parts parts;
        struct conv_u8s8 conv;
        int32_t *out;

        wide.width = 6;
        conv = conv_parts_make(&parts, &wide, most.weight);
        kernel_now = set->runs_here() ? winograd_for(set, &conv) : NULL;
        if (kernel_now) {
            out = memory_zeroed(parts.elements, sizeof *out);
            memset(parts.input, 255, (size_t)(3 * 6 * 912));
            memset(parts.codes, -128, (size_t)(16 * 9 * 912));
            conv.epilogue = conv_parts_epilogue(&parts, &as_sums, out);
            run_winograd(set, &parts, &conv);
            conv_parts_check_sums(&parts, &conv, out);
            free(out);
        }
        conv_parts_clear(&parts);
    }
}

static void check_others(const struct kernel_set *set)
{
    static const struct conv_shape others[] = {
        {16, 5, 5, 3, 1, 1, 16, 1}, /* columns that are no whole tiles */
        {8, 4, 4, 3, 1, 1, 16, 1},  /* channels that fill no vector */
        {16, 8, 8, 3, 2, 1, 16, 1}, /* stride */
        {16, 8, 8, 5, 1, 2, 16, 1}, {16, 4, 4, 1, 1, 0, 16, 1}, /* windows */
    };

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct conv_parts parts;
        struct conv_u8s8 conv = conv_parts_make(&parts, &others[i], 8);

        conv.most.input = 15;
        assert_null(winograd_for(set, &conv));
        assert_int_equal(winograd_scratch(set, &conv), 0);
        conv_parts_clear(&parts);
    }
}

static void winograd_is_only_for_what_it_can_do(void **state)
{
    (void)state;
    show_for_kernels(check_others);
    assert_true(winograd_four_bytes.fits((struct conv_most){18, 16}, 96));
    assert_false(winograd_four_bytes.fits((struct conv_most){19, 16}, 96));
    assert_false(winograd_four_bytes.fits((struct conv_most){18, 17}, 96));
    assert_true(winograd_two_bytes.fits((struct conv_most){15, 15}, 96));
    assert_true(winograd_two_bytes.fits((struct conv_most){15, 45}, 96));
    assert_false(winograd_two_bytes.fits((struct conv_most){15, 46}, 96));
    assert_false(winograd_two_bytes.fits((struct conv_most){43, 1}, 96));
    assert_false(winograd_two_bytes.fits((struct conv_most){1, 128}, 96));
    assert_false(winograd_four_words.fits((struct conv_most){8, 255}, 96));
    assert_true(winograd_four_words.fits((struct conv_most){9, 255}, 96));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(winograd_equals_scalar_bit_for_bit),
        cmocka_unit_test(the_largest_codes_of_winograd_do_not_wrap),
        cmocka_unit_test(sums_of_the_most_channels_fit),
        cmocka_unit_test(winograd_is_only_for_what_it_can_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
