#include "core/layer/join_codes.h"

#include "core/base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Every code of the left one meets every code of the right one. */
static const struct plane pairs = {.height = 256, .width = 256, .channels = 1};

static const struct sum {
    struct quantizer left, right, output;
    float low, high;
} sums[] = {
    {{GRID_UNSIGNED, 8, 0.03f, 0},
     {GRID_UNSIGNED, 8, 0.07f, 0},
     {GRID_UNSIGNED, 8, 0.09f, 0},
     -INFINITY,
     INFINITY},
    {{GRID_MIDTREAD, 8, 0.03f, 0},
     {GRID_MIDTREAD, 8, 0.07f, 0},
     {GRID_MIDTREAD, 8, 0.05f, 0},
     -INFINITY,
     INFINITY},
    {{GRID_MIDTREAD, 8, 0.5f, 0}, /* with ties */
     {GRID_UNSIGNED, 8, 0.25f, 0},
     {GRID_MIDTREAD, 8, 1.f, 0},
     -INFINITY,
     INFINITY},
    {{GRID_MIDTREAD, 8, 0.013f, 0},
     {GRID_MIDTREAD, 8, 0.0017f, 0},
     {GRID_UNSIGNED, 8, 0.011f, 0},
     0,
     INFINITY},
    {{GRID_MIDTREAD, 8, 0.3f, 0},
     {GRID_UNSIGNED, 8, 1e-9f, 0},
     {GRID_MIDTREAD, 8, 0.2f, 0},
     -6,
     6},
    {{GRID_ASYMMETRIC, 8, 0.5f, 37}, /* with ties */
     {GRID_ASYMMETRIC, 8, 0.25f, 201},
     {GRID_ASYMMETRIC, 8, 1.f, 90},
     -INFINITY,
     INFINITY},
    {{GRID_ASYMMETRIC, 8, 0.03f, 5},
     {GRID_ASYMMETRIC, 8, 0.07f, 255},
     {GRID_ASYMMETRIC, 8, 0.05f, 0},
     -INFINITY,
     INFINITY},
    {{GRID_ASYMMETRIC, 8, 0.013f, 254},
     {GRID_UNSIGNED, 8, 0.017f, 0},
     {GRID_ASYMMETRIC, 8, 0.011f, 131},
     -0.5f,
     2},
};

static struct value make_codes(const struct quantizer *quantizer, bool by_row)
{
    struct value value = {.data = memory_get(value_code_bytes(&pairs, 1)),
                          .plane = &pairs};

    value_become_codes(&value, 1, quantizer);
    for (int row = 0; row < 256; row++)
        for (int column = 0; column < 256; column++)
            value_row(&value, (size_t)row)[column] = (uint8_t)(by_row ? row : column);
    return value;
}

static int zero_of(const struct quantizer *quantizer)
{
    return value_zero_code(quantizer);
}

/* As join_codes.h has it, one value at a time. */
static int defined_code(const struct sum *sum, int left, int right)
{
    float of_left = sum->left.step / sum->output.step;
    float of_right = sum->right.step / sum->output.step;
    float left_zero = of_left * (float)zero_of(&sum->left);
    float right_zero = of_right * (float)zero_of(&sum->right);
    float zero = (float)zero_of(&sum->output);
    float v = fmaf((float)right, of_right, zero - (left_zero + right_zero));

    v = fmaf((float)left, of_left, v);
    v = fminf(fmaxf(v, sum->low / sum->output.step + zero),
              sum->high / sum->output.step + zero);
    return (int)rintf(fminf(fmaxf(v, 0), 255));
}

static void check_sum(const struct kernel_set *set, const struct sum *sum)
{
    struct value left = make_codes(&sum->left, true);
    struct value right = make_codes(&sum->right, false);
    struct value output = make_codes(&sum->output, true);
    struct layer layer = {.kind = LAYER_ADD, .low = sum->low, .high = sum->high};

    join_codes_add_like_kernels(set, &layer, &left, &right, 1, &sum->output, &output);
    for (int row = 0; row < 256; row++)
        for (int column = 0; column < 256; column++)
            assert_int_equal(value_row(&output, (size_t)row)[column],
                             defined_code(sum, row, column));
    free(left.data);
    free(right.data);
    free(output.data);
}

static void sums_of_all_codes_are_rounded_as_defined(void **state)
{
    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        for (size_t i = 0; set->runs_here() && i < COUNT(sums); i++)
            check_sum(set, &sums[i]);
}

/* A sum that is exact in float is the same whichever way it is rounded. */
static void check_both_ways(const struct kernel_set *set, const struct sum *sum)
{
    struct value left = make_codes(&sum->left, true);
    struct value right = make_codes(&sum->right, false);
    struct value one = make_codes(&sum->output, true), other = one;
    struct layer layer = {.kind = LAYER_ADD, .low = sum->low, .high = sum->high};

    other.data = memory_get(value_code_bytes(&pairs, 1));
    join_codes_add_like_kernels(set, &layer, &left, &right, 1, &sum->output, &one);
    join_codes_add(set, &layer, &left, &right, 1, &sum->output, &other);
    for (size_t at = 0; at < 256; at++)
        assert_memory_equal(value_row(&one, at), value_row(&other, at), 256);
    free(left.data);
    free(right.data);
    free(one.data);
    free(other.data);
}

static void exact_sums_are_the_same_both_ways(void **state)
{
    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        if (set->runs_here()) {
            check_both_ways(set, &sums[2]);
            check_both_ways(set, &sums[5]);
        }
}

/* What floats would give that are added, clamped and rounded one after the other. */
static void check_as_floats(const struct kernel_set *set, const struct sum *sum)
{
    struct value left = make_codes(&sum->left, true);
    struct value right = make_codes(&sum->right, false);
    struct value output = make_codes(&sum->output, true);
    struct layer layer = {.kind = LAYER_ADD, .low = sum->low, .high = sum->high};

    join_codes_add(set, &layer, &left, &right, 1, &sum->output, &output);
    for (int row = 0; row < 256; row++)
        for (int column = 0; column < 256; column++) {
            float of_left = sum->left.step * (float)(row - left.zero_code);
            float of_right = sum->right.step * (float)(column - right.zero_code);
            float v = of_left + of_right;
            uint8_t code;

            v = fminf(fmaxf(v, sum->low), sum->high);
            quantizer_stored_codes(&sum->output, &v, 1, &code);
            assert_int_equal(value_row(&output, (size_t)row)[column], code);
        }
    free(left.data);
    free(right.data);
    free(output.data);
}

static void sums_are_those_of_floats(void **state)
{
    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        for (size_t i = 0; set->runs_here() && i < COUNT(sums); i++)
            check_as_floats(set, &sums[i]);
}

/* As join_codes.h has it, with the larger multiplier in [2^20, 2^21), in integers of 64 bits. */
static int shifted_code(const struct sum *sum, int left, int right)
{
    float of_left = sum->left.step / sum->output.step;
    float of_right = sum->right.step / sum->output.step;
    int n = 20 - (int)floor(log2((double)fmaxf(of_left, of_right)));
    long long from_left =
        llrint(ldexp((double)of_left, n)) * (left - zero_of(&sum->left));
    long long from_right =
        llrint(ldexp((double)of_right, n)) * (right - zero_of(&sum->right));
    int zero = zero_of(&sum->output);
    float low = rintf(sum->low / sum->output.step) + (float)zero;
    float high = rintf(sum->high / sum->output.step) + (float)zero;
    float v = (float)(((from_left + from_right + (1ll << (n - 1))) >> n) + zero);

    return (int)fminf(fmaxf(fminf(fmaxf(v, low), high), 0), 255);
}

static void sums_by_shift_are_as_defined(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sums); i++) {
        const struct sum *sum = &sums[i];
        struct value left = make_codes(&sum->left, true);
        struct value right = make_codes(&sum->right, false);
        struct value output = make_codes(&sum->output, true);
        struct layer layer = {.kind = LAYER_ADD, .low = sum->low, .high = sum->high};

        join_codes_add_by_shift(&layer, &left, &right, 1, &sum->output, &output);
        for (int row = 0; row < 256; row++)
            for (int column = 0; column < 256; column++)
                assert_int_equal(value_row(&output, (size_t)row)[column],
                                 shifted_code(sum, row, column));
        free(left.data);
        free(right.data);
        free(output.data);
    }
}

/* Codes of other steps or zeros are rounded anew, those of the output's are moved as they are. */
static void joined_channels_have_the_output_s_codes(void **state)
{
    static const struct quantizer from = {GRID_ASYMMETRIC, 8, 0.5f, 37};
    static const struct quantizer to = {GRID_ASYMMETRIC, 8, 0.5f, 90};
    static const struct plane two = {.height = 256, .width = 256, .channels = 2};
    struct value input = make_codes(&from, false), same = make_codes(&to, true);
    struct value output = {.data = memory_get(value_code_bytes(&two, 1)),
                           .plane = &two};
    float *floats = memory_get(value_float_bytes(&pairs, 1));
    uint8_t *bytes = memory_get(value_code_bytes(&pairs, 1));

    (void)state;
    value_become_codes(&output, 1, &to);
    join_codes_put(&input, 1, &to, 0, &output, floats, bytes);
    join_codes_put(&same, 1, &to, 1, &output, floats, bytes);
    for (int row = 0; row < 256; row++)
        for (int column = 0; column < 256; column++) {
            const uint8_t *codes = value_row(&output, (size_t)row) + 2 * column;

            assert_int_equal(codes[0], column + 53 < 255 ? column + 53 : 255);
            assert_int_equal(codes[1], row);
        }
    free(floats);
    free(bytes);
    free(input.data);
    free(same.data);
    free(output.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_of_all_codes_are_rounded_as_defined),
        cmocka_unit_test(exact_sums_are_the_same_both_ways),
        cmocka_unit_test(sums_are_those_of_floats),
        cmocka_unit_test(sums_by_shift_are_as_defined),
        cmocka_unit_test(joined_channels_have_the_output_s_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
