#include "core/network/layer_kind.h"
#include "core/network/rows.h"

#include "tests/support/one_layer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { MOST = 6000 };

static float x[MOST], y[MOST];

static struct layer softmax_of(const struct tensor *tensor, unsigned mask, bool is_log)
{
    struct layer layer = {.kind = LAYER_SOFTMAX, .softmax.is_log = is_log};
    bool is_along[TENSOR_RANK_MAX];

    for (int i = 0; i < tensor->rank; i++)
        is_along[i] = mask >> i & 1;
    layer.softmax.rows = rows_of(tensor, is_along, true);
    return layer;
}

/* Along all of a tensor [length]. */
static void run(size_t length, bool is_log)
{
    struct tensor tensor = one_layer_tensor(1, (int[]){(int)length});
    struct layer layer = softmax_of(&tensor, 1, is_log);

    one_layer_run(&layer, &tensor, &tensor, x, 1, y);
}

static void fill(size_t count, float size)
{
    for (size_t i = 0; i < count; i++)
        x[i] = size * sinf(7 * (float)i) + (float)(i % 11);
}

static void assert_near(long double value, float got, long double least)
{
    if (!(fabsl((long double)got - value) <= 2e-7L * fabsl(value) + least))
        fail_msg("%.9g is not %.9Lg", (double)got, value);
}

/* Within two roundings of the exact one. */
static void check(const struct layer *layer, const struct rows *rows)
{
    size_t length = rows_length(rows), count = rows_count(rows);

    for (size_t row = 0; row < count; row++) {
        size_t first = rows_first(rows, row);
        long double sum = 0, largest = -INFINITY;

        for (size_t i = 0; i < length; i++)
            largest = fmaxl(largest, x[first + rows_element(rows, i)]);
        for (size_t i = 0; i < length; i++)
            sum += expl(x[first + rows_element(rows, i)] - largest);
        for (size_t i = 0; i < length; i++) {
            size_t at = first + rows_element(rows, i);
            long double less = x[at] - largest;

            if (layer->softmax.is_log)
                assert_near(less - logl(sum), y[at], 1e-7L);
            else
                assert_near(expl(less) / sum, y[at], 1e-44L);
        }
    }
}

static void rows_of_any_length_are_near_to_the_exact_ones(void **state)
{
    static const size_t lengths[] = {1, 2, 7, 15, 16, 17, 31, 33, 100, 5003};

    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++)
        for (int is_log = 0; is_log < 2; is_log++) {
            struct tensor tensor = one_layer_tensor(1, (int[]){(int)lengths[i]});
            struct layer layer = softmax_of(&tensor, 1, is_log);

            fill(lengths[i], 10);
            run(lengths[i], is_log);
            check(&layer, &layer.softmax.rows);
        }
}

static const struct {
    int rank, dims[TENSOR_RANK_MAX];
} shapes[] = {{3, {5, 4, 6}}, {3, {40, 3, 2}}, {3, {1, 3, 7}}, {4, {2, 3, 4, 5}}};

static void rows_go_along_any_dimensions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct tensor tensor = one_layer_tensor(shapes[i].rank, shapes[i].dims);

        for (unsigned mask = 1; mask < 1u << tensor.rank; mask++)
            for (int is_log = 0; is_log < 2; is_log++) {
                struct layer layer = softmax_of(&tensor, mask, is_log);

                fill(tensor.count, 3);
                one_layer_run(&layer, &tensor, &tensor, x, 1, y);
                check(&layer, &layer.softmax.rows);
            }
    }
}

static void check_bits_of_rows(bool is_log)
{
    struct tensor image = one_layer_tensor(3, (int[]){37, 3, 23});
    struct tensor row = one_layer_tensor(1, (int[]){23});
    struct layer along_columns = softmax_of(&image, 4, is_log);
    struct layer alone = softmax_of(&row, 1, is_log);
    const struct rows *rows = &along_columns.softmax.rows;

    fill(image.count, 5);
    one_layer_run(&along_columns, &image, &image, x, 1, y);
    for (size_t i = 0; i < rows_count(rows); i++) {
        float given[23], made[23];

        for (size_t j = 0; j < 23; j++)
            given[j] = x[rows_first(rows, i) + rows_element(rows, j)];
        one_layer_run(&alone, &row, &row, given, 1, made);
        for (size_t j = 0; j < 23; j++)
            assert_true(made[j] == y[rows_first(rows, i) + rows_element(rows, j)]);
    }
}

static void a_row_has_the_same_bits_wherever_its_elements_are(void **state)
{
    (void)state;
    check_bits_of_rows(false);
    check_bits_of_rows(true);
}

static void a_sample_has_the_same_bits_in_any_block(void **state)
{
    struct tensor image = one_layer_tensor(3, (int[]){17, 3, 4});
    struct layer layer = softmax_of(&image, 6, false);
    float alone[204];

    (void)state;
    fill(5 * image.count, 5);
    one_layer_run(&layer, &image, &image, x, 5, y);
    for (size_t sample = 0; sample < 5; sample++) {
        one_layer_run(&layer, &image, &image, x + sample * image.count, 1, alone);
        assert_memory_equal(alone, y + sample * image.count, sizeof alone);
    }
}

static void what_is_masked_is_zero(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        x[i] = i % 3 ? -INFINITY : 2;
    run(20, false);
    for (int i = 0; i < 20; i++)
        assert_true(y[i] == (i % 3 ? 0 : 1.f / 7));
    run(20, true);
    for (int i = 0; i < 20; i++)
        assert_true(i % 3 ? y[i] == -INFINITY : fabsf(y[i] + logf(7)) < 1e-6f);
}

static void large_inputs_do_not_overflow(void **state)
{
    (void)state;
    x[0] = 3e38f;
    x[1] = -3e38f;
    x[2] = 3e38f;
    run(3, false);
    assert_true(y[0] == .5f && y[1] == 0 && y[2] == .5f);
}

static void a_row_without_numbers_is_none(void **state)
{
    static const float rows[][3] = {
        {-INFINITY, -INFINITY, -INFINITY}, {INFINITY, 1, 2}, {1, NAN, 2}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        memcpy(x, rows[i], sizeof rows[i]);
        run(3, false);
        assert_true(isnan(y[i == 1 ? 0 : 2]));
    }
}

static void only_the_logarithm_is_negative(void **state)
{
    const struct layer softmax = {.kind = LAYER_SOFTMAX};
    const struct layer logarithm = {.kind = LAYER_SOFTMAX, .softmax.is_log = true};

    (void)state;
    assert_true(layer_kind_of(&softmax)->is_nonnegative(&softmax, false));
    assert_false(layer_kind_of(&logarithm)->is_nonnegative(&logarithm, true));
    assert_string_equal(layer_kind_name(&softmax), "softmax");
    assert_string_equal(layer_kind_name(&logarithm), "log softmax");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_any_length_are_near_to_the_exact_ones),
        cmocka_unit_test(rows_go_along_any_dimensions),
        cmocka_unit_test(a_row_has_the_same_bits_wherever_its_elements_are),
        cmocka_unit_test(a_sample_has_the_same_bits_in_any_block),
        cmocka_unit_test(what_is_masked_is_zero),
        cmocka_unit_test(large_inputs_do_not_overflow),
        cmocka_unit_test(a_row_without_numbers_is_none),
        cmocka_unit_test(only_the_logarithm_is_negative),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
