#include "core/layer/value.h"

#include "core/base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CANARY = 0xa5 };

static const struct plane planes[] = {
    {1, 1, 1, 0, 0, 0, 0, 0},  {4, 5, 3, 0, 0, 0, 0, 0}, {4, 5, 3, 1, 1, 1, 1, 0},
    {4, 5, 3, 2, 0, 0, 0, 0},  {4, 5, 3, 0, 2, 0, 0, 0}, {4, 5, 3, 0, 0, 2, 0, 0},
    {4, 5, 3, 0, 0, 0, 2, 0},  {3, 2, 7, 1, 2, 3, 4, 0}, {1, 1, 130, 0, 0, 0, 0, 0},
    {1, 1, 130, 1, 1, 1, 1, 0}};

static const struct grid_case {
    struct quantizer quantizer;
    int zero_code;
} grids[] = {
    {{GRID_UNSIGNED, 8, 0.03f, 0}, 0},   {{GRID_UNSIGNED, 4, 0.4f, 0}, 0},
    {{GRID_UNSIGNED, 2, 1.7f, 0}, 0},    {{GRID_MIDTREAD, 8, 0.05f, 0}, 128},
    {{GRID_MIDTREAD, 4, 0.7f, 0}, 8},    {{GRID_MIDTREAD, 2, 2.3f, 0}, 2},
    {{GRID_NARROW, 8, 0.05f, 0}, 127},   {{GRID_NARROW, 4, 0.7f, 0}, 7},
    {{GRID_MIDTREAD, 4, 1e-30f, 0}, 8},  {{GRID_ASYMMETRIC, 8, 0.05f, 201}, 201},
    {{GRID_ASYMMETRIC, 8, 0.05f, 0}, 0}, {{GRID_ASYMMETRIC, 8, 0.05f, 255}, 255},
    {{GRID_ASYMMETRIC, 4, 0.7f, 3}, 3},
};

/* Calls `check` for planes x grids x numbers of samples. */
static void for_each_case(void (*check)(const struct plane *plane, int samples,
                                        const struct grid_case *grid))
{
    for (size_t i = 0; i < sizeof planes / sizeof *planes; i++)
        for (size_t j = 0; j < sizeof grids / sizeof *grids; j++)
            for (int samples = 1; samples <= 4; samples += samples == 1 ? 1 : 2)
                check(&planes[i], samples, &grids[j]);
}

static size_t inner_count(const struct plane *plane, int samples)
{
    return (size_t)(samples * plane->height * plane->width * plane->channels);
}

/* Values on both sides of zero, some beyond every clip. */
static float *make_floats(const struct plane *plane, int samples)
{
    size_t count = inner_count(plane, samples);
    float *floats = memory_get(count * sizeof *floats);

    for (size_t i = 0; i < count; i++)
        floats[i] = i % 11 == 5 ? (i % 2 ? 1e9f : -1e9f) : 5 * sinf((float)i * 1.37f);
    return floats;
}

/* A value for codes in exactly the bytes that they need, full of canaries. */
static struct value make_code_value(const struct plane *plane, int samples)
{
    size_t bytes = value_code_bytes(plane, samples);
    struct value value = {.data = memory_get(bytes), .plane = plane};

    memset(value.data, CANARY, bytes);
    return value;
}

/* Where an element of a sample without border is, or -1 for the border. */
static int inner_of(const struct plane *plane, int y, int x, int channel)
{
    if (y < plane->top || y >= plane->top + plane->height || x < plane->left ||
        x >= plane->left + plane->width)
        return -1;
    return ((y - plane->top) * plane->width + x - plane->left) * plane->channels +
           channel;
}

/* The stored codes of all of the planes, and behind them the canaries. */
static void check_codes(const struct value *value, int samples, const float *floats,
                        const struct grid_case *grid)
{
    const struct plane *plane = value->plane;
    int lowest = quantizer_lowest(&grid->quantizer);
    const uint8_t *codes = value->data;

    for (int sample = 0; sample < samples; sample++) {
        for (int y = 0; y < plane->top + plane->height + plane->bottom; y++)
            for (int x = 0; x < plane->left + plane->width + plane->right; x++)
                for (int channel = 0; channel < plane->channels; channel++) {
                    int inner = inner_of(plane, y, x, channel);
                    int expected =
                        inner < 0
                            ? grid->zero_code
                            : quantizer_code(&grid->quantizer, floats[inner]) - lowest;

                    assert_int_equal(*codes++, expected);
                }
        floats += inner_count(plane, 1);
    }
    for (int i = 0; i < INPUT_SLACK; i++)
        assert_int_equal(codes[i], CANARY);
}

static void check_quantizing(const struct plane *plane, int samples,
                             const struct grid_case *grid)
{
    struct value value = make_code_value(plane, samples);
    float *floats = make_floats(plane, samples);

    value_from_floats(floats, samples, &grid->quantizer, &value);
    assert_true(value_is_codes(&value));
    assert_true(value.step == grid->quantizer.step);
    assert_int_equal(value.zero_code, grid->zero_code);
    check_codes(&value, samples, floats, grid);
    free(floats);
    free(value.data);
}

static void floats_become_codes_in_a_border_of_zeros(void **state)
{
    (void)state;
    for_each_case(check_quantizing);
}

static void check_round_trip(const struct plane *plane, int samples,
                             const struct grid_case *grid)
{
    const struct quantizer *quantizer = &grid->quantizer;
    struct value value = make_code_value(plane, samples);
    size_t count = inner_count(plane, samples);
    float *floats = make_floats(plane, samples);
    float *back = memory_get(count * sizeof *back);

    value_from_floats(floats, samples, quantizer, &value);
    value_to_floats(&value, samples, back);
    for (size_t i = 0; i < count; i++)
        assert_true(back[i] ==
                    quantizer_value(quantizer, quantizer_code(quantizer, floats[i])));
    memset(value.data, CANARY, value_code_bytes(plane, samples));
    value_become_floats(&value); /* or the border would be taken for one of codes */
    value_from_floats(back, samples, quantizer, &value);
    check_codes(&value, samples, floats, grid);
    free(back);
    free(floats);
    free(value.data);
}

static void a_border_is_not_filled_again(void **state)
{
    const struct plane plane = {
        .height = 2, .width = 2, .channels = 1, .top = 1, .left = 1};
    struct value value = make_code_value(&plane, 1);
    uint8_t *border = value.data;

    (void)state;
    value_become_codes_like(&value, 1, &(struct value){.step = 0.5f, .zero_code = 8});
    assert_int_equal(*border, 8);
    *border = 77; /* nobody writes there: only to see whether it is filled */
    value_become_codes_like(&value, 1, &(struct value){.step = 0.25f, .zero_code = 8});
    assert_int_equal(*border, 77);
    value_become_codes_like(&value, 1, &(struct value){.step = 0.25f});
    assert_int_equal(*border, 0);
    *border = 77;
    value_become_floats(&value);
    value_become_codes_like(&value, 1, &(struct value){.step = 0.25f});
    assert_int_equal(*border, 0);
    free(value.data);
}

static void a_round_trip_gives_the_values_of_the_codes(void **state)
{
    (void)state;
    for_each_case(check_round_trip);
}

static void check_rows(const struct plane *plane, int samples,
                       const struct grid_case *grid)
{
    struct value value = make_code_value(plane, samples);
    float *floats = make_floats(plane, samples);
    size_t row = (size_t)plane->width * (size_t)plane->channels;
    size_t rows = (size_t)samples * (size_t)plane->height, count;

    value_become_codes(&value, samples, &grid->quantizer);
    for (size_t first = 0; first < rows; first += count) {
        count = rows - first < 3 ? rows - first : 3; /* some are of two samples */
        value_put_rows(floats + first * row, first, count, &grid->quantizer, &value);
    }
    check_codes(&value, samples, floats, grid);
    free(floats);
    free(value.data);
}

static void rows_can_be_put_a_few_at_a_time(void **state)
{
    (void)state;
    for_each_case(check_rows);
}

static void check_becoming_codes(const struct plane *plane, int samples,
                                 const struct grid_case *grid)
{
    struct value value = make_code_value(plane, samples);
    size_t count = (size_t)(plane->top + plane->height + plane->bottom) *
                   (size_t)(plane->left + plane->width + plane->right) *
                   (size_t)plane->channels;
    const uint8_t *codes = value.data;

    value_become_codes(&value, samples, &grid->quantizer);
    assert_true(value_is_codes(&value));
    for (size_t at = 0; at < count * (size_t)samples; at++) {
        int pixel = (int)(at % count) / plane->channels;
        int width = plane->left + plane->width + plane->right;
        bool is_border = inner_of(plane, pixel / width, pixel % width, 0) < 0;

        assert_int_equal(codes[at], is_border ? grid->zero_code : CANARY);
    }
    value_become_floats(&value);
    assert_false(value_is_codes(&value));
    assert_int_equal(value.zero_code, 0);
    free(value.data);
}

static void a_value_that_becomes_codes_has_its_border_and_nothing_else(void **state)
{
    (void)state;
    for_each_case(check_becoming_codes);
}

/* What is no number passes too: floats are copied, not computed with. */
static void floats_without_a_quantizer_pass_unchanged(void **state)
{
    const struct plane plane = {2, 3, 1, 1, 1, 1, 1, 0};
    const float floats[12] = {0,   -0.f,  NAN,      INFINITY, -INFINITY, 1e-40f,
                              1.5, -1e9f, 3.25e38f, -7,       0.1f,      12};
    struct value value = {.data = memory_get(value_float_bytes(&plane, 2)),
                          .plane = &plane,
                          .step = 3,
                          .zero_code = 8};
    float back[12];

    (void)state;
    memset(value.data, CANARY, value_float_bytes(&plane, 2));
    value_from_floats(floats, 2, NULL, &value);
    assert_false(value_is_codes(&value));
    assert_int_equal(value.zero_code, 0);
    assert_memory_equal(value.data, floats, sizeof floats);
    value_to_floats(&value, 2, back);
    assert_memory_equal(back, floats, sizeof floats);
    for (int i = 0; i < INPUT_SLACK; i++)
        assert_int_equal(((uint8_t *)value.data)[sizeof floats + (size_t)i], CANARY);
    free(value.data);
}

static void floats_that_are_in_place_stay_there(void **state)
{
    const struct plane plane = {1, 2, 2, 0, 1, 0, 1, 0};
    float floats[4] = {1, -2, NAN, 4}, expected[4];
    struct value value = {.data = floats, .plane = &plane};

    (void)state;
    memcpy(expected, floats, sizeof floats);
    value_from_floats(floats, 1, NULL, &value);
    value_to_floats(&value, 1, floats);
    assert_memory_equal(floats, expected, sizeof floats);
    assert_ptr_equal(value.data, floats);
}

static const struct size_case {
    struct plane plane;
    int samples;
    size_t float_bytes, code_bytes;
} sizes[] = {
    {{1, 1, 1, 0, 0, 0, 0, 0}, 1, 4 + 64, 1 + 64},
    {{4, 5, 3, 0, 0, 0, 0, 0}, 1, 240 + 64, 60 + 64},
    {{4, 5, 3, 1, 1, 1, 1, 0}, 1, 240 + 64, 126 + 64},
    {{4, 5, 3, 1, 1, 1, 1, 0}, 7, 1680 + 64, 882 + 64},
    {{4, 5, 3, 1, 2, 3, 4, 0}, 2, 480 + 64, 528 + 64},
    {{1, 1, 2, 3, 3, 3, 3, 0}, 1, 8 + 64, 98 + 64}, /* more codes than floats */
    {{1, 1, 1000, 0, 0, 0, 0, 0}, 3, 12000 + 64, 3000 + 64},
    {{4, 5, 3, 1, 1, 1, 1, 0}, 0, 64, 64},
};

static void sizes_are_samples_and_slack(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const struct size_case *size = &sizes[i];

        assert_int_equal(value_float_bytes(&size->plane, size->samples),
                         size->float_bytes);
        assert_int_equal(value_code_bytes(&size->plane, size->samples),
                         size->code_bytes);
    }
}

static void the_first_code_is_behind_the_border(void **state)
{
    const struct plane plane = {4, 5, 3, 1, 2, 3, 4, 0};
    uint8_t bytes[264] = {0};
    struct value value = {.data = bytes, .plane = &plane};

    (void)state;
    assert_int_equal(value_codes(&value) - bytes, 11 * 3 + 2 * 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_become_codes_in_a_border_of_zeros),
        cmocka_unit_test(a_round_trip_gives_the_values_of_the_codes),
        cmocka_unit_test(a_border_is_not_filled_again),
        cmocka_unit_test(rows_can_be_put_a_few_at_a_time),
        cmocka_unit_test(a_value_that_becomes_codes_has_its_border_and_nothing_else),
        cmocka_unit_test(floats_without_a_quantizer_pass_unchanged),
        cmocka_unit_test(floats_that_are_in_place_stay_there),
        cmocka_unit_test(sizes_are_samples_and_slack),
        cmocka_unit_test(the_first_code_is_behind_the_border),
    };

    return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
