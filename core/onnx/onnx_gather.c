/* Gather: entries along an axis, by constant numbers; or rows of a constant table, by numbers that samples
 * hold. */
#include "core/onnx/onnx_operators.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_embedding.h"
#include "core/onnx/onnx_view.h"

#include <stdlib.h>

struct gather {
    struct onnx_source source;
    const struct onnx_constant *indices;
    int axis;
};

static int read_axis(const struct onnx_node *node, struct gather *gather,
                     struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];
    int64_t given;

    if (onnx_node_moved(node, 0, &gather->source, err) < 0 ||
        onnx_node_constant(node, 1, &gather->indices, err) < 0 ||
        onnx_attribute_integer(node, "axis", 0, &given, err) < 0)
        return -1;
    if (!onnx_shape_axis(given, gather->source.shape.rank, &gather->axis))
        return onnx_node_error(node, err, "there is no axis %lld in %s",
                               (long long)given,
                               onnx_shape_text(&gather->source.shape, text));
    if (!gather->indices->is_integer)
        return onnx_node_error(node, err, "its indices \"%s\" are no integers",
                               gather->indices->name);
    return 0;
}

/* The indices counted from the front, in `list` [count]. */
static int list_indices(const struct onnx_node *node, const struct gather *gather,
                        int64_t *list, struct error *err)
{
    int64_t dim = gather->source.shape.dims[gather->axis];

    for (size_t i = 0; i < gather->indices->count; i++) {
        int64_t index = gather->indices->integers[i];

        if (index < -dim || index >= dim)
            return onnx_node_error(node, err,
                                   "index %lld is not in a dimension of %lld",
                                   (long long)index, (long long)dim);
        list[i] = index < 0 ? index + dim : index;
    }
    return 0;
}

/* The only sample of a file that has one: the batch dimension is dropped, and goes into the next. */
static int give_only_sample(const struct onnx_node *node, const struct gather *gather,
                            struct error *err)
{
    const struct onnx_shape *from = &gather->source.shape;
    struct onnx_shape shape = {.rank = 0};
    int64_t index = gather->indices->count == 1 ? gather->indices->integers[0] : 1;

    if (node->graph->batch != 1 || from->dims[gather->axis] != ONNX_BATCH ||
        gather->indices->shape.rank != 0 || (index != 0 && index != -1))
        return onnx_node_error(node, err, "it would pick samples of the batch");
    for (int i = 0; i < from->rank; i++)
        if (i != gather->axis)
            shape.dims[shape.rank++] = from->dims[i];
    return onnx_view_give_reshaped(node, &gather->source, &shape, err);
}

static int give_gathered(const struct onnx_node *node, const struct gather *gather,
                         int64_t *list, struct error *err)
{
    struct onnx_view view = onnx_view_of(&gather->source.shape);

    if (list_indices(node, gather, list, err) < 0)
        return -1;
    view.shape.dims[gather->axis] = (int64_t)gather->indices->count;
    view.list[gather->axis] = list;
    return onnx_view_give_in_place(node, &gather->source, &view, gather->axis,
                                   &gather->indices->shape, err);
}

static int gather_constants(const struct onnx_node *node, struct error *err)
{
    struct gather gather;
    int64_t *list;
    int status;

    if (read_axis(node, &gather, err) < 0)
        return -1;
    if (onnx_batch_factor(gather.source.shape.dims[gather.axis]) > 0)
        return give_only_sample(node, &gather, err);
    list = memory_get((gather.indices->count + 1) * sizeof *list);
    status = give_gathered(node, &gather, list, err);
    free(list);
    return status;
}

static int read_gather(const struct onnx_node *node, struct error *err)
{
    struct onnx_value *data, *indices;

    if (onnx_node_value(node, 0, &data, err) < 0 ||
        onnx_node_value(node, 1, &indices, err) < 0)
        return -1;
    return data->tensor < 0 && indices->tensor >= 0 ? onnx_embedding_read(node, err)
                                                    : gather_constants(node, err);
}

const struct onnx_operator onnx_gather = {"Gather", 2, ONNX_ON_BATCH, read_gather,
                                          "axis"};
