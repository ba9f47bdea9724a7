#include "core/quant/cholesky.h"

#include "core/base/memory.h"
#include "core/base/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const size_t sizes[] = {1, 2, 31, 32, 33, 64, 65, 100, 550};

static double *make_matrix(size_t n)
{
    struct random_stream stream = {n};
    double *a = memory_get(n * n * sizeof *a), *matrix = memory_get(n * n * sizeof *a);

    for (size_t i = 0; i < n * n; i++)
        a[i] = 2 * random_fraction(&stream) - 1;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = i == j ? 0.5 : 0;

            for (size_t k = 0; k < n; k++)
                sum += a[i * n + k] * a[j * n + k];
            matrix[i * n + j] = matrix[j * n + i] = sum;
        }
    free(a);
    return matrix;
}

static void a_triangle_times_itself_is_the_matrix(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s];
        double *matrix = make_matrix(n);
        double *factor = memory_copy(matrix, n * n * sizeof *matrix);

        assert_true(cholesky_factor(factor, n));
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++) {
                double sum = 0;

                for (size_t k = 0; k <= j; k++)
                    sum += factor[i * n + k] * factor[j * n + k];
                assert_true(fabs(sum - matrix[i * n + j]) < 1e-10 * (double)n);
            }
        for (size_t i = 0; i < n; i++) /* what is above stays */
            for (size_t j = i + 1; j < n; j++)
                assert_true(factor[i * n + j] == matrix[i * n + j]);
        free(matrix);
        free(factor);
    }
}

/* The digits are those of sums in order, one column after the other. */
static void blocks_change_no_digit(void **state)
{
    enum { N = 101 };
    double *factor = make_matrix(N),
           *plain = memory_copy(factor, N * N * sizeof *factor);

    (void)state;
    assert_true(cholesky_factor(factor, N));
    for (size_t k = 0; k < N; k++) {
        plain[k * N + k] = sqrt(plain[k * N + k]);
        for (size_t i = k + 1; i < N; i++)
            plain[i * N + k] /= plain[k * N + k];
        for (size_t i = k + 1; i < N; i++)
            for (size_t j = k + 1; j <= i; j++)
                plain[i * N + j] -= plain[i * N + k] * plain[j * N + k];
    }
    assert_memory_equal(factor, plain, N * N * sizeof *factor);
    free(factor);
    free(plain);
}

static void what_is_solved_is_a_solution(void **state)
{
    enum { N = 70, COLUMNS = 5 };
    double *matrix = make_matrix(N),
           *factor = memory_copy(matrix, N * N * sizeof *matrix);
    double values[N * COLUMNS], solution[N * COLUMNS];

    (void)state;
    for (int i = 0; i < N * COLUMNS; i++)
        solution[i] = values[i] = i % 17 - 8;
    assert_true(cholesky_factor(factor, N));
    cholesky_solve(factor, N, solution, COLUMNS);
    for (int i = 0; i < N; i++)
        for (int column = 0; column < COLUMNS; column++) {
            double sum = 0;

            for (int j = 0; j < N; j++)
                sum += matrix[i * N + j] * solution[j * COLUMNS + column];
            assert_true(fabs(sum - values[i * COLUMNS + column]) < 1e-9);
        }
    free(matrix);
    free(factor);
}

static void what_is_not_definite_is_told(void **state)
{
    double singular[4] = {1, 1, 1, 1}, negative[1] = {-1}, zero[1] = {0};
    double nan[1] = {NAN}, infinite[1] = {INFINITY};

    (void)state;
    assert_false(cholesky_factor(singular, 2));
    assert_false(cholesky_factor(negative, 1));
    assert_false(cholesky_factor(zero, 1));
    assert_false(cholesky_factor(nan, 1));
    assert_false(cholesky_factor(infinite, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_triangle_times_itself_is_the_matrix),
        cmocka_unit_test(blocks_change_no_digit),
        cmocka_unit_test(what_is_solved_is_a_solution),
        cmocka_unit_test(what_is_not_definite_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
