/* cholesky.h - a symmetric matrix as the product of a triangle and itself turned.
 *
 * Plain loops in a fixed order of sums, so that any machine finds the same bits.
 */
#ifndef CORE_QUANT_CHOLESKY_H
#define CORE_QUANT_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>

/* Replaces the lower half of `matrix` [n, n] by L with L L' = matrix; what is above the diagonal is
 * not read, and left. False: it is not positive definite, and the lower half is worth nothing. */
bool cholesky_factor(double *matrix, size_t n);

/* Replaces `values` [n, columns] by what the matrix of factor L [n, n] maps to them. */
void cholesky_solve(const double *factor, size_t n, double *values, size_t columns);

#endif
