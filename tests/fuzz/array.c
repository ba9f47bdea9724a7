#include "tests/fuzz/array.h"

#include "core/base/memory.h"
#include "onnx.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct array *array_create(int type, int rank, const int64_t *dims)
{
    struct array *array = memory_zeroed(1, sizeof *array);

    if (rank > ARRAY_RANK_MAX) {
        fprintf(stderr, "an array of rank %d\n", rank);
        exit(2);
    }
    array->type = type;
    array->rank = rank;
    array->count = 1;
    for (int i = 0; i < rank; i++) {
        array->dims[i] = dims[i];
        array->count *= (size_t)dims[i];
    }
    array->values = memory_zeroed(array->count + 1, sizeof *array->values);
    array->errors = memory_zeroed(array->count + 1, sizeof *array->errors);
    return array;
}

void array_destroy(struct array *array)
{
    if (!array)
        return;
    free(array->values);
    free(array->errors);
    free(array);
}

struct array *array_copy(const struct array *from)
{
    struct array *copy = array_create(from->type, from->rank, from->dims);

    memcpy(copy->values, from->values, from->count * sizeof *copy->values);
    memcpy(copy->errors, from->errors, from->count * sizeof *copy->errors);
    return copy;
}

int array_axis(const struct array *array, int64_t axis)
{
    return (int)(axis < 0 ? axis + array->rank : axis);
}

size_t array_span(const struct array *array, int from, int to)
{
    size_t span = 1;

    for (int i = from; i < to; i++)
        span *= (size_t)array->dims[i];
    return span;
}

bool array_is_integer(const struct array *array)
{
    return array->type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT &&
           array->type != ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
}

/* Dimension number `i` from the end; 1 where there is none. */
static int64_t from_the_end(const struct array *array, int i)
{
    return i < array->rank ? array->dims[array->rank - 1 - i] : 1;
}

struct array *array_stretched(const struct array *left, const struct array *right)
{
    int rank = left->rank > right->rank ? left->rank : right->rank;
    int64_t dims[ARRAY_RANK_MAX];

    for (int i = 0; i < rank; i++) {
        int64_t a = from_the_end(left, i), b = from_the_end(right, i);

        dims[rank - 1 - i] = a == 1 ? b : a;
    }
    return array_create(left->type, rank, dims);
}

size_t array_stretched_index(const struct array *from, const struct array *to,
                             size_t index)
{
    size_t found = 0, stride = 1;

    for (int i = 0; i < to->rank; i++) {
        int64_t dim = from_the_end(from, i);
        size_t at = index % (size_t)from_the_end(to, i);

        index /= (size_t)from_the_end(to, i);
        if (dim > 1)
            found += at * stride;
        stride *= (size_t)dim;
    }
    return found;
}
