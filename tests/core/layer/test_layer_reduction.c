#include "core/layer/reduction.h"

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

static float x[MOST], y[MOST];

/* One after the other, in long double. */
static long double exact(enum reduction_operation operation, const float *row,
                         size_t length)
{
    long double sum = 0, squares = 0, magnitudes = 0, exponentials = 0, product = 1;
    long double most = row[0], least = row[0];

    for (size_t i = 0; i < length; i++) {
        sum += row[i];
        squares += (long double)row[i] * row[i];
        magnitudes += fabsl(row[i]);
        exponentials += expl(row[i]);
        product *= row[i];
        most = fmaxl(most, row[i]);
        least = fminl(least, row[i]);
    }
    switch (operation) {
    case REDUCTION_MEAN:
        return sum / (long double)length;
    case REDUCTION_SUM:
        return sum;
    case REDUCTION_MAX:
        return most;
    case REDUCTION_MIN:
        return least;
    case REDUCTION_PRODUCT:
        return product;
    case REDUCTION_MAGNITUDES:
        return magnitudes;
    case REDUCTION_NORM:
        return sqrtl(squares);
    case REDUCTION_SQUARES:
        return squares;
    case REDUCTION_LOG:
        return logl(sum);
    case REDUCTION_LOG_SUM_EXP:
        return logl(exponentials);
    default:
        fail_msg("an operation without a value");
        return 0;
    }
}

static void fill(size_t count, bool is_positive)
{
    for (size_t i = 0; i < count; i++)
        x[i] = 1.5f * sinf(7 * (float)i) + (is_positive ? 2.5f : 0);
}

/* But for operation and place, each is the nearest float of nearly the exact value. */
static void every_operation_is_the_nearest_float(void **state)
{
    static const size_t lengths[] = {1, 2, 15, 16, 17, 40, 333};

    (void)state;
    for (int operation = 0; operation < REDUCTION_OPERATION_COUNT; operation++)
        for (size_t i = 0; i < COUNT(lengths); i++) {
            long double value;
            float got;

            fill(lengths[i], operation == REDUCTION_LOG);
            value = exact((enum reduction_operation)operation, x, lengths[i]);
            got = reduction_of((enum reduction_operation)operation, x, lengths[i]);
            if (fabsl(value - got) > 6.1e-8L * fabsl(value) + 1e-12L)
                fail_msg("operation %d of %zu: %.9g is not %.9Lg", operation,
                         lengths[i], (double)got, value);
        }
}

static const struct {
    int rank, dims[TENSOR_RANK_MAX];
} shapes[] = {
    {1, {9}}, {2, {5, 3}}, {3, {5, 4, 6}}, {3, {20, 3, 2}}, {4, {2, 3, 4, 5}}};

/* Of every row, what the operation gives of its elements in the order in which they are stored. */
static void rows_go_along_any_dimensions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct tensor from = one_layer_tensor(shapes[i].rank, shapes[i].dims);

        fill(3 * from.count, false);
        for (unsigned mask = 0; mask < 1u << from.rank; mask++)
            for (int keeps = 0; keeps < 2; keeps++) {
                struct layer layer = {.kind = LAYER_REDUCTION,
                                      .reduction.operation = REDUCTION_SUM};
                const struct rows *rows = &layer.reduction.rows;
                bool is_along[TENSOR_RANK_MAX];
                size_t count, length;
                struct tensor to;

                for (int d = 0; d < from.rank; d++)
                    is_along[d] = mask >> d & 1;
                layer.reduction.rows = rows_of(&from, is_along, keeps);
                count = rows_count(rows);
                length = rows_length(rows);
                to = one_layer_tensor(1, (int[]){(int)count});
                one_layer_run(&layer, &from, &to, x, 3, y);
                for (size_t row = 0; row < 3 * count; row++) {
                    const float *sample = x + row / count * from.count;
                    float elements[200];

                    for (size_t e = 0; e < length; e++)
                        elements[e] = sample[rows_first(rows, row % count) +
                                             rows_element(rows, e)];
                    assert_true(y[row] ==
                                reduction_of(REDUCTION_SUM, elements, length));
                }
            }
    }
}

static void ends_of_the_line_are_kept(void **state)
{
    (void)state;
    x[0] = -INFINITY;
    x[1] = -INFINITY;
    assert_true(reduction_of(REDUCTION_LOG_SUM_EXP, x, 2) == -INFINITY);
    x[1] = 1000;
    assert_true(reduction_of(REDUCTION_LOG_SUM_EXP, x, 2) == 1000);
    x[0] = INFINITY;
    assert_true(reduction_of(REDUCTION_LOG_SUM_EXP, x, 2) == INFINITY);
    x[0] = x[1] = 3e38f;
    assert_true(reduction_of(REDUCTION_MEAN, x, 2) == 3e38f);
    assert_true(reduction_of(REDUCTION_SUM, x, 2) == INFINITY);
}

static void signs_follow_from_the_operation(void **state)
{
    static const struct {
        enum reduction_operation operation;
        bool of_any, of_nonnegative;
    } signs[] = {
        {REDUCTION_MEAN, false, true},    {REDUCTION_SUM, false, true},
        {REDUCTION_MAX, false, true},     {REDUCTION_MIN, false, true},
        {REDUCTION_PRODUCT, false, true}, {REDUCTION_MAGNITUDES, true, true},
        {REDUCTION_NORM, true, true},     {REDUCTION_SQUARES, true, true},
        {REDUCTION_LOG, false, false},    {REDUCTION_LOG_SUM_EXP, false, false},
    };

    (void)state;
    assert_int_equal(COUNT(signs), REDUCTION_OPERATION_COUNT);
    for (size_t i = 0; i < COUNT(signs); i++) {
        const struct layer layer = {.kind = LAYER_REDUCTION,
                                    .reduction.operation = signs[i].operation};
        const struct layer_kind_row *kind = layer_kind_of(&layer);

        assert_int_equal(kind->is_nonnegative(&layer, false), signs[i].of_any);
        assert_int_equal(kind->is_nonnegative(&layer, true), signs[i].of_nonnegative);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_is_the_nearest_float),
        cmocka_unit_test(rows_go_along_any_dimensions),
        cmocka_unit_test(ends_of_the_line_are_kept),
        cmocka_unit_test(signs_follow_from_the_operation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
