/* The self-test of the kernels: it finds one that is wrong, and none here. */
#include "bench/self_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SETS = 3, ROUNDS = 20 };

static bool always(void)
{
    return true;
}

/* Scalar kernels under another name, which a test breaks, beside scalar. */
static void make_sets(struct kernel_set sets[SETS])
{
    memset(sets, 0, SETS * sizeof *sets);
    sets[0] = sets[1] = *kernel_set_named("scalar");
    sets[0].name = "other";
    sets[0].runs_here = always;
}

static void wrong_add(const struct add_u8 *add)
{
    kernel_set_named("scalar")->add_u8(add);
    add->out[add->count - 1] ^= 1;
}

static void wrong_look_up(const uint8_t *table, const uint8_t *codes, size_t count,
                          uint8_t *to)
{
    kernel_set_named("scalar")->look_up_u8(table, codes, count, to);
    to[0] ^= 1;
}

static void wrong_finish(const struct finish_s32 *finish)
{
    kernel_set_named("scalar")->finish_s32(finish);
    finish->epilogue.out_u8[0] ^= 1;
}

/* Windows that begin a byte too late. */
static void wrong_conv(const struct conv_u8s8 *conv)
{
    struct conv_u8s8 moved = *conv;
    int32_t offsets[8];

    for (int run = 0; run < conv->runs; run++)
        offsets[run] = conv->run_offsets[run] + 1;
    moved.run_offsets = offsets;
    kernel_set_named("scalar")->conv_u8s8(&moved);
}

static struct self_test run_until_found(const struct kernel_set *sets)
{
    struct self_test test = {0};

    for (uint64_t seed = 0; seed < ROUNDS && !test.difference[0]; seed++)
        test = self_test_run(sets, 0, seed);
    return test;
}

static void a_wrong_vector_kernel_is_named(void **state)
{
    struct kernel_set sets[SETS];

    (void)state;
    make_sets(sets);
    sets[0].add_u8 = wrong_add;
    assert_non_null(strstr(run_until_found(sets).difference, "other: add_u8"));
    make_sets(sets);
    sets[0].look_up_u8 = wrong_look_up;
    assert_non_null(strstr(run_until_found(sets).difference, "other: look_up_u8"));
    make_sets(sets);
    sets[0].finish_s32 = wrong_finish;
    assert_non_null(strstr(run_until_found(sets).difference, "other: finish_s32"));
}

static void a_wrong_convolution_is_named(void **state)
{
    struct kernel_set sets[SETS];

    (void)state;
    make_sets(sets);
    sets[0].conv_u8s8 = wrong_conv;
    assert_non_null(strstr(run_until_found(sets).difference, "other: a convolution "));
}

static void sets_that_do_not_run_here_are_left_out(void **state)
{
    struct kernel_set sets[SETS];

    (void)state;
    make_sets(sets);
    assert_int_equal(self_test_run(sets, 0, 1).sets, 1);
    assert_string_equal(self_test_run(sets, 0, 1).difference, "");
    assert_int_equal(self_test_run(sets + 1, 0, 1).sets, 0);
    assert_int_equal(self_test_run(sets + 1, 0, 1).comparisons, 0);
}

static void the_kernels_of_this_machine_are_right(void **state)
{
    struct self_test test = self_test_run(kernel_sets, 1, 7);

    (void)state;
    assert_string_equal(test.difference, "");
    assert_true(test.sets == 0 || test.comparisons >= 4 * test.sets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_vector_kernel_is_named),
        cmocka_unit_test(a_wrong_convolution_is_named),
        cmocka_unit_test(sets_that_do_not_run_here_are_left_out),
        cmocka_unit_test(the_kernels_of_this_machine_are_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
