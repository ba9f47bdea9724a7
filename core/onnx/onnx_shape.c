#include "core/onnx/onnx_shape.h"

#include <stdio.h>
#include <string.h>

struct onnx_shape onnx_shape_of_sample(const struct tensor *tensor)
{
    struct onnx_shape shape = {.rank = tensor->rank};

    for (int i = 0; i < tensor->rank; i++)
        shape.dims[i] = tensor->dims[i];
    return shape;
}

struct onnx_shape onnx_shape_of_tensor(const struct tensor *tensor)
{
    struct onnx_shape shape = {.rank = tensor->rank + 1, .dims = {ONNX_BATCH}};

    for (int i = 0; i < tensor->rank; i++)
        shape.dims[i + 1] = tensor->dims[i];
    return shape;
}

int64_t onnx_batch_times(int64_t factor)
{
    return ONNX_BATCH + factor - 1;
}

int64_t onnx_batch_factor(int64_t dim)
{
    return dim >= ONNX_BATCH && dim < ONNX_BATCH + INT32_MAX ? dim - ONNX_BATCH + 1 : 0;
}

/* factor * N, if that is possible. */
static bool give_times(int64_t factor, int64_t *result)
{
    if (factor < 0 || factor > INT32_MAX)
        return false;
    *result = factor == 0 ? 0 : onnx_batch_times(factor);
    return true;
}

bool onnx_batch_add(int64_t a, int64_t b, int64_t *result)
{
    int64_t first = onnx_batch_factor(a), second = onnx_batch_factor(b);

    if ((first == 0 && a != 0) || (second == 0 && b != 0))
        return false;
    return give_times(first + second, result);
}

bool onnx_batch_subtract(int64_t a, int64_t b, int64_t *result)
{
    int64_t first = onnx_batch_factor(a), second = onnx_batch_factor(b);

    if (first == 0 || (second == 0 && b != 0))
        return false;
    return give_times(first - second, result);
}

bool onnx_batch_multiply(int64_t a, int64_t b, int64_t *result)
{
    int64_t first = onnx_batch_factor(a), second = onnx_batch_factor(b);
    int64_t factor = first > 0 ? first : second, number = first > 0 ? b : a;

    if ((first > 0) == (second > 0) || number < 0 || number > INT32_MAX)
        return false;
    return give_times(factor * number, result);
}

bool onnx_batch_divide(int64_t a, int64_t b, int64_t *result)
{
    int64_t first = onnx_batch_factor(a), second = onnx_batch_factor(b);

    if (first == 0 || b == 0)
        return false;
    if (second > 0) {
        *result = first / second;
        return true;
    }
    return b > 0 && first % b == 0 && give_times(first / b, result);
}

int onnx_shape_batch_axis(const struct onnx_shape *shape)
{
    for (int i = 0; i < shape->rank; i++)
        if (onnx_batch_factor(shape->dims[i]) > 0)
            return i;
    return -1;
}

bool onnx_shape_has_batch(const struct onnx_shape *shape)
{
    return onnx_shape_batch_axis(shape) >= 0;
}

bool onnx_shape_count(const struct onnx_shape *shape, size_t *count)
{
    uint64_t product = 1;

    for (int i = 0; i < shape->rank; i++) {
        int64_t factor = onnx_batch_factor(shape->dims[i]);
        int64_t dim = factor ? factor : shape->dims[i];

        if (dim < 0 || dim > ONNX_ELEMENTS_MAX)
            return false;
        product *= (uint64_t)dim;
        if (product > ONNX_ELEMENTS_MAX)
            return false;
    }
    *count = (size_t)product;
    return true;
}

bool onnx_shape_equal(const struct onnx_shape *a, const struct onnx_shape *b)
{
    return a->rank == b->rank &&
           memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) == 0;
}

bool onnx_shape_axis(int64_t axis, int rank, int *from_front)
{
    if (axis < -rank || axis >= rank)
        return false;
    *from_front = (int)(axis < 0 ? axis + rank : axis);
    return true;
}

const char *onnx_shape_text(const struct onnx_shape *shape, char *text)
{
    size_t used = 0;

    used += (size_t)snprintf(text, ONNX_SHAPE_TEXT_BYTES, "[");
    for (int i = 0; i < shape->rank; i++) {
        char *at = text + used;
        size_t left = ONNX_SHAPE_TEXT_BYTES - used;
        const char *comma = i ? ", " : "";

        int64_t factor = onnx_batch_factor(shape->dims[i]);

        if (factor == 1)
            used += (size_t)snprintf(at, left, "%sN", comma);
        else if (factor > 1)
            used += (size_t)snprintf(at, left, "%s%lld*N", comma, (long long)factor);
        else
            used +=
                (size_t)snprintf(at, left, "%s%lld", comma, (long long)shape->dims[i]);
    }
    snprintf(text + used, ONNX_SHAPE_TEXT_BYTES - used, "]");
    return text;
}
