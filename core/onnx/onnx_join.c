/* Concat, and operators that are nothing at inference. */
#include "core/onnx/onnx_operators.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_attribute.h"

#include <stdlib.h>
#include <string.h>

/* Copies `from` into `to` along `axis`, behind the first `at` entries. */
static void paste(struct onnx_constant *to, const struct onnx_constant *from, int axis,
                  int64_t at)
{
    size_t inner = 1, chunk, row;

    for (int i = axis + 1; i < to->shape.rank; i++)
        inner *= (size_t)to->shape.dims[i];
    chunk = inner * (size_t)from->shape.dims[axis];
    row = inner * (size_t)to->shape.dims[axis];
    for (size_t i = 0; i < from->count; i++)
        onnx_constant_copy(to, i / chunk * row + (size_t)at * inner + i % chunk, from,
                           i);
}

/* The shape of all inputs joined along the axis, of which each has its own length. */
static int joined_shape(const struct onnx_node *node, int *axis,
                        struct onnx_shape *joined, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES], other_text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_source source;
    int64_t given;

    if (onnx_node_moved(node, 0, &source, err) < 0 ||
        onnx_attribute_integer(node, "axis", 1, &given, err) < 0)
        return -1;
    *joined = source.shape;
    if (!onnx_shape_axis(given, joined->rank, axis))
        return onnx_node_error(node, err, "there is no axis %lld in %s",
                               (long long)given, onnx_shape_text(joined, text));
    if (joined->dims[*axis] == ONNX_BATCH)
        return onnx_node_error(node, err, "it would join samples");
    for (int i = 1; i < (int)node->proto->n_input; i++) {
        if (onnx_node_moved(node, i, &source, err) < 0)
            return -1;
        for (int d = 0; d < joined->rank; d++)
            if (source.shape.rank != joined->rank ||
                (d != *axis && source.shape.dims[d] != joined->dims[d]))
                return onnx_node_error(node, err, "the shapes %s and %s do not fit",
                                       onnx_shape_text(joined, text),
                                       onnx_shape_text(&source.shape, other_text));
        if (source.shape.dims[*axis] != ONNX_BATCH)
            joined->dims[*axis] += source.shape.dims[*axis];
        if (joined->dims[*axis] > ONNX_ELEMENTS_MAX)
            return onnx_node_error(node, err, "its output would be too large");
    }
    return 0;
}

static int join_constants(const struct onnx_node *node, int axis,
                          const struct onnx_shape *shape, struct error *err)
{
    const struct onnx_constant *first, *part;
    struct onnx_constant *result;
    int64_t at = 0;

    if (onnx_node_constant(node, 0, &first, err) < 0)
        return -1;
    result = onnx_node_give_constant(node, first->is_integer, shape, err);
    if (!result)
        return -1;
    for (int i = 0; i < (int)node->proto->n_input; i++) {
        if (onnx_node_constant(node, i, &part, err) < 0)
            return -1;
        if (part->is_integer != first->is_integer)
            return onnx_node_error(node, err, "its inputs are of different types");
        paste(result, part, axis, at);
        at += part->shape.dims[axis];
    }
    return 0;
}

static int join_tensors(const struct onnx_node *node, int axis,
                        const struct onnx_shape *shape, struct error *err)
{
    int count = (int)node->proto->n_input, status = -1;
    int *inputs = memory_zeroed((size_t)count, sizeof *inputs);
    struct onnx_shape sample = {.rank = shape->rank - 1};

    for (int i = 0; i < count; i++)
        if (onnx_node_tensor(node, i, &inputs[i], err) < 0)
            goto done;
    /* The channels are the first of [C, H, W] and the last otherwise: see layer.h. */
    if (sample.rank < 1 || sample.rank > 3 || axis != (sample.rank == 2 ? 2 : 1)) {
        onnx_node_error(node, err,
                        "tensors can be joined along the channels only, not axis %d",
                        axis);
        goto done;
    }
    memcpy(sample.dims, shape->dims + 1, (size_t)sample.rank * sizeof *sample.dims);
    if (!onnx_node_give_layer(node, LAYER_CONCAT, inputs, count, &sample, err))
        goto done;
    status = 0;
done:
    free(inputs);
    return status;
}

static int read_concat(const struct onnx_node *node, struct error *err)
{
    struct onnx_source first;
    struct onnx_shape shape;
    int axis;

    if (onnx_node_moved(node, 0, &first, err) < 0)
        return -1;
    if (node->proto->n_input == 1)
        return onnx_node_give_input(node, 0, err);
    if (joined_shape(node, &axis, &shape, err) < 0)
        return -1;
    if (first.constant)
        return join_constants(node, axis, &shape, err);
    return join_tensors(node, axis, &shape, err);
}

static int read_identity(const struct onnx_node *node, struct error *err)
{
    return onnx_node_give_input(node, 0, err);
}

static int read_dropout(const struct onnx_node *node, struct error *err)
{
    const struct onnx_constant *is_training;

    if (onnx_node_has_input(node, 2)) {
        if (onnx_node_constant(node, 2, &is_training, err) < 0)
            return -1;
        if (!is_training->is_integer || is_training->count != 1 ||
            is_training->integers[0])
            return onnx_node_error(node, err, "training_mode must be false");
    }
    return onnx_node_give_input(node, 0, err);
}

const struct onnx_operator onnx_concat = {"Concat", SIZE_MAX, ONNX_ON_BATCH,
                                          read_concat, "axis"};
const struct onnx_operator onnx_dropout = {"Dropout", 3, ONNX_ON_BATCH, read_dropout,
                                           "ratio seed"};
const struct onnx_operator onnx_identity = {"Identity", 1, ONNX_ON_BATCH, read_identity,
                                            NULL};
