#include "core/quant/eigenvalues.h"

#include "core/base/memory.h"
#include "core/base/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SIZE = 40 };

static void a_small_matrix_has_known_eigenvalues(void **state)
{
    double matrix[] = {2, -1, 0, -1, 2, -1, 0, -1, 2}, values[3];

    (void)state;
    eigenvalues_of_symmetric(matrix, 3, values);
    assert_true(fabs(values[0] - (2 + sqrt(2))) < 1e-15);
    assert_true(fabs(values[1] - 2) < 1e-15);
    assert_true(fabs(values[2] - (2 - sqrt(2))) < 1e-15);
}

static void the_sign_of_a_saddle_is_found(void **state)
{
    double matrix[] = {0, 3, 3, 0}, values[2];

    (void)state;
    eigenvalues_of_symmetric(matrix, 2, values);
    assert_true(fabs(values[0] - 3) < 1e-15 && fabs(values[1] + 3) < 1e-15);
}

static void a_diagonal_is_sorted_and_stays(void **state)
{
    double matrix[] = {1e-300, 0, 0, 0, -5, 0, 0, 0, 1e300}, values[3];

    (void)state;
    eigenvalues_of_symmetric(matrix, 3, values);
    assert_true(values[0] == 1e300 && values[1] == 1e-300 && values[2] == -5);
}

/* Mirrors I - 2 v v' turn a diagonal into a full matrix of the same eigenvalues. */
static void mirror(double *matrix, struct random_stream *stream)
{
    double v[SIZE], product[SIZE] = {0}, square = 0, inner = 0;

    for (int i = 0; i < SIZE; i++) {
        v[i] = 2 * random_fraction(stream) - 1;
        square += v[i] * v[i];
    }
    for (int i = 0; i < SIZE; i++)
        v[i] /= sqrt(square);
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++)
            product[i] += matrix[i * SIZE + j] * v[j];
    for (int i = 0; i < SIZE; i++)
        inner += v[i] * product[i];
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++)
            matrix[i * SIZE + j] -=
                2 * (v[i] * product[j] + product[i] * v[j]) - 4 * inner * v[i] * v[j];
}

static void a_mirrored_matrix_has_the_eigenvalues_of_its_image(void **state)
{
    struct random_stream stream = {7};
    double *matrix = memory_zeroed(SIZE * SIZE, sizeof *matrix), values[SIZE];

    (void)state;
    for (int i = 0; i < SIZE; i++)
        matrix[i * SIZE + i] = i - 10;
    for (int i = 0; i < 3; i++)
        mirror(matrix, &stream);
    eigenvalues_of_symmetric(matrix, SIZE, values);
    for (int i = 0; i < SIZE; i++)
        assert_true(fabs(values[i] - (SIZE - 11 - i)) < 1e-12);
    free(matrix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_matrix_has_known_eigenvalues),
        cmocka_unit_test(the_sign_of_a_saddle_is_found),
        cmocka_unit_test(a_diagonal_is_sorted_and_stays),
        cmocka_unit_test(a_mirrored_matrix_has_the_eigenvalues_of_its_image),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
