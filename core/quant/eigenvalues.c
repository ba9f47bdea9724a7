#include "core/quant/eigenvalues.h"

#include <math.h>
#include <stdlib.h>

/* Each sweep squares what is left; ten are enough for all but what is made to break it. */
enum { SWEEPS_MOST = 64 };

/* The rotation that takes element (p, q) to zero. */
struct rotation {
    size_t p, q;
    double cosine, sine;
};

static struct rotation rotation_of(const double *matrix, size_t n, size_t p, size_t q)
{
    double tau = (matrix[q * n + q] - matrix[p * n + p]) / (2 * matrix[p * n + q]);
    double tangent = (tau >= 0 ? 1 : -1) / (fabs(tau) + sqrt(1 + tau * tau));
    double cosine = 1 / sqrt(1 + tangent * tangent);

    return (struct rotation){p, q, cosine, tangent * cosine};
}

static void rotate_columns(double *matrix, size_t n, const struct rotation *by)
{
    for (size_t i = 0; i < n; i++) {
        double left = matrix[i * n + by->p], right = matrix[i * n + by->q];

        matrix[i * n + by->p] = by->cosine * left - by->sine * right;
        matrix[i * n + by->q] = by->sine * left + by->cosine * right;
    }
}

static void rotate_rows(double *matrix, size_t n, const struct rotation *by)
{
    for (size_t i = 0; i < n; i++) {
        double above = matrix[by->p * n + i], below = matrix[by->q * n + i];

        matrix[by->p * n + i] = by->cosine * above - by->sine * below;
        matrix[by->q * n + i] = by->sine * above + by->cosine * below;
    }
    matrix[by->p * n + by->q] = matrix[by->q * n + by->p] = 0;
}

/* Whether an element beside the diagonal changes neither of the elements that it lies between. */
static int is_nothing(const double *matrix, size_t n, size_t p, size_t q)
{
    double least = fmin(fabs(matrix[p * n + p]), fabs(matrix[q * n + q]));

    return least + fabs(matrix[p * n + q]) == least;
}

/* Returns how many elements were taken to zero. */
static size_t sweep(double *matrix, size_t n)
{
    size_t count = 0;

    for (size_t p = 0; p < n; p++)
        for (size_t q = p + 1; q < n; q++) {
            struct rotation by;

            if (is_nothing(matrix, n, p, q))
                continue;
            by = rotation_of(matrix, n, p, q);
            rotate_columns(matrix, n, &by);
            rotate_rows(matrix, n, &by);
            count++;
        }
    return count;
}

static int largest_first(const void *a, const void *b)
{
    const double *one = a, *other = b;

    return (*one < *other) - (*one > *other);
}

void eigenvalues_of_symmetric(double *matrix, size_t n, double *values)
{
    for (int i = 0; i < SWEEPS_MOST && sweep(matrix, n) > 0; i++)
        ;
    for (size_t i = 0; i < n; i++)
        values[i] = matrix[i * n + i];
    qsort(values, n, sizeof *values, largest_first);
}
