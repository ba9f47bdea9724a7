/* eigenvalues.h - eigenvalues of a symmetric matrix.
 *
 * Plain loops in a fixed order of sums, so that any machine finds the same bits.
 */
#ifndef CORE_QUANT_EIGENVALUES_H
#define CORE_QUANT_EIGENVALUES_H

#include <stddef.h>

/* Finds the eigenvalues of `matrix` [n, n], which is symmetric and finite; it is worth nothing afterwards.
 *
 *   values  [n] out, the largest first
 *
 * Source: the cyclic Jacobi method, Golub and Van Loan, Matrix Computations, 4th edition, algorithm 8.5.3:
 * small eigenvalues are as exact as large ones where the matrix says them, and hundreds of rows take a second. */
void eigenvalues_of_symmetric(double *matrix, size_t n, double *values);

#endif
