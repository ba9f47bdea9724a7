#include "core/quant/quantizer.h"

#include "core/base/memory.h"
#include "tests/support/golden.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const float steps[] = {1, 0.25f, 0.1f, 3, 1e-30f, 7.7e29f, 0.0123456f};
enum { STEP_COUNT = sizeof steps / sizeof steps[0] };

/* Calls `check` with every grid, number of bits and step. */
static void with_every_quantizer(void (*check)(const struct quantizer *quantizer))
{
    for (enum grid grid = 0; grid < GRID_COUNT; grid++)
        for (int bits = BITS_LEAST; bits <= BITS_MOST; bits++)
            for (int i = 0; i < STEP_COUNT; i++)
                check(&(struct quantizer){
                    grid, bits, steps[i],
                    grid == GRID_ASYMMETRIC ? (73 * i) % (1 << bits) : 0});
}

static const struct ends {
    enum grid grid;
    int bits, lowest, highest;
    double levels;
} ends[] = {
    {GRID_MIDRISE, 2, -2, 1, 1.5},        {GRID_MIDRISE, 4, -8, 7, 7.5},
    {GRID_MIDRISE, 8, -128, 127, 127.5},  {GRID_MIDTREAD, 2, -2, 1, 1},
    {GRID_MIDTREAD, 8, -128, 127, 127},   {GRID_NARROW, 2, -1, 1, 1},
    {GRID_NARROW, 8, -127, 127, 127},     {GRID_UNSIGNED, 2, 0, 3, 3},
    {GRID_UNSIGNED, 8, 0, 255, 255},      {GRID_ASYMMETRIC, 8, 0, 255, 255},
    {GRID_UNSIGNED, 16, 0, 65535, 65535}, {GRID_MIDTREAD, 16, -32768, 32767, 32767},
};

/* lowest and highest code, and levels */
static const struct zero {
    int bits, zero, lowest, highest;
    double levels;
} zeros[] = {
    {8, 0, 0, 255, 255},    {8, 255, -255, 0, 255}, {8, 128, -128, 127, 128},
    {8, 20, -20, 235, 235}, {4, 9, -9, 6, 9},       {2, 1, -1, 2, 2},
};

static void a_zero_moves_the_codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++) {
        struct quantizer quantizer = {GRID_ASYMMETRIC, zeros[i].bits, 0.5f,
                                      zeros[i].zero};
        uint8_t stored;

        assert_int_equal(quantizer_lowest(&quantizer), zeros[i].lowest);
        assert_int_equal(quantizer_highest(&quantizer), zeros[i].highest);
        assert_true(quantizer_levels(&quantizer) == zeros[i].levels);
        assert_true(quantizer_step_of_clip(&quantizer, 3) ==
                    3.f / (float)zeros[i].levels);
        quantizer_stored_codes(&quantizer, &(float){0}, 1, &stored);
        assert_int_equal(stored, zeros[i].zero);
        assert_true(quantizer_value(&quantizer, quantizer_code(&quantizer, 0)) == 0);
    }
}

static void ends_have_their_zero_between_them(void **state)
{
    (void)state;
    assert_int_equal(grid_zero_of_ends(8, 0, 6), 0);
    assert_int_equal(grid_zero_of_ends(8, 1, 6), 0);
    assert_int_equal(grid_zero_of_ends(8, -6, 0), 255);
    assert_int_equal(grid_zero_of_ends(8, -6, -2), 255);
    assert_int_equal(grid_zero_of_ends(8, -1, 1), 128);
    assert_int_equal(grid_zero_of_ends(8, -1, 4), 51);
    assert_int_equal(grid_zero_of_ends(4, -0.375, 3), 2);
    assert_int_equal(grid_zero_of_ends(4, 0, 0), 8);
}

static void codes_and_levels_of_each_grid(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct quantizer quantizer = {ends[i].grid, ends[i].bits, 1, 0};

        assert_int_equal(quantizer_lowest(&quantizer), ends[i].lowest);
        assert_int_equal(quantizer_highest(&quantizer), ends[i].highest);
        assert_true(grid_levels(ends[i].grid, ends[i].bits) == ends[i].levels);
        assert_true(quantizer_value(&quantizer, ends[i].highest) == ends[i].levels);
    }
}

static void every_grid_has_its_own_name(void **state)
{
    (void)state;
    assert_string_equal(grid_name(GRID_MIDRISE), "midrise");
    assert_string_equal(grid_name(GRID_MIDTREAD), "midtread");
    assert_string_equal(grid_name(GRID_NARROW), "narrow");
    assert_string_equal(grid_name(GRID_ASYMMETRIC), "asymmetric");
    assert_string_equal(grid_name(GRID_UNSIGNED), "unsigned");
}

static const struct rounding {
    enum grid grid;
    float value;
    int code;
} roundings[] = {
    /* 4 bits, step 1; half to even */
    {GRID_MIDTREAD, 0.5f, 0},     {GRID_MIDTREAD, 1.5f, 2},
    {GRID_MIDTREAD, 2.5f, 2},     {GRID_MIDTREAD, -0.5f, 0},
    {GRID_MIDTREAD, -1.5f, -2},   {GRID_MIDTREAD, -2.5f, -2},
    {GRID_MIDTREAD, -0.f, 0},     {GRID_MIDTREAD, 300, 7},
    {GRID_MIDTREAD, -300, -8},    {GRID_NARROW, -300, -7},
    {GRID_NARROW, -6.5f, -6},     {GRID_NARROW, -7.5f, -7},
    {GRID_UNSIGNED, -300, 0},     {GRID_UNSIGNED, 0.5f, 0},
    {GRID_UNSIGNED, 0.50001f, 1}, {GRID_UNSIGNED, 14.5f, 14},
    {GRID_UNSIGNED, 300, 15},     {GRID_MIDRISE, 0.1f, 0},
    {GRID_MIDRISE, -0.1f, -1},    {GRID_MIDRISE, 0.99f, 0},
    {GRID_MIDRISE, 1.01f, 1},     {GRID_MIDRISE, 0, 0},
    {GRID_MIDRISE, 1, 0},         {GRID_MIDRISE, 2, 2},
    {GRID_MIDRISE, 300, 7},       {GRID_MIDRISE, -300, -8},
    {GRID_MIDRISE, INFINITY, 7},  {GRID_MIDRISE, -FLT_MAX, -8},
    {GRID_UNSIGNED, FLT_MAX, 15},
};

static void rounds_half_to_even_and_clamps_at_the_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof roundings / sizeof roundings[0]; i++) {
        struct quantizer quantizer = {roundings[i].grid, 4, 1, 0};
        int code = quantizer_code(&quantizer, roundings[i].value);

        if (code != roundings[i].code)
            fail_msg("%s: %g has code %d instead of %d", grid_name(quantizer.grid),
                     (double)roundings[i].value, code, roundings[i].code);
    }
}

static void value_has_its_own_code(const struct quantizer *quantizer)
{
    for (int code = quantizer_lowest(quantizer); code <= quantizer_highest(quantizer);
         code++)
        assert_int_equal(quantizer_code(quantizer, quantizer_value(quantizer, code)),
                         code);
}

static void every_code_survives_the_round_trip(void **state)
{
    (void)state;
    with_every_quantizer(value_has_its_own_code);
}

static void never_falls(const struct quantizer *quantizer)
{
    int before = quantizer_lowest(quantizer);

    for (int i = -3000; i <= 3000; i++) {
        int code = quantizer_code(quantizer, quantizer->step * (float)i * 0.1f);

        assert_true(code >= before);
        before = code;
    }
    assert_int_equal(before, quantizer_highest(quantizer));
}

static void codes_rise_with_the_values_from_lowest_to_highest(void **state)
{
    (void)state;
    with_every_quantizer(never_falls);
}

static void loses_at_most_half_a_step(const struct quantizer *quantizer)
{
    double step = quantizer->step;
    double low = quantizer_value(quantizer, quantizer_lowest(quantizer));
    double high = quantizer_value(quantizer, quantizer_highest(quantizer));

    for (int i = 0; i <= 5000; i++) {
        float value = (float)(low + (high - low) * i / 5000);
        double error = value - (double)quantizer_value(
                                   quantizer, quantizer_code(quantizer, value));

        assert_true(fabs(error) <= step * 0.50002);
    }
}

static void values_inside_the_clip_move_by_half_a_step_at_most(void **state)
{
    (void)state;
    with_every_quantizer(loses_at_most_half_a_step);
}

static uint32_t next_random(uint32_t *seed)
{
    return *seed = *seed * 1664525u + 1013904223u;
}

/* Finite floats of all magnitudes around the step. */
static float random_value(uint32_t *seed, float step)
{
    double size = pow(2, next_random(seed) % 1000 / 50. - 8) * (double)step;

    return (float)(next_random(seed) & 0x10000 ? size : -size);
}

/* Weights have no other grids. */
static bool has_signs(const struct quantizer *quantizer)
{
    return quantizer->grid != GRID_UNSIGNED && quantizer->grid != GRID_ASYMMETRIC;
}

static void arrays_have_the_codes_of_their_values(const struct quantizer *quantizer)
{
    enum { MOST = 200 };
    float values[MOST];
    int8_t codes[MOST + 1];
    uint8_t stored[MOST + 1];
    uint32_t seed = 1;

    for (int i = 0; i < MOST; i++)
        values[i] = random_value(&seed, quantizer->step);
    for (size_t count = 0; count <= MOST; count++) {
        memset(codes, 99, sizeof codes);
        memset(stored, 99, sizeof stored);
        if (has_signs(quantizer))
            quantizer_codes(quantizer, values, count, codes);
        quantizer_stored_codes(quantizer, values, count, stored);
        for (size_t i = 0; i < count; i++) {
            int code = quantizer_code(quantizer, values[i]);

            assert_int_equal(stored[i], code - quantizer_lowest(quantizer));
            assert_true(!has_signs(quantizer) || codes[i] == code);
        }
        assert_int_equal(codes[count], 99);
        assert_int_equal(stored[count], 99);
    }
}

static void many_values_have_the_codes_of_each(void **state)
{
    (void)state;
    with_every_quantizer(arrays_have_the_codes_of_their_values);
}

/* All floats from `first` on, in the order of their bits, until `end`. */
static size_t mismatches_with_lrintf(const struct quantizer *quantizer, float first,
                                     float end)
{
    enum { RUN = 4096 };
    static float values[RUN];
    static uint8_t stored[RUN];
    const float lowest = (float)quantizer_lowest(quantizer);
    const float highest = (float)quantizer_highest(quantizer);
    size_t mismatches = 0;
    uint32_t bits, last;

    memcpy(&bits, &first, sizeof bits);
    memcpy(&last, &end, sizeof last);
    for (; bits < last; bits += RUN) {
        for (uint32_t i = 0; i < RUN; i++)
            memcpy(&values[i], &(uint32_t){bits + i}, sizeof values[i]);
        quantizer_stored_codes(quantizer, values, RUN, stored);
        for (int i = 0; i < RUN; i++) {
            float clamped = fminf(fmaxf(values[i], lowest), highest);

            mismatches += stored[i] != (uint8_t)(lrintf(clamped) - (long)lowest);
        }
    }
    return mismatches;
}

static void rounding_equals_lrintf_for_every_float(void **state)
{
    struct quantizer up = {GRID_UNSIGNED, 8, 1, 0}, both = {GRID_MIDTREAD, 8, 1, 0};

    (void)state;
    assert_int_equal(mismatches_with_lrintf(&up, 0.25f, 512), 0);
    assert_int_equal(mismatches_with_lrintf(&both, -0.25f, -256), 0);
    assert_int_equal(mismatches_with_lrintf(&up, 0x1p-126f, 0x1.01p-126f), 0);
}

/* Values of 16 bits stay floats; those of others are what their codes stand for. */
static void rounded_values_are_those_of_codes(void **state)
{
    static const int widths[] = {2, 8, BITS_WIDE};
    float values[] = {0, -0.3f, 0.3f, 2.7182817f, -1e9f, 1e9f, 1e-9f, 100.06f};
    enum { VALUES = sizeof values / sizeof *values };

    (void)state;
    for (enum grid grid = 0; grid < GRID_ASYMMETRIC; grid++)
        for (size_t i = 0; i < 3; i++) {
            struct quantizer quantizer = {grid, widths[i], 0.0123f, 0};
            float rounded[VALUES];

            memcpy(rounded, values, sizeof values);
            quantizer_round(&quantizer, rounded, VALUES);
            for (int j = 0; j < VALUES; j++)
                assert_true(
                    rounded[j] ==
                    quantizer_value(&quantizer, quantizer_code(&quantizer, values[j])));
        }
}

static void steps_of_extreme_clips_are_positive_and_finite(void **state)
{
    (void)state;
    for (enum grid grid = 0; grid < GRID_COUNT; grid++) {
        assert_true(grid_step_of_clip(grid, 8, 1e-44) > 0);
        assert_true(grid_step_of_clip(grid, 8, 1e-30) > 0);
        assert_true(isfinite(grid_step_of_clip(grid, 2, 3e38)));
    }
}

/* ---- the reference ---- */

/* The reference lets no step fall below 1e-8; with a smaller clip its levels are not
 * those of the step any more. */
static int guarded_by_the_reference(double clip, double levels)
{
    return clip / levels < 1e-8;
}

static size_t compare_case(json_t *golden, const struct quantizer *quantizer,
                           double clip)
{
    json_t *x = golden_at(golden, "x"), *code = golden_at(golden, "code");
    json_t *y = golden_at(golden, "y");
    double two_ulps = 2 * (double)FLT_EPSILON * clip;
    size_t index;
    json_t *value;

    json_array_foreach(x, index, value)
    {
        int ours = quantizer_code(quantizer, (float)json_number_value(value));
        int theirs = (int)json_integer_value(json_array_get(code, index)) +
                     quantizer_lowest(quantizer);
        double error = (double)quantizer_value(quantizer, ours) -
                       json_number_value(json_array_get(y, index));

        if (ours != theirs || fabs(error) > two_ulps)
            fail_msg(
                "%s, %d bits, step %g: %.9g has code %d, the reference's %d; value "
                "differs by %g",
                grid_name(quantizer->grid), quantizer->bits, (double)quantizer->step,
                json_number_value(value), ours, theirs, error);
    }
    return index;
}

static void codes_and_values_equal_the_reference(void **state)
{
    json_t *golden = golden_open("golden_lapq.json");
    size_t index, cases = 0, values = 0;
    json_t *item;

    (void)state;
    if (!golden)
        skip();
    json_array_foreach(golden_at(golden, "a_quantize"), index, item)
    {
        const char *kind = json_string_value(golden_at(item, "grid"));
        struct quantizer quantizer = {
            .grid =
                strcmp(kind, "weight_symmetric") == 0 ? GRID_MIDRISE : GRID_UNSIGNED,
            .bits = (int)json_integer_value(golden_at(item, "bits"))};
        double clip = json_number_value(golden_at(item, "alpha"));
        double step = json_number_value(golden_at(item, "delta"));

        if (guarded_by_the_reference(clip,
                                     grid_levels(quantizer.grid, quantizer.bits))) {
            if (quantizer.grid == GRID_MIDRISE)
                continue;
            quantizer.step = (float)step;
        } else {
            quantizer.step = grid_step_of_clip(quantizer.grid, quantizer.bits, clip);
            assert_true((double)quantizer.step == step);
        }
        values += compare_case(item, &quantizer, fmax(clip, 0));
        cases++;
    }
    json_decref(golden);
    print_message("%zu values in %zu cases\n", values, cases);
    assert_int_equal(cases, 44);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_and_levels_of_each_grid),
        cmocka_unit_test(a_zero_moves_the_codes),
        cmocka_unit_test(ends_have_their_zero_between_them),
        cmocka_unit_test(every_grid_has_its_own_name),
        cmocka_unit_test(rounds_half_to_even_and_clamps_at_the_ends),
        cmocka_unit_test(every_code_survives_the_round_trip),
        cmocka_unit_test(codes_rise_with_the_values_from_lowest_to_highest),
        cmocka_unit_test(values_inside_the_clip_move_by_half_a_step_at_most),
        cmocka_unit_test(many_values_have_the_codes_of_each),
        cmocka_unit_test(rounding_equals_lrintf_for_every_float),
        cmocka_unit_test(rounded_values_are_those_of_codes),
        cmocka_unit_test(steps_of_extreme_clips_are_positive_and_finite),
        cmocka_unit_test(codes_and_values_equal_the_reference),
    };

    return cmocka_run_group_tests_name("quantizer", tests, NULL, NULL);
}
