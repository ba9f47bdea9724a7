/* transpose.h - matrices whose rows become columns. */
#ifndef CORE_KERNEL_TRANSPOSE_H
#define CORE_KERNEL_TRANSPOSE_H

#include <stddef.h>
#include <stdint.h>

/* A matrix, and from one of its rows, and of the other's, to the next; in elements. */
struct transpose {
    size_t rows, columns;
    ptrdiff_t from_row, to_row;
};

/* to[column * to_row + row] = from[row * from_row + column]. INPUT_SLACK bytes behind `from` can be
 * read. */
void transpose_bytes(const struct transpose *of, const uint8_t *from, uint8_t *to);
void transpose_floats(const struct transpose *of, const float *from, float *to);
/* Elements of four bytes each, anywhere. */
void transpose_words(const struct transpose *of, const void *from, void *to);

#endif
