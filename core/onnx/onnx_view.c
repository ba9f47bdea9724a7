#include "core/onnx/onnx_view.h"

#include "core/base/memory.h"

#include <assert.h>

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
        int64_t i = (int64_t)(index % (size_t)dim);
        int axis = view->axis[d];
        int64_t at =
            view->list[d] ? view->list[d][i] : view->start[d] + i * view->step[d];

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

static int changes_batch(const struct onnx_node *node, struct error *err)
{
    return onnx_node_error(node, err, "it would change the batch dimension");
}

/* Whether dimension d of a view is all of a dimension of `dim` elements. */
static bool is_all(const struct onnx_view *view, int d, int64_t dim)
{
    return view->shape.dims[d] == dim && view->start[d] == 0 && view->step[d] == 1 &&
           !view->list[d];
}

/* ---- constants -------------------------------------------------------------------------- */

/* A constant that is the same for all samples has their dimension with one element. */
static int drop_repetition(const struct onnx_node *node, struct onnx_shape *from,
                           struct onnx_view *view, struct error *err)
{
    int batch = onnx_shape_batch_axis(from);

    for (int d = 0; batch >= 0 && d < view->shape.rank; d++)
        if (view->axis[d] == batch) {
            if (!is_all(view, d, ONNX_BATCH))
                return changes_batch(node, err);
            view->shape.dims[d] = from->dims[batch] = 1;
        }
    return 0;
}

static int give_constant(const struct onnx_node *node, const struct onnx_constant *from,
                         const struct onnx_view *given, const struct onnx_shape *to,
                         struct error *err)
{
    int64_t strides[ONNX_VIEW_RANK_MAX];
    struct onnx_shape shape = from->shape;
    struct onnx_view view = *given;
    struct onnx_constant *result;

    if (drop_repetition(node, &shape, &view, err) < 0)
        return -1;
    result = onnx_node_give_constant(node, from->is_integer, to, err);
    if (!result)
        return -1;
    row_major_strides(&shape, strides);
    for (size_t i = 0; i < result->count; i++) {
        int64_t source = source_of(&view, &shape, strides, i);

        if (source < 0)
            return onnx_node_error(node, err, "padding a constant is not supported");
        onnx_constant_copy(result, i, from, (size_t)source);
    }
    return 0;
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
    if (onnx_shape_equal(&from->shape, shape))
        onnx_constant_copy_steps(result, from);
    return 0;
}

/* ---- samples ---------------------------------------------------------------------------- */

/* The layer, its map still empty. */
static struct layer *give_rearrange(const struct onnx_node *node, int input,
                                    const struct onnx_shape *sample, float fill,
                                    struct error *err)
{
    struct layer *layer;
    size_t count;

    if (sample->rank > TENSOR_RANK_MAX || !onnx_shape_count(sample, &count))
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
    int64_t strides[ONNX_VIEW_RANK_MAX];
};

static int64_t source_seen(const void *context, size_t written)
{
    const struct seen *seen = context;

    return source_of(seen->view, &seen->shape, seen->strides, written);
}

int onnx_view_give_sample(const struct onnx_node *node, int input,
                          const struct onnx_shape *from, const struct onnx_view *view,
                          const struct onnx_shape *to, float fill, struct error *err)
{
    struct seen seen = {.view = view};

    seen.shape =
        from ? *from : onnx_shape_of_sample(&node->graph->network->tensors[input]);
    row_major_strides(&seen.shape, seen.strides);
    return onnx_view_give_mapped(node, input, to ? to : &view->shape, fill, source_seen,
                                 &seen, err);
}

static int64_t source_same(const void *context, size_t written)
{
    (void)context;
    return (int64_t)written;
}

int onnx_view_give_reshaped_sample(const struct onnx_node *node, int input,
                                   const struct onnx_shape *sample, struct error *err)
{
    return onnx_view_give_mapped(node, input, sample, 0.f, source_same, NULL, err);
}

/* ---- with the batch ----------------------------------------------------------------------- */

/* Of a view that leaves the batch alone: the same of a sample, and where the batch comes to be. */
static int view_sample(const struct onnx_node *node, const struct onnx_source *source,
                       const struct onnx_view *view, struct onnx_view *sample,
                       struct onnx_batch *batch, struct error *err)
{
    int folds = onnx_batch_folds(&source->batch), from = source->batch.axis, at = 0;
    const struct tensor *tensor = &node->graph->network->tensors[source->tensor];

    *sample = (struct onnx_view){.shape.rank = 0};
    *batch = source->batch;
    for (int d = 0; d < view->shape.rank; d++) {
        int axis = view->axis[d];
        bool is_batch = axis == from;

        if (is_batch && !is_all(view, d, source->shape.dims[axis]))
            return changes_batch(node, err);
        batch->axis = is_batch ? d : batch->axis;
        for (int k = 0; k < (is_batch ? folds : 1); k++, at++) {
            int own = axis < from ? axis : axis > from ? axis - 1 + folds : axis + k;

            sample->axis[at] = own;
            sample->shape.dims[at] = is_batch ? tensor->dims[own] : view->shape.dims[d];
            sample->start[at] = view->start[d];
            sample->step[at] = view->step[d];
            sample->list[at] = view->list[d];
        }
    }
    sample->shape.rank = at;
    return 0;
}

/* The batch of the node's output. */
static void put_batch(const struct onnx_node *node, const struct onnx_batch *batch)
{
    struct onnx_graph *graph = node->graph;

    onnx_graph_find(graph, node->proto->output[node->output])->batch = *batch;
}

int onnx_view_give(const struct onnx_node *node, const struct onnx_source *source,
                   const struct onnx_view *view, float fill, struct error *err)
{
    struct onnx_view sample;
    struct onnx_batch batch;

    if (source->constant)
        return give_constant(node, source->constant, view, &view->shape, err);
    if (view_sample(node, source, view, &sample, &batch, err) < 0 ||
        onnx_view_give_sample(node, source->tensor, NULL, &sample, NULL, fill, err) < 0)
        return -1;
    put_batch(node, &batch);
    return 0;
}

/* `shape` with the dimensions of `in_place` instead of its dimension `axis`; false where these are too
 * many. */
static bool replace_axis(const struct onnx_shape *shape, int axis,
                         const struct onnx_shape *in_place, struct onnx_shape *result)
{
    *result = (struct onnx_shape){.rank = 0};
    if (shape->rank - 1 + in_place->rank > ONNX_RANK_MAX)
        return false;
    for (int i = 0; i < axis; i++)
        result->dims[result->rank++] = shape->dims[i];
    for (int i = 0; i < in_place->rank; i++)
        result->dims[result->rank++] = in_place->dims[i];
    for (int i = axis + 1; i < shape->rank; i++)
        result->dims[result->rank++] = shape->dims[i];
    return true;
}

int onnx_view_give_in_place(const struct onnx_node *node,
                            const struct onnx_source *source,
                            const struct onnx_view *view, int axis,
                            const struct onnx_shape *in_place, struct error *err)
{
    struct onnx_shape to, to_sample;
    struct onnx_view sample;
    struct onnx_batch batch;

    if (!replace_axis(&view->shape, axis, in_place, &to))
        return onnx_node_error(node, err, "more than %d dimensions", ONNX_RANK_MAX);
    if (source->constant)
        return give_constant(node, source->constant, view, &to, err);
    if (axis == source->batch.axis)
        return changes_batch(node, err);
    if (view_sample(node, source, view, &sample, &batch, err) < 0)
        return -1;
    batch.axis += batch.axis > axis ? in_place->rank - 1 : 0;
    to_sample = onnx_batch_sample(&batch, &to);
    if (onnx_view_give_sample(node, source->tensor, NULL, &sample, &to_sample, 0.f,
                              err) < 0)
        return -1;
    put_batch(node, &batch);
    return 0;
}

static int torn(const struct onnx_node *node, const struct onnx_source *source,
                const struct onnx_shape *shape, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES], to_text[ONNX_SHAPE_TEXT_BYTES];

    return onnx_node_error(node, err, "%s cannot be reshaped to %s: samples would mix",
                           onnx_shape_text(&source->shape, text),
                           onnx_shape_text(shape, to_text));
}

int onnx_view_give_reshaped(const struct onnx_node *node,
                            const struct onnx_source *source,
                            const struct onnx_shape *shape, struct error *err)
{
    struct onnx_batch batch = source->batch;
    struct onnx_shape to = *shape, sample;

    if (source->constant)
        return give_reshaped_constant(node, source->constant, shape, err);
    if (!onnx_batch_follow(node->graph->batch, &source->shape, &to, &batch))
        return torn(node, source, shape, err);
    sample = onnx_batch_sample(&batch, &to);
    if (onnx_view_give_reshaped_sample(node, source->tensor, &sample, err) < 0)
        return -1;
    put_batch(node, &batch);
    return 0;
}
