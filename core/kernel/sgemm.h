/* sgemm.h - float products. */
#ifndef CORE_KERNEL_SGEMM_H
#define CORE_KERNEL_SGEMM_H

/* c[rows, columns] = a[rows, depth] * transposed(b[columns, depth]), all row-major; the
 * distances between rows are c_stride, a_stride and b_stride elements. Single-threaded. */
void sgemm(int rows, int columns, int depth, const float *a, int a_stride,
           const float *b, int b_stride, float *c, int c_stride);

/* Keeps the library to one thread (one rank is one core); once, at start. */
void sgemm_init(void);

/* The library and the kind of core that it chose, for provenance. */
const char *sgemm_name(void);

#endif
