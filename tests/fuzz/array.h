/* array.h - what the plain interpreter works on: numbers in double, row-major as ONNX writes them, each
 * with a bound of the error that whoever computes in float may have made. */
#ifndef TESTS_FUZZ_ARRAY_H
#define TESTS_FUZZ_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARRAY_RANK_MAX = 8 };

struct array {
    int type; /* an Onnx__TensorProto__DataType */
    int rank;
    int64_t dims[ARRAY_RANK_MAX];
    size_t count;
    double *values; /* [count] owned */
    double *errors; /* [count] a float may be so far from the value; owned */
    double
        step; /* the largest between neighbouring values of what was codes; 0: it was not */
    double
        unit; /* of sums of products of codes: the largest between neighbouring ones; else 0 */
};

/* Zeros. */
struct array *array_create(int type, int rank, const int64_t *dims);
void array_destroy(struct array *array);
struct array *array_copy(const struct array *from);

/* The dimension counted from the end where it is negative. */
int array_axis(const struct array *array, int64_t axis);

/* Product of the dimensions [from, to). */
size_t array_span(const struct array *array, int from, int to);

bool array_is_integer(const struct array *array);

/* The shape that two shapes are stretched to. */
struct array *array_stretched(const struct array *left, const struct array *right);

/* Index into `from` of element `index` of an array `to` that it is stretched to. */
size_t array_stretched_index(const struct array *from, const struct array *to,
                             size_t index);

#endif
