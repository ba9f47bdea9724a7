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

bool onnx_shape_has_batch(const struct onnx_shape *shape)
{
    return shape->rank > 0 && shape->dims[0] == ONNX_BATCH;
}

bool onnx_shape_count(const struct onnx_shape *shape, size_t *count)
{
    uint64_t product = 1;

    for (int i = 0; i < shape->rank; i++) {
        int64_t dim = i == 0 && onnx_shape_has_batch(shape) ? 1 : shape->dims[i];

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

        if (shape->dims[i] == ONNX_BATCH)
            used += (size_t)snprintf(at, left, "%sN", comma);
        else
            used +=
                (size_t)snprintf(at, left, "%s%lld", comma, (long long)shape->dims[i]);
    }
    snprintf(text + used, ONNX_SHAPE_TEXT_BYTES - used, "]");
    return text;
}
