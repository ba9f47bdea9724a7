#include "core/quant/cholesky.h"

#include "core/base/memory.h"
#include "core/kernel/vector_clones.h"

#include <math.h>
#include <stdlib.h>

/* Columns that are taken from the rest together, and elements of a row that stay in the cache. */
enum { PANEL_COLUMNS = 32, ROW_ELEMENTS = 512 };

VECTOR_CLONES
static void take(double *restrict from, const double *restrict row, double factor,
                 size_t count)
{
    for (size_t i = 0; i < count; i++)
        from[i] -= factor * row[i];
}

/* Columns [first, end) of L, of rows from `first` on, where what is left of them has been taken. */
static bool factor_panel(double *matrix, size_t n, size_t first, size_t end)
{
    for (size_t k = first; k < end; k++) {
        double pivot = matrix[k * n + k];

        if (!(pivot > 0) || !isfinite(pivot))
            return false;
        matrix[k * n + k] = sqrt(pivot);
        for (size_t i = k + 1; i < n; i++)
            matrix[i * n + k] /= matrix[k * n + k];
        for (size_t i = k + 1; i < n; i++) {
            size_t last = i < end ? i + 1 : end;

            for (size_t j = k + 1; j < last; j++)
                matrix[i * n + j] -= matrix[i * n + k] * matrix[j * n + k];
        }
    }
    return true;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The panel turned: rows [end - first, n]. */
static void turn_panel(const double *matrix, size_t n, size_t first, size_t end,
                       double *turned)
{
    for (size_t i = end; i < n; i++)
        for (size_t k = first; k < end; k++)
            turned[(k - first) * n + i] = matrix[i * n + k];
}

/* Takes the products of the panel from all that is right of it. */
static void take_panel(double *matrix, size_t n, size_t first, size_t end,
                       const double *turned)
{
    for (size_t at = end; at < n; at += ROW_ELEMENTS)
        for (size_t i = at; i < n; i++) {
            size_t last = smaller(i + 1, at + ROW_ELEMENTS);

            for (size_t k = first; k < end; k++)
                take(matrix + i * n + at, turned + (k - first) * n + at,
                     matrix[i * n + k], last - at);
        }
}

bool cholesky_factor(double *matrix, size_t n)
{
    double *turned = memory_get(PANEL_COLUMNS * n * sizeof *turned);
    bool is_definite = true;

    for (size_t first = 0; is_definite && first < n; first += PANEL_COLUMNS) {
        size_t end = smaller(first + PANEL_COLUMNS, n);

        is_definite = factor_panel(matrix, n, first, end);
        turn_panel(matrix, n, first, end, turned);
        take_panel(matrix, n, first, end, turned);
    }
    free(turned);
    return is_definite;
}

static void divide(double *values, double by, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] /= by;
}

void cholesky_solve(const double *factor, size_t n, double *values, size_t columns)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++)
            take(values + i * columns, values + j * columns, factor[i * n + j],
                 columns);
        divide(values + i * columns, factor[i * n + i], columns);
    }
    for (size_t i = n; i-- > 0;) {
        divide(values + i * columns, factor[i * n + i], columns);
        for (size_t j = 0; j < i; j++)
            take(values + j * columns, values + i * columns, factor[i * n + j],
                 columns);
    }
}
