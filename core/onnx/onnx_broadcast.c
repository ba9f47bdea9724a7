#include "core/onnx/onnx_broadcast.h"

#include "core/layer/binary_operation.h"
#include "core/onnx/onnx_view.h"

#include <assert.h>
#include <string.h>

static int64_t dim_from_end(const struct onnx_shape *shape, int from_end)
{
    return from_end < shape->rank ? shape->dims[shape->rank - 1 - from_end] : 1;
}

bool onnx_broadcast_shape(const struct onnx_shape *a, const struct onnx_shape *b,
                          struct onnx_shape *result)
{
    *result = (struct onnx_shape){.rank = a->rank > b->rank ? a->rank : b->rank};
    for (int i = 0; i < result->rank; i++) {
        int64_t first = dim_from_end(a, i), second = dim_from_end(b, i);

        if (first != second && first != 1 && second != 1)
            return false;
        result->dims[result->rank - 1 - i] = first == 1 ? second : first;
    }
    return true;
}

size_t onnx_broadcast_source(const struct onnx_shape *shape,
                             const struct onnx_shape *from, size_t index)
{
    size_t source = 0, stride = 1;

    for (int i = 0; i < from->rank; i++) {
        size_t dim = (size_t)dim_from_end(shape, i);
        size_t own = (size_t)dim_from_end(from, i);

        if (own != 1)
            source += index % dim * stride;
        stride *= own;
        index /= dim;
    }
    return source;
}

static bool integer_power(int64_t base, int64_t exponent, int64_t *result)
{
    *result = 1;
    if (exponent < 0)
        return false;
    if (base >= -1 && base <= 1)
        exponent = exponent > 2 ? 2 - exponent % 2 : exponent;
    for (int64_t i = 0; i < exponent; i++)
        if (__builtin_mul_overflow(*result, base, result))
            return false;
    return true;
}

static bool integer_quotient(int64_t a, int64_t b, int64_t *result)
{
    if (b == 0 || (a == INT64_MIN && b == -1))
        return false;
    *result = a / b;
    return true;
}

/* False where the result does not fit, or there is none. */
static bool compute_known(enum binary_operation operation, int64_t a, int64_t b,
                          int64_t *result)
{
    switch (operation) {
    case BINARY_ADD:
        return !__builtin_add_overflow(a, b, result);
    case BINARY_SUB:
        return !__builtin_sub_overflow(a, b, result);
    case BINARY_MUL:
        return !__builtin_mul_overflow(a, b, result);
    case BINARY_DIV:
        return integer_quotient(a, b, result);
    case BINARY_MIN:
        *result = a < b ? a : b;
        return true;
    case BINARY_MAX:
        *result = a > b ? a : b;
        return true;
    case BINARY_POW:
        return integer_power(a, b, result);
    case BINARY_PRELU:
    case BINARY_FILL:
    case BINARY_KEEP:
    case BINARY_EQUAL:
    case BINARY_UNEQUAL:
    case BINARY_LESS:
    case BINARY_LESS_OR_EQUAL:
    case BINARY_OPERATION_COUNT:
        break;
    }
    return false;
}

/* The batch size is a symbol: only some of it can be computed with. */
static bool compute_integer(enum binary_operation operation, int64_t a, int64_t b,
                            int64_t *result)
{
    if (onnx_batch_factor(a) == 0 && onnx_batch_factor(b) == 0)
        return compute_known(operation, a, b, result);
    if (operation == BINARY_ADD)
        return onnx_batch_add(a, b, result);
    if (operation == BINARY_SUB)
        return onnx_batch_subtract(a, b, result);
    if (operation == BINARY_MUL)
        return onnx_batch_multiply(a, b, result);
    return operation == BINARY_DIV && onnx_batch_divide(a, b, result);
}

int onnx_broadcast_fold(const struct onnx_node *node, enum binary_operation operation,
                        const struct onnx_constant *a, const struct onnx_constant *b,
                        struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES], other_text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_constant *result;
    struct onnx_shape shape;

    if (a->is_integer != b->is_integer ||
        !onnx_broadcast_shape(&a->shape, &b->shape, &shape))
        return onnx_node_error(node, err, "constants %s and %s do not fit each other",
                               onnx_shape_text(&a->shape, text),
                               onnx_shape_text(&b->shape, other_text));
    result = onnx_node_give_constant(node, a->is_integer, &shape, err);
    if (!result)
        return -1;
    for (size_t i = 0; i < result->count; i++) {
        size_t first = onnx_broadcast_source(&shape, &a->shape, i);
        size_t second = onnx_broadcast_source(&shape, &b->shape, i);

        if (!a->is_integer)
            result->reals[i] =
                binary_compute(operation, a->reals[first], b->reals[second]);
        else if (!compute_integer(operation, a->integers[first], b->integers[second],
                                  &result->integers[i]))
            return onnx_node_error(node, err,
                                   "the result overflows or depends on the batch size");
    }
    return 0;
}

/* The shape of one sample as the constant sees it: with a batch of one. */
static struct onnx_shape with_batch_of_one(const struct tensor *tensor)
{
    struct onnx_shape shape = onnx_shape_of_tensor(tensor);

    shape.dims[0] = 1;
    return shape;
}

/* Whether the constant repeats to the shape of the tensor. */
static bool fits(const struct onnx_constant *constant, const struct onnx_shape *shape)
{
    struct onnx_shape result;

    return onnx_broadcast_shape(shape, &constant->shape, &result) &&
           onnx_shape_equal(shape, &result);
}

bool onnx_broadcast_channels(const struct onnx_constant *constant,
                             const struct tensor *tensor, float *values)
{
    struct onnx_shape shape = with_batch_of_one(tensor);
    size_t channels = (size_t)tensor->channels;

    if (!fits(constant, &shape))
        return false;
    for (size_t channel = 0; channel < channels; channel++)
        values[channel] = constant->reals[0];
    if (constant->count == 1)
        return true;
    for (size_t i = 0; i < tensor->count; i++) {
        size_t stored = onnx_view_stored(tensor, i);

        if (stored < channels)
            values[stored] =
                constant->reals[onnx_broadcast_source(&shape, &constant->shape, i)];
    }
    for (size_t i = 0; i < tensor->count; i++)
        if (values[onnx_view_stored(tensor, i) % channels] !=
            constant->reals[onnx_broadcast_source(&shape, &constant->shape, i)])
            return false;
    return true;
}

/* What is the same for each sample has one of them. */
static void drop_batch(struct onnx_shape *shape)
{
    for (int i = 0; i < shape->rank; i++)
        if (onnx_batch_factor(shape->dims[i]) > 0)
            shape->dims[i] = 1;
}

int onnx_broadcast_expand(const struct onnx_node *node,
                          const struct onnx_constant *constant,
                          const struct onnx_shape *wanted, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES], other_text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_constant *result;
    struct onnx_shape shape, from;

    if (!onnx_broadcast_shape(&constant->shape, wanted, &shape))
        return onnx_node_error(node, err, "a constant %s cannot be expanded to %s",
                               onnx_shape_text(&constant->shape, text),
                               onnx_shape_text(wanted, other_text));
    result = onnx_node_give_constant(node, constant->is_integer, &shape, err);
    if (!result)
        return -1;
    drop_batch(&shape);
    from = constant->shape;
    drop_batch(&from);
    for (size_t i = 0; i < result->count; i++)
        onnx_constant_copy(result, i, constant,
                           onnx_broadcast_source(&shape, &from, i));
    return 0;
}
