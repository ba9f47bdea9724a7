#include "core/onnx/onnx_view.h"

#include "core/base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

struct onnx_view onnx_view_of(const struct onnx_shape *shape)
{
    struct onnx_view view = {.shape = *shape};

    for (int i = 0; i < shape->rank; i++) {
        view.axis[i] = i;
        view.step[i] = 1;
    }
    return view;
}

size_t onnx_view_stored(const struct tensor *tensor, size_t written)
{
    size_t area = (size_t)tensor->height * (size_t)tensor->width;

    if (tensor->rank != 3)
        return written;
    return written % area * (size_t)tensor->channels + written / area;
}

/* Row-major index into `from` of output element `index`, or -1: outside. */
static int64_t source_of(const struct onnx_view *view, const struct onnx_shape *from,
                         const int64_t *strides, size_t index)
{
    int64_t source = 0;

    for (int d = view->shape.rank - 1; d >= 0; d--) {
        int64_t dim = view->shape.dims[d];
        int axis = view->axis[d];
        int64_t at = view->start[d] + (int64_t)(index % (size_t)dim) * view->step[d];

        if (at < 0 || at >= from->dims[axis])
            return -1;
        source += at * strides[axis];
        index /= (size_t)dim;
    }
    return source;
}

static void row_major_strides(const struct onnx_shape *shape, int64_t *strides)
{
    int64_t stride = 1;

    for (int i = shape->rank - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= shape->dims[i];
    }
}

static int give_constant(const struct onnx_node *node, const struct onnx_constant *from,
                         const struct onnx_view *view, struct error *err)
{
    int64_t strides[ONNX_RANK_MAX];
    struct onnx_constant *result =
        onnx_node_give_constant(node, from->is_integer, &view->shape, err);

    if (!result)
        return -1;
    row_major_strides(&from->shape, strides);
    for (size_t i = 0; i < result->count; i++) {
        int64_t source = source_of(view, &from->shape, strides, i);

        if (source < 0)
            return onnx_node_error(node, err, "padding a constant is not supported");
        onnx_constant_copy(result, i, from, (size_t)source);
    }
    return 0;
}

/* The view of a sample: without the batch, which it must leave alone. */
static int drop_batch(const struct onnx_node *node, const struct onnx_view *view,
                      struct onnx_view *sample, struct error *err)
{
    if (!onnx_shape_has_batch(&view->shape) || view->axis[0] != 0 ||
        view->start[0] != 0 || view->step[0] != 1)
        return onnx_node_error(node, err, "it would change the batch dimension");
    *sample = (struct onnx_view){.shape.rank = view->shape.rank - 1};
    for (int i = 0; i < sample->shape.rank; i++) {
        sample->shape.dims[i] = view->shape.dims[i + 1];
        sample->axis[i] = view->axis[i + 1] - 1;
        sample->start[i] = view->start[i + 1];
        sample->step[i] = view->step[i + 1];
    }
    return 0;
}

/* The layer, its map still empty. */
static struct layer *give_rearrange(const struct onnx_node *node, int input,
                                    const struct onnx_shape *sample, float fill,
                                    struct error *err)
{
    struct layer *layer;
    size_t count;

    if (!onnx_shape_count(sample, &count))
        count = 0; /* refused in a moment */
    if (onnx_node_unfold(node, count, err) < 0)
        return NULL;
    layer = onnx_node_give_layer(node, LAYER_REARRANGE, &input, 1, sample, err);
    if (!layer)
        return NULL;
    layer->rearrange.fill = fill;
    layer->rearrange.from = memory_zeroed(count, sizeof *layer->rearrange.from);
    return layer;
}

int onnx_view_give_mapped(const struct onnx_node *node, int input,
                          const struct onnx_shape *sample, float fill,
                          onnx_view_source_fn *source, const void *context,
                          struct error *err)
{
    struct layer *layer = give_rearrange(node, input, sample, fill, err);
    const struct tensor *from, *to;

    if (!layer)
        return -1;
    from = &node->graph->network->tensors[input];
    to = &node->graph->network->tensors[layer->output];
    for (size_t i = 0; i < to->count; i++) {
        int64_t at = source(context, i);

        layer->rearrange.from[onnx_view_stored(to, i)] =
            at < 0 ? -1 : (int32_t)onnx_view_stored(from, (size_t)at);
    }
    return 0;
}

/* A view with what it is taken of. */
struct seen {
    const struct onnx_view *view;
    struct onnx_shape shape;
    int64_t strides[ONNX_RANK_MAX];
};

static int64_t source_seen(const void *context, size_t written)
{
    const struct seen *seen = context;

    return source_of(seen->view, &seen->shape, seen->strides, written);
}

int onnx_view_give_sample(const struct onnx_node *node, int input,
                          const struct onnx_view *view, float fill, struct error *err)
{
    struct seen seen = {
        view, onnx_shape_of_sample(&node->graph->network->tensors[input]), {0}};

    row_major_strides(&seen.shape, seen.strides);
    return onnx_view_give_mapped(node, input, &view->shape, fill, source_seen, &seen,
                                 err);
}

int onnx_view_give(const struct onnx_node *node, const struct onnx_source *source,
                   const struct onnx_view *view, float fill, struct error *err)
{
    struct onnx_view sample;

    if (source->constant)
        return give_constant(node, source->constant, view, err);
    if (drop_batch(node, view, &sample, err) < 0)
        return -1;
    return onnx_view_give_sample(node, source->tensor, &sample, fill, err);
}

static int give_reshaped_constant(const struct onnx_node *node,
                                  const struct onnx_constant *from,
                                  const struct onnx_shape *shape, struct error *err)
{
    struct onnx_constant *result =
        onnx_node_give_constant(node, from->is_integer, shape, err);

    if (!result)
        return -1;
    assert(result->count == from->count);
    for (size_t i = 0; i < result->count; i++)
        onnx_constant_copy(result, i, from, i);
    return 0;
}

int onnx_view_give_reshaped(const struct onnx_node *node,
                            const struct onnx_source *source,
                            const struct onnx_shape *shape, struct error *err)
{
    struct onnx_view view = onnx_view_of(shape), sample;
    const struct tensor *from, *to;
    struct layer *layer;

    if (source->constant)
        return give_reshaped_constant(node, source->constant, shape, err);
    if (drop_batch(node, &view, &sample, err) < 0)
        return -1;
    layer = give_rearrange(node, source->tensor, &sample.shape, 0.f, err);
    if (!layer)
        return -1;
    from = &node->graph->network->tensors[source->tensor];
    to = &node->graph->network->tensors[layer->output];
    assert(to->count == from->count);
    for (size_t i = 0; i < to->count; i++)
        layer->rearrange.from[onnx_view_stored(to, i)] =
            (int32_t)onnx_view_stored(from, i);
    return 0;
}
