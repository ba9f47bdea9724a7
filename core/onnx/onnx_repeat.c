/* Expand and Tile: elements that are repeated. */
#include "core/onnx/onnx_operators.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_broadcast.h"
#include "core/onnx/onnx_view.h"

#include <stdlib.h>

/* ---- Expand ---- */

/* A constant list of integers as a shape. */
static int read_wanted(const struct onnx_node *node, struct onnx_shape *shape,
                       struct error *err)
{
    const struct onnx_constant *list;

    if (onnx_node_integers(node, 1, "the shape", &list, err) < 0)
        return -1;
    if (list->count > ONNX_RANK_MAX)
        return onnx_node_error(node, err, "more than %d dimensions", ONNX_RANK_MAX);
    *shape = (struct onnx_shape){.rank = (int)list->count};
    for (int i = 0; i < shape->rank; i++)
        shape->dims[i] = list->integers[i];
    return 0;
}

/* The source with as many dimensions as the result, ones in front, and where the view repeats them. */
static int repeat_to(const struct onnx_node *node, const struct onnx_source *source,
                     const struct onnx_shape *shape, struct error *err)
{
    int more = shape->rank - source->shape.rank;
    struct onnx_view view = onnx_view_of(&source->shape);

    if (more > 0)
        return onnx_node_error(node, err, "it would add dimensions before the batch");
    for (int d = 0; d < shape->rank; d++)
        if (shape->dims[d] != source->shape.dims[d]) {
            view.shape.dims[d] = shape->dims[d];
            view.step[d] = 0;
        }
    return onnx_view_give(node, source, &view, 0.f, err);
}

/* Where the file fixes the batch size, that number stands for it. */
static void say_batch(const struct onnx_node *node, const struct onnx_source *source,
                      struct onnx_shape *shape)
{
    int axis = onnx_shape_batch_axis(&source->shape), at;

    at = axis + shape->rank - source->shape.rank;
    if (axis >= 0 && at >= 0 && at < shape->rank && node->graph->batch > 0 &&
        source->shape.dims[axis] == ONNX_BATCH && shape->dims[at] == node->graph->batch)
        shape->dims[at] = ONNX_BATCH;
}

static int read_expand(const struct onnx_node *node, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES], other_text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_shape wanted, shape;
    struct onnx_source source;

    if (onnx_node_moved(node, 0, &source, err) < 0 ||
        read_wanted(node, &wanted, err) < 0)
        return -1;
    if (source.constant)
        return onnx_broadcast_expand(node, source.constant, &wanted, err);
    say_batch(node, &source, &wanted);
    if (!onnx_broadcast_shape(&source.shape, &wanted, &shape))
        return onnx_node_error(node, err, "%s cannot be expanded to %s",
                               onnx_shape_text(&source.shape, text),
                               onnx_shape_text(&wanted, other_text));
    return repeat_to(node, &source, &shape, err);
}

/* ---- Tile ---- */

/* Indices 0, 1 ... again and again, for the caller to free. */
static int64_t *tile_indices(int64_t dim, int64_t repeats)
{
    int64_t *list = memory_get((size_t)(dim * repeats) * sizeof *list);

    for (int64_t i = 0; i < dim * repeats; i++)
        list[i] = i % dim;
    return list;
}

static int check_repeats(const struct onnx_node *node, const struct onnx_source *source,
                         const struct onnx_constant *repeats, struct error *err)
{
    int64_t count = 1;

    if (repeats->count != (size_t)source->shape.rank)
        return onnx_node_error(node, err, "%zu repeats for %d dimensions",
                               repeats->count, source->shape.rank);
    for (size_t i = 0; i < repeats->count; i++) {
        int64_t dim = source->shape.dims[i], factor = onnx_batch_factor(dim);

        if (factor > 0 && repeats->integers[i] != 1)
            return onnx_node_error(node, err, "it would repeat the batch");
        if (repeats->integers[i] < 1 || repeats->integers[i] > ONNX_ELEMENTS_MAX)
            return onnx_node_error(node, err, "it would repeat %lld times",
                                   (long long)repeats->integers[i]);
        count *= (factor > 0 ? factor : dim) * repeats->integers[i];
        if (count > ONNX_ELEMENTS_MAX || dim == 0)
            return onnx_node_error(node, err,
                                   "its output would be too large, or empty");
    }
    return 0;
}

static int give_tiled(const struct onnx_node *node, const struct onnx_source *source,
                      const int64_t *repeats, struct error *err)
{
    struct onnx_view view = onnx_view_of(&source->shape);
    int64_t *lists[ONNX_RANK_MAX] = {NULL};
    int status;

    for (int d = 0; d < source->shape.rank; d++)
        if (repeats[d] > 1) {
            view.list[d] = lists[d] = tile_indices(source->shape.dims[d], repeats[d]);
            view.shape.dims[d] *= repeats[d];
        }
    status = onnx_view_give(node, source, &view, 0.f, err);
    for (int d = 0; d < ONNX_RANK_MAX; d++)
        free(lists[d]);
    return status;
}

static int read_tile(const struct onnx_node *node, struct error *err)
{
    const struct onnx_constant *repeats;
    struct onnx_source source;

    if (onnx_node_moved(node, 0, &source, err) < 0 ||
        onnx_node_integers(node, 1, "the repeats", &repeats, err) < 0 ||
        check_repeats(node, &source, repeats, err) < 0)
        return -1;
    return give_tiled(node, &source, repeats->integers, err);
}

const struct onnx_operator onnx_expand = {"Expand", 2, ONNX_ON_BATCH, read_expand,
                                          NULL};
const struct onnx_operator onnx_tile = {"Tile", 2, ONNX_ON_BATCH, read_tile, NULL};
