#include "core/layer/unary_operation.h"

#include "tests/support/exact_elementwise.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { POINTS = 20001, WRONG_MOST = 5 };

/* NaN, where the row's constants have no others. */
static const struct row {
    enum unary_operation operation;
    float alpha, beta;
} rows[] = {
    {UNARY_SIGMOID, NAN, NAN},
    {UNARY_HARD_SIGMOID, 0.2f, 0.5f},
    {UNARY_HARD_SIGMOID, -0.7f, 0.1f},
    {UNARY_HARD_SIGMOID, 0, 2},
    {UNARY_HARD_SWISH, NAN, NAN},
    {UNARY_LEAKY_RELU, 0.01f, NAN},
    {UNARY_LEAKY_RELU, 0, NAN},
    {UNARY_LEAKY_RELU, 1.5f, NAN},
    {UNARY_LEAKY_RELU, -0.5f, NAN},
    {UNARY_ELU, 1, NAN},
    {UNARY_ELU, 0, NAN},
    {UNARY_ELU, 1.7f, NAN},
    {UNARY_ELU, -0.5f, NAN},
    {UNARY_CELU, 1, NAN},
    {UNARY_CELU, 0.3f, NAN},
    {UNARY_SELU, 1.6732632f, 1.0507010f},
    {UNARY_SELU, -0.5f, 2},
    {UNARY_THRESHOLDED_RELU, 1, NAN},
    {UNARY_THRESHOLDED_RELU, -1, NAN},
    {UNARY_TANH, NAN, NAN},
    {UNARY_SOFTPLUS, NAN, NAN},
    {UNARY_SOFTSIGN, NAN, NAN},
    {UNARY_MISH, NAN, NAN},
    {UNARY_SWISH, 1, NAN},
    {UNARY_SWISH, 1.702f, NAN},
    {UNARY_SWISH, -0.5f, NAN},
    {UNARY_GELU, NAN, NAN},
    {UNARY_GELU_TANH, NAN, NAN},
    {UNARY_SQRT, NAN, NAN},
    {UNARY_EXP, NAN, NAN},
    {UNARY_LOG, NAN, NAN},
    {UNARY_NEG, NAN, NAN},
    {UNARY_ABS, NAN, NAN},
    {UNARY_RECIPROCAL, NAN, NAN},
    {UNARY_ERF, NAN, NAN},
    {UNARY_SIN, NAN, NAN},
    {UNARY_COS, NAN, NAN},
    {UNARY_CEIL, NAN, NAN},
    {UNARY_FLOOR, NAN, NAN},
    {UNARY_ROUND, NAN, NAN},
    {UNARY_SIGN, NAN, NAN},
};

static float x[POINTS], y[POINTS];

static struct unary unary_of(const struct row *row)
{
    return (struct unary){row->operation, row->alpha, row->beta};
}

static void compute(const struct row *row, size_t count)
{
    const struct unary unary = unary_of(row);

    unary_operation_of(row->operation)->compute(&unary, x, count, y);
}

static bool is_same(float value, float other)
{
    return isnan(value) ? isnan(other) : value == other;
}

/* The floats are the nearest, but for a few where the numbers lie near the middle of two. */
static void compare(const struct row *row)
{
    const struct unary unary = unary_of(row);
    int wrong = 0;

    compute(row, POINTS);
    for (int i = 0; i < POINTS; i++) {
        float exact = (float)exact_unary(&unary, x[i]);

        if (is_same(y[i], exact))
            continue;
        if (!is_same(y[i], nextafterf(exact, y[i])) || ++wrong > WRONG_MOST)
            fail_msg("%s of %.9g is %.9g, not %.9g",
                     unary_operation_of(row->operation)->name, (double)x[i],
                     (double)y[i], (double)exact);
    }
}

static void every_value_is_the_nearest_float(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT(rows); row++) {
        for (int i = 0; i < POINTS; i++)
            x[i] = 0.0006f * (float)(i - POINTS / 2);
        compare(&rows[row]);
        for (int i = 0; i < POINTS; i++)
            x[i] = sinf((float)i) * 0.006f * (float)i;
        compare(&rows[row]);
        for (int i = 0; i < POINTS; i++)
            x[i] = sinf((float)i) * powf(10, 0.0005f * (float)i - 8);
        compare(&rows[row]);
    }
}

/* Of numbers of all sizes, above which whole circles are lost in double. */
static void angles_may_be_as_large_as_floats_are(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT(rows); row++) {
        if (rows[row].operation != UNARY_SIN && rows[row].operation != UNARY_COS)
            continue;
        for (int i = 0; i < POINTS; i++)
            x[i] = sinf((float)i) * powf(10, 38 * (float)i / POINTS);
        compare(&rows[row]);
    }
}

/* Results where x is -infinity, -1e30, 0, 1e30 and infinity. */
static const struct ends {
    enum unary_operation operation;
    float results[5];
} ends[] = {
    {UNARY_SIGMOID, {0, 0, 0.5f, 1, 1}},
    {UNARY_HARD_SIGMOID, {0, 0, 1, 1, 1}},
    {UNARY_HARD_SWISH, {0, 0, 0, 1e30f, INFINITY}},
    {UNARY_LEAKY_RELU, {-INFINITY, -1e30f, 0, 1e30f, INFINITY}},
    {UNARY_ELU, {-1, -1, 0, 1e30f, INFINITY}},
    {UNARY_CELU, {-1, -1, 0, 1e30f, INFINITY}},
    {UNARY_SELU, {-1, -1, 0, 1e30f, INFINITY}},
    {UNARY_THRESHOLDED_RELU, {0, 0, 0, 1e30f, INFINITY}},
    {UNARY_TANH, {-1, -1, 0, 1, 1}},
    {UNARY_SOFTPLUS, {0, 0, 0.69314718f, 1e30f, INFINITY}},
    {UNARY_SOFTSIGN, {NAN, -1, 0, 1, NAN}},
    {UNARY_MISH, {0, 0, 0, 1e30f, INFINITY}},
    {UNARY_SWISH, {0, 0, 0, 1e30f, INFINITY}},
    {UNARY_GELU, {0, 0, 0, 1e30f, INFINITY}},
    {UNARY_GELU_TANH, {0, 0, 0, 1e30f, INFINITY}},
    {UNARY_SQRT, {NAN, NAN, 0, 1e15f, INFINITY}},
    {UNARY_EXP, {0, 0, 1, INFINITY, INFINITY}},
    {UNARY_LOG, {NAN, NAN, -INFINITY, 69.0775528f, INFINITY}},
    {UNARY_NEG, {INFINITY, 1e30f, 0, -1e30f, -INFINITY}},
    {UNARY_ABS, {INFINITY, 1e30f, 0, 1e30f, INFINITY}},
    {UNARY_RECIPROCAL, {0, -1e-30f, INFINITY, 1e-30f, 0}},
    {UNARY_ERF, {-1, -1, 0, 1, 1}},
    {UNARY_SIN, {NAN, 0.791163445f, 0, -0.791163445f, NAN}},
    {UNARY_COS, {NAN, -0.61160481f, 1, -0.61160481f, NAN}},
    {UNARY_CEIL, {-INFINITY, -1e30f, 0, 1e30f, INFINITY}},
    {UNARY_FLOOR, {-INFINITY, -1e30f, 0, 1e30f, INFINITY}},
    {UNARY_ROUND, {-INFINITY, -1e30f, 0, 1e30f, INFINITY}},
    {UNARY_SIGN, {-1, -1, 0, 1, 1}},
};

static void ends_of_the_line_are_what_they_must_be(void **state)
{
    static const float at[5] = {-INFINITY, -1e30f, 0, 1e30f, INFINITY};

    (void)state;
    assert_int_equal(COUNT(ends), UNARY_OPERATION_COUNT);
    for (size_t row = 0; row < COUNT(ends); row++) {
        const struct row like = {ends[row].operation, 1, 1};

        for (int i = 0; i < 5; i++)
            x[i] = at[i];
        x[5] = NAN;
        compute(&like, 6);
        for (int i = 0; i < 5; i++)
            if (!is_same(y[i], ends[row].results[i]) &&
                !(fabsf(y[i] - ends[row].results[i]) < 1e-6f))
                fail_msg("%s of %g is %.9g", unary_operation_of(like.operation)->name,
                         (double)at[i], (double)y[i]);
        assert_true(isnan(y[5]) == (like.operation != UNARY_HARD_SIGMOID));
    }
}

/* What no row says is negative is not; and what one does not is, somewhere. */
static void negative_results_are_foretold(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT(rows); row++)
        for (int inputs_are = 0; inputs_are < 2; inputs_are++) {
            const struct unary unary = unary_of(&rows[row]);
            bool are_negative = false;

            for (int i = 0; i < POINTS; i++)
                x[i] = 0.0011f * (float)(i - (inputs_are ? 0 : POINTS / 2));
            compute(&rows[row], POINTS);
            for (int i = 0; i < POINTS; i++)
                are_negative = are_negative || y[i] < 0;
            if (are_negative ==
                unary_operation_of(unary.operation)->is_nonnegative(&unary, inputs_are))
                fail_msg("%s: row %zu", unary_operation_of(unary.operation)->name, row);
        }
}

static void every_operation_has_a_row(void **state)
{
    (void)state;
    for (int operation = 0; operation < UNARY_OPERATION_COUNT; operation++) {
        bool is_there = false;

        for (size_t row = 0; row < COUNT(rows); row++)
            is_there = is_there || (int)rows[row].operation == operation;
        assert_true(is_there);
        assert_non_null(unary_operation_of((enum unary_operation)operation)->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_the_nearest_float),
        cmocka_unit_test(angles_may_be_as_large_as_floats_are),
        cmocka_unit_test(ends_of_the_line_are_what_they_must_be),
        cmocka_unit_test(negative_results_are_foretold),
        cmocka_unit_test(every_operation_has_a_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
