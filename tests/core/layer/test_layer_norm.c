#include "core/network/layer_kind.h"
#include "core/network/rows.h"

#include "tests/support/one_layer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { MOST = 4000 };

static float x[MOST], y[MOST], scale[MOST], shift[MOST];

static void fill(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        x[i] = 30 + 3 * sinf(7 * (float)i) + (float)(i % 5);
        scale[i] = 1 + 0.5f * cosf((float)i);
        shift[i] = sinf(3 * (float)i);
    }
}

/* In long double, element by element. */
static long double exact(const struct norm *norm, size_t row, size_t element)
{
    const struct rows *rows = &norm->rows;
    size_t first = rows_first(rows, row), length = rows_length(rows);
    size_t at = row * norm->per_row + element / norm->run % norm->count;
    long double mean = 0, squares = 0, magnitudes = 0, apart;

    for (size_t i = 0; i < length && norm->size == NORM_DEVIATION; i++)
        mean += x[first + rows_element(rows, i)] / (long double)length;
    for (size_t i = 0; i < length; i++) {
        apart = x[first + rows_element(rows, i)] - mean;
        squares += apart * apart;
        magnitudes += fabsl(apart);
    }
    apart = x[first + rows_element(rows, element)] - mean;
    if (norm->size == NORM_MAGNITUDES)
        apart /= magnitudes;
    else if (norm->size == NORM_LENGTH)
        apart /= sqrtl(squares + norm->epsilon);
    else
        apart /= sqrtl(squares / (long double)length + norm->epsilon);
    return norm->scale ? apart * norm->scale[at] + norm->shift[at] : apart;
}

/* Within half a unit of a result, or of the sum that it is, and a little. */
static void check(const struct layer *layer, const struct tensor *tensor)
{
    const struct rows *rows = &layer->norm.rows;

    one_layer_run(layer, tensor, tensor, x, 1, y);
    for (size_t row = 0; row < rows_count(rows); row++)
        for (size_t i = 0; i < rows_length(rows); i++) {
            long double value = exact(&layer->norm, row, i);
            float got = y[rows_first(rows, row) + rows_element(rows, i)];

            if (fabsl(got - value) > 6e-8L * fabsl(value) + 1e-13L)
                fail_msg("%.9g is not %.9Lg", (double)got, value);
        }
}

static struct layer norm_of(struct rows rows, enum norm_size size)
{
    return (struct layer){.kind = LAYER_NORM,
                          .norm = {.rows = rows,
                                   .size = size,
                                   .epsilon = size == NORM_MAGNITUDES ? 0 : 1e-3f,
                                   .run = 1,
                                   .count = 1}};
}

static const struct {
    int rank, dims[TENSOR_RANK_MAX];
} shapes[] = {{1, {1}},     {1, {15}},      {1, {16}},        {1, {700}},
              {2, {5, 33}}, {3, {6, 4, 5}}, {4, {4, 3, 2, 5}}};

/* From one dimension on, with a scale and a shift for each element of a row, or without. */
static void rows_of_any_shape_are_near_to_the_exact_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++)
        for (int first = 0; first < shapes[i].rank; first++)
            for (int size = 0; size < NORM_SIZE_COUNT; size++) {
                struct tensor tensor = one_layer_tensor(shapes[i].rank, shapes[i].dims);
                bool is_along[TENSOR_RANK_MAX];
                struct layer layer;

                for (int d = 0; d < tensor.rank; d++)
                    is_along[d] = d >= first;
                layer = norm_of(rows_of(&tensor, is_along, true), (enum norm_size)size);
                fill(tensor.count);
                check(&layer, &tensor);
                layer.norm.scale = scale;
                layer.norm.shift = shift;
                layer.norm.count = layer.norm.value_count =
                    rows_length(&layer.norm.rows);
                check(&layer, &tensor);
            }
}

/* With a scale and a shift for each channel. */
static void groups_of_channels_are_near_to_the_exact_ones(void **state)
{
    (void)state;
    for (int rank = 1; rank <= 4; rank++)
        for (int groups = 1; groups <= 12; groups++) {
            struct tensor tensor = one_layer_tensor(rank, (int[]){12, 3, 5, 2});
            struct layer layer;

            if (12 % groups != 0)
                continue;
            layer = norm_of(rows_of_groups(&tensor, groups), NORM_DEVIATION);
            layer.norm.scale = scale;
            layer.norm.shift = shift;
            layer.norm.value_count = 12;
            layer.norm.per_row = layer.norm.count = (size_t)(12 / groups);
            layer.norm.run = rank == 3 ? 1 : tensor.count / 12;
            fill(tensor.count);
            check(&layer, &tensor);
        }
}

static void a_sample_has_the_same_bits_in_any_block(void **state)
{
    struct tensor image = one_layer_tensor(3, (int[]){17, 3, 4});
    struct layer layer =
        norm_of(rows_of(&image, (bool[]){false, true, true}, true), NORM_DEVIATION);
    float alone[204];

    (void)state;
    fill(5 * image.count);
    one_layer_run(&layer, &image, &image, x, 5, y);
    for (size_t sample = 0; sample < 5; sample++) {
        one_layer_run(&layer, &image, &image, x + sample * image.count, 1, alone);
        assert_memory_equal(alone, y + sample * image.count, sizeof alone);
    }
}

static void a_row_of_equal_elements_becomes_zeros(void **state)
{
    struct tensor row = one_layer_tensor(1, (int[]){20});

    (void)state;
    for (int size = 0; size < NORM_SIZE_COUNT; size++)
        for (int has_epsilon = 0; has_epsilon < 2; has_epsilon++) {
            struct layer layer =
                norm_of(rows_of(&row, (bool[]){true}, true), (enum norm_size)size);

            layer.norm.epsilon = has_epsilon ? 1e-5f : 0;
            for (int i = 0; i < 20; i++)
                x[i] = size == NORM_DEVIATION ? 0.1f : 0;
            one_layer_run(&layer, &row, &row, x, 1, y);
            for (int i = 0; i < 20; i++)
                assert_true(fabsf(y[i]) < 1e-5f);
        }
}

static void signs_follow_from_size_and_constants(void **state)
{
    static float up[] = {0, 1}, down[] = {-1, 1}, none[] = {0, 0};
    static const struct {
        enum norm_size size;
        float *scale, *shift;
        bool keeps_sign;
    } signs[] = {
        {NORM_DEVIATION, NULL, NULL, false},
        {NORM_DEVIATION, up, up, false},
        {NORM_ROOT_MEAN_SQUARE, NULL, NULL, true},
        {NORM_ROOT_MEAN_SQUARE, up, none, true},
        {NORM_ROOT_MEAN_SQUARE, down, none, false},
        {NORM_LENGTH, up, down, false},
        {NORM_MAGNITUDES, NULL, NULL, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(signs); i++) {
        struct layer layer = {.kind = LAYER_NORM};

        layer.norm = (struct norm){.size = signs[i].size,
                                   .scale = signs[i].scale,
                                   .shift = signs[i].shift,
                                   .value_count = 2};
        assert_false(layer_kind_of(&layer)->is_nonnegative(&layer, false));
        assert_int_equal(layer_kind_of(&layer)->is_nonnegative(&layer, true),
                         signs[i].keeps_sign);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_any_shape_are_near_to_the_exact_ones),
        cmocka_unit_test(groups_of_channels_are_near_to_the_exact_ones),
        cmocka_unit_test(a_sample_has_the_same_bits_in_any_block),
        cmocka_unit_test(a_row_of_equal_elements_becomes_zeros),
        cmocka_unit_test(signs_follow_from_size_and_constants),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
