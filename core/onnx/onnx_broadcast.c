#include "core/onnx/onnx_broadcast.h"

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

/* Row-major index into a constant of shape `from` for element `index` of `shape`. */
static size_t source_of(const struct onnx_shape *shape, const struct onnx_shape *from,
                        size_t index)
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

/* The batch size is a symbol: it can be kept, not computed with. False where the result
 * is unknown or does not fit. */
static bool compute_integer(enum onnx_arithmetic operation, int64_t a, int64_t b,
                            int64_t *result)
{
    int64_t neutral = operation == ONNX_MUL || operation == ONNX_DIV ? 1 : 0;
    bool commutes = operation == ONNX_ADD || operation == ONNX_MUL;

    if (a == ONNX_BATCH || b == ONNX_BATCH) {
        *result = ONNX_BATCH;
        return b == neutral || (commutes && a == neutral);
    }
    switch (operation) {
    case ONNX_ADD:
        return !__builtin_add_overflow(a, b, result);
    case ONNX_SUB:
        return !__builtin_sub_overflow(a, b, result);
    case ONNX_MUL:
        return !__builtin_mul_overflow(a, b, result);
    default:
        if (b == 0 || (a == INT64_MIN && b == -1))
            return false;
        *result = a / b;
        return true;
    }
}

static float compute_real(enum onnx_arithmetic operation, float a, float b)
{
    switch (operation) {
    case ONNX_ADD:
        return a + b;
    case ONNX_SUB:
        return a - b;
    case ONNX_MUL:
        return a * b;
    default:
        return a / b;
    }
}

int onnx_broadcast_fold(const struct onnx_node *node, enum onnx_arithmetic operation,
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
        size_t first = source_of(&shape, &a->shape, i);
        size_t second = source_of(&shape, &b->shape, i);

        if (!a->is_integer)
            result->reals[i] =
                compute_real(operation, a->reals[first], b->reals[second]);
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

/* The constant would make the tensor larger, or does not fit it at all. */
static int misfit(const struct onnx_node *node, const struct onnx_constant *constant,
                  const struct tensor *tensor, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES], other_text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_shape shape = onnx_shape_of_tensor(tensor);
    bool has_batch = constant->shape.rank == shape.rank && constant->shape.dims[0] > 1;

    return onnx_node_error(node, err, "the constant \"%s\" %s %s a tensor %s",
                           constant->name, onnx_shape_text(&constant->shape, text),
                           has_batch ? "differs from sample to sample, or does not fit"
                                     : "does not fit",
                           onnx_shape_text(&shape, other_text));
}

int onnx_broadcast_channels(const struct onnx_node *node,
                            const struct onnx_constant *constant, int tensor_index,
                            float *values, struct error *err)
{
    const struct tensor *tensor = &node->graph->network->tensors[tensor_index];
    struct onnx_shape shape = with_batch_of_one(tensor), result;
    char text[ONNX_SHAPE_TEXT_BYTES];
    size_t channels = (size_t)tensor->channels;

    if (!onnx_broadcast_shape(&shape, &constant->shape, &result) ||
        !onnx_shape_equal(&shape, &result))
        return misfit(node, constant, tensor, err);
    if (constant->count == 1) {
        for (size_t channel = 0; channel < channels; channel++)
            values[channel] = constant->reals[0];
        return 0;
    }
    if (onnx_node_unfold(node, tensor->count, err) < 0)
        return -1;
    for (size_t i = 0; i < tensor->count; i++) {
        size_t stored = onnx_view_stored(tensor, i);
        float value = constant->reals[source_of(&shape, &constant->shape, i)];

        if (stored < channels)
            values[stored] = value;
    }
    for (size_t i = 0; i < tensor->count; i++)
        if (values[onnx_view_stored(tensor, i) % channels] !=
            constant->reals[source_of(&shape, &constant->shape, i)])
            return onnx_node_error(
                node, err,
                "the constant \"%s\" %s is no single value and not one a channel",
                constant->name, onnx_shape_text(&constant->shape, text));
    return 0;
}

int onnx_broadcast_expand(const struct onnx_node *node,
                          const struct onnx_constant *constant,
                          const struct onnx_shape *wanted, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES], other_text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_constant *result;
    struct onnx_shape shape;

    if (!onnx_broadcast_shape(&constant->shape, wanted, &shape))
        return onnx_node_error(node, err, "a constant %s cannot be expanded to %s",
                               onnx_shape_text(&constant->shape, text),
                               onnx_shape_text(wanted, other_text));
    result = onnx_node_give_constant(node, constant->is_integer, &shape, err);
    if (!result)
        return -1;
    for (size_t i = 0; i < result->count; i++)
        onnx_constant_copy(result, i, constant, source_of(&shape, &constant->shape, i));
    return 0;
}
