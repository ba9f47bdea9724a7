#include "core/quant/outlier_splitting.h"

#include "core/base/memory.h"
#include "tests/support/golden.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- known weights ------------------------------------------------------------------------ */

static void the_ratio_is_rounded_up(void **state)
{
    static const struct count {
        double ratio;
        size_t inputs, expected;
    } counts[] = {{0, 64, 0},    {0.01, 16, 1}, {0.02, 64, 2},   {0.05, 64, 4},
                  {0.25, 16, 4}, {0.99, 4, 4},  {0.05, 512, 26}, {0.5, 1, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        assert_int_equal(outlier_splitting_count(counts[i].ratio, counts[i].inputs),
                         counts[i].expected);
}

static void equal_channels_are_split_from_the_last_one_down(void **state)
{
    static const float weights[] = {4, -4, 1, 4};
    static const float expected[] = {4, -2, 1, 2, 2, -2};
    static const size_t roots[] = {0, 1, 2, 3, 3, 1};
    struct split_weights split;

    (void)state;
    outlier_splitting_init(&split, weights, (struct split_shape){1, 4, 1}, 2, 0);
    assert_memory_equal(split.values, expected, sizeof expected);
    assert_memory_equal(split.roots, roots, sizeof roots);
    assert_true(outlier_splitting_most(&split) == 4);
    outlier_splitting_clear(&split);
}

static void a_copy_may_be_split_again(void **state)
{
    static const float weights[] = {1, 8};
    static const size_t roots[] = {0, 1, 1, 1, 1};
    struct split_weights split;

    (void)state;
    outlier_splitting_init(&split, weights, (struct split_shape){1, 2, 1}, 3, 0);
    assert_memory_equal(split.roots, roots, sizeof roots);
    assert_true(outlier_splitting_most(&split) == 2);
    outlier_splitting_clear(&split);
}

static void the_upper_half_is_the_new_channel(void **state)
{
    static const float weights[] = {3, 0, -1, 0.5f}; /* two outputs, two inputs */
    static const float expected[] = {1.25f, 0, 1.75f, -0.75f, 0.5f, -0.25f};
    struct split_weights split;

    (void)state;
    outlier_splitting_init(&split, weights, (struct split_shape){2, 2, 1}, 1, 1);
    assert_memory_equal(split.values, expected, sizeof expected);
    outlier_splitting_clear(&split);
}

static void zeros_stay_zero(void **state)
{
    static const float weights[] = {0, 5, 0, 0};
    struct split_weights split;

    (void)state;
    outlier_splitting_init(&split, weights, (struct split_shape){1, 1, 4}, 1, 0.5f);
    for (size_t i = 0; i < 8; i++)
        assert_true((split.values[i] == 0) == (i % 4 != 1));
    outlier_splitting_clear(&split);
}

/* ---- many weights ------------------------------------------------------------------------- */

static float next_weight(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (float)(*seed >> 8) * 0x1p-23f - 1;
}

/* Codes of the original weights. Where nothing is clipped, split ones say the same. */
static void aware_halves_round_as_the_whole_does(void **state)
{
    enum { OUTPUTS = 7, INPUTS = 11, WINDOW = 9, ADDED = 5, BITS = 6 };
    enum { COUNT = OUTPUTS * INPUTS * WINDOW };
    const struct quantizer quantizer = {GRID_MIDTREAD, BITS,
                                        grid_step_of_clip(GRID_MIDTREAD, BITS, 1.0), 0};
    int8_t codes[OUTPUTS * (INPUTS + ADDED) * WINDOW];
    float weights[COUNT];
    int32_t folded[COUNT];
    struct split_weights split;
    uint32_t seed = 3;

    (void)state;
    for (int i = 0; i < COUNT; i++)
        weights[i] = next_weight(&seed);
    outlier_splitting_init(&split, weights,
                           (struct split_shape){OUTPUTS, INPUTS, WINDOW}, ADDED,
                           quantizer.step);
    quantizer_codes(&quantizer, split.values, sizeof codes, codes);
    outlier_splitting_fold(&split, codes, folded);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(folded[i], quantizer_code(&quantizer, weights[i]));
    outlier_splitting_clear(&split);
}

/* Two copies of a channel reach twice the clip. */
static void folded_codes_may_lie_beyond_the_grid(void **state)
{
    static const float weights[] = {200, 1};
    const struct quantizer quantizer = {GRID_MIDTREAD, 8, 1, 0};
    struct split_weights split;
    int8_t codes[3];
    int32_t folded[2];

    (void)state;
    outlier_splitting_init(&split, weights, (struct split_shape){1, 2, 1}, 1, 1);
    quantizer_codes(&quantizer, split.values, 3, codes);
    outlier_splitting_fold(&split, codes, folded);
    assert_int_equal(folded[0], 200);
    assert_int_equal(folded[1], 1);
    outlier_splitting_clear(&split);
}

/* ---- the reference ------------------------------------------------------------------------ */

static double number_at(json_t *object, const char *path)
{
    return json_number_value(golden_at(object, path));
}

static size_t take_numbers(json_t *array, double **numbers)
{
    size_t most = json_array_size(array);

    *numbers = memory_get((most + 1) * sizeof **numbers);
    return golden_numbers(array, *numbers, most);
}

static float *take_floats(json_t *array, size_t *count)
{
    double *numbers;
    float *floats;

    *count = take_numbers(array, &numbers);
    floats = memory_get((*count + 1) * sizeof *floats);
    for (size_t i = 0; i < *count; i++)
        floats[i] = (float)numbers[i];
    free(numbers);
    return floats;
}

static void expect_channels(const struct split_weights *split, json_t *golden)
{
    double *expected;

    assert_int_equal(take_numbers(golden, &expected), split->added);
    for (size_t i = 0; i < split->added; i++)
        assert_int_equal(split->roots[split->shape.inputs + i], expected[i]);
    free(expected);
}

static void expect_codes(const int8_t *codes, const int32_t *folded, json_t *golden)
{
    double *expected;
    size_t count = take_numbers(golden, &expected);

    for (size_t i = 0; i < count; i++)
        assert_int_equal(codes ? codes[i] : folded[i], expected[i]);
    free(expected);
}

static void expect_values(const struct split_weights *split, json_t *golden)
{
    double *expected;
    size_t count = take_numbers(golden, &expected);

    for (size_t i = 0; i < count; i++)
        assert_float_equal(split->values[i], expected[i],
                           1e-5 * fabs(expected[i]) + 1e-7);
    free(expected);
}

/* The clip of a case: its share of the largest magnitude after splitting, or one that was
 * found on the original weights. */
static double clip_of(json_t *golden, struct quantizer quantizer, float most)
{
    double share = number_at(golden, "clip_code");

    return share > 0 ? share * most
                     : grid_levels(quantizer.grid, quantizer.bits) /
                           number_at(golden, "expect.scale_codes_per_unit");
}

static struct split_shape shape_of(json_t *golden)
{
    double sizes[4] = {1, 1, 1, 1};

    golden_numbers(golden_at(golden, "shape"), sizes, 4);
    return (struct split_shape){(size_t)sizes[0], (size_t)sizes[1],
                                (size_t)(sizes[2] * sizes[3])};
}

static void expect_case(json_t *golden)
{
    struct split_shape shape = shape_of(golden);
    struct quantizer quantizer = {GRID_MIDTREAD, (int)number_at(golden, "bits"), 0, 0};
    size_t count, added = outlier_splitting_count(number_at(golden, "expand_ratio"),
                                                  shape.inputs);
    float *weights = take_floats(golden_at(golden, "weights"), &count);
    struct split_weights split;
    int8_t *codes;
    int32_t *folded;

    assert_int_equal(added, number_at(golden, "expect.n_split"));
    outlier_splitting_init(&split, weights, shape, added, 0);
    expect_channels(&split, golden_at(golden, "expect.prelim_dup_channels"));
    assert_float_equal(outlier_splitting_most(&split),
                       number_at(golden, "expect.prelim_max_abs"), 1e-7);
    quantizer.step =
        grid_step_of_clip(quantizer.grid, quantizer.bits,
                          clip_of(golden, quantizer, outlier_splitting_most(&split)));
    assert_float_equal(quantizer.step, number_at(golden, "expect.step"),
                       1e-6 * quantizer.step);
    outlier_splitting_clear(&split);

    outlier_splitting_init(&split, weights, shape, added, quantizer.step);
    expect_channels(&split, golden_at(golden, "expect.dup_channels"));
    expect_values(&split, golden_at(golden, "expect.split_weights"));
    codes = memory_get(shape.outputs * (shape.inputs + added) * shape.window);
    folded = memory_get(count * sizeof *folded);
    quantizer_codes(&quantizer, split.values,
                    shape.outputs * (shape.inputs + added) * shape.window, codes);
    outlier_splitting_fold(&split, codes, folded);
    expect_codes(codes, NULL, golden_at(golden, "expect.codes"));
    expect_codes(NULL, folded, golden_at(golden, "expect.folded_codes"));
    outlier_splitting_clear(&split);
    free(weights);
    free(codes);
    free(folded);
}

static void channels_steps_and_codes_equal_the_reference(void **state)
{
    json_t *golden = golden_open("golden_ocs.json"), *one;
    size_t index;

    (void)state;
    if (!golden)
        skip();
    json_array_foreach(golden_at(golden, "ocs_cases"), index, one)
    {
        print_message("%s\n", json_string_value(golden_at(one, "name")));
        expect_case(one);
    }
    assert_int_equal(index, 31);
    json_decref(golden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ratio_is_rounded_up),
        cmocka_unit_test(equal_channels_are_split_from_the_last_one_down),
        cmocka_unit_test(a_copy_may_be_split_again),
        cmocka_unit_test(the_upper_half_is_the_new_channel),
        cmocka_unit_test(zeros_stay_zero),
        cmocka_unit_test(aware_halves_round_as_the_whole_does),
        cmocka_unit_test(folded_codes_may_lie_beyond_the_grid),
        cmocka_unit_test(channels_steps_and_codes_equal_the_reference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
