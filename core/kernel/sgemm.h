/* sgemm.h - float products. */
#ifndef CORE_KERNEL_SGEMM_H
#define CORE_KERNEL_SGEMM_H

/* c[rows, columns] = a[rows, depth] * b[depth, columns], all row-major; the distances between
 * rows are c_stride, a_stride and b_stride elements. Single-threaded. */
void sgemm(int rows, int columns, int depth, const float *a, int a_stride,
           const float *b, int b_stride, float *c, int c_stride);

/* Once, at start, before other threads or MPI: keeps the library to one thread (one rank is one
 * core). Where it took the CPU for one without AVX-512 and the user has not chosen with
 * OPENBLAS_CORETYPE, starts the program again with a choice that fits, since the library looks
 * only while it is loaded.
 *
 *   arguments  of main(), ends with NULL */
void sgemm_init(char **arguments);

/* The library and the kind of core that it chose, for provenance. */
const char *sgemm_name(void);

#endif
