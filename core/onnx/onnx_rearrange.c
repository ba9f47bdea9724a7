/* Transpose and Slice, of tensors and constants alike. */
#include "core/onnx/onnx_operators.h"

#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_tensor.h"
#include "core/onnx/onnx_view.h"

enum { INDEX_MAX = INT32_MAX }; /* larger starts and steps mean "to the end" */

/* A matrix whose values are not read stays so: large weights are turned when a layer takes them.
 * `is_given` out: whether it was one. */
static int give_turned(const struct onnx_node *node, bool *is_given, struct error *err)
{
    const struct onnx_constant *matrix;
    struct onnx_value *input, *output;
    struct onnx_constant *turned;

    *is_given = false;
    if (onnx_node_value(node, 0, &input, err) < 0 ||
        onnx_graph_look(node->graph, input, &matrix, err) < 0)
        return -1;
    if (!matrix || !matrix->stored || matrix->is_integer || matrix->shape.rank != 2)
        return 0;
    if (onnx_node_output(node, &output, err) < 0 ||
        onnx_node_unfold(node, matrix->count, err) < 0)
        return -1;
    turned = onnx_tensor_constant(
        output->name, matrix->stored, matrix->stored_type,
        &(struct onnx_shape){.rank = 2,
                             .dims = {matrix->shape.dims[1], matrix->shape.dims[0]}});
    turned->is_turned = !matrix->is_turned;
    output->constant = onnx_graph_keep(node->graph, turned);
    *is_given = true;
    return 0;
}

static int read_transpose(const struct onnx_node *node, struct error *err)
{
    struct onnx_source source;
    struct onnx_view view;
    bool used[ONNX_RANK_MAX], is_given = false;
    const int64_t *order;
    size_t count;
    int rank;

    if (onnx_attribute_integers(node, "perm", &order, &count, err) < 0)
        return -1;
    if ((count == 0 || (count == 2 && order[0] == 1 && order[1] == 0)) &&
        give_turned(node, &is_given, err) < 0)
        return -1;
    if (is_given)
        return 0;
    if (onnx_node_moved(node, 0, &source, err) < 0 ||
        onnx_node_mark_axes(node, order, count, source.shape.rank, used, err) < 0)
        return -1;
    rank = source.shape.rank;
    if (count != 0 && count != (size_t)rank)
        return onnx_node_error(node, err, "perm has %zu axes of %d", count, rank);
    view = onnx_view_of(&source.shape);
    for (int i = 0; i < rank; i++) {
        view.axis[i] = rank - 1 - i;
        if (count)
            onnx_shape_axis(order[i], rank, &view.axis[i]);
        view.shape.dims[i] = source.shape.dims[view.axis[i]];
    }
    return onnx_view_give(node, &source, &view, 0.f, err);
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* Where an index of a slice lies: negative ones count from the end. */
static int64_t slice_index(int64_t index, int64_t dim, int64_t low, int64_t high)
{
    return clamp(index < 0 ? index + dim : index, low, high);
}

static void slice_axis(struct onnx_view *view, int axis, int64_t start, int64_t end,
                       int64_t step)
{
    int64_t dim = view->shape.dims[axis], count;

    step = clamp(step, -INDEX_MAX, INDEX_MAX);
    if (step > 0) {
        start = slice_index(start, dim, 0, dim);
        end = slice_index(end, dim, 0, dim);
        count = end > start ? (end - start - 1) / step + 1 : 0;
    } else {
        start = slice_index(start, dim, 0, dim - 1);
        end = slice_index(end, dim, -1, dim - 1);
        count = start > end ? (start - end - 1) / -step + 1 : 0;
    }
    view->shape.dims[axis] = count;
    view->start[axis] = start;
    view->step[axis] = step;
}

enum { STARTS, ENDS, AXES, STEPS, SLICE_LISTS };

struct slice {
    const int64_t *lists[SLICE_LISTS]; /* AXES and STEPS may be NULL */
    size_t count;                      /* of each */
};

static int read_slice_lists(const struct onnx_node *node, struct slice *slice,
                            struct error *err)
{
    static const char *const names[SLICE_LISTS] = {"starts", "ends", "axes", "steps"};

    for (int i = 0; i < SLICE_LISTS; i++) {
        size_t count;

        if (onnx_attribute_list(node, i + 1, names[i], &slice->lists[i], &count, err) <
            0)
            return -1;
        if (i == STARTS)
            slice->count = count;
        if (count != slice->count && !(i >= AXES && count == 0))
            return onnx_node_error(node, err, "%zu starts but %zu %s", slice->count,
                                   count, names[i]);
    }
    return 0;
}

static int slice_one(const struct onnx_node *node, const struct slice *slice, size_t i,
                     struct onnx_view *view, struct error *err)
{
    int64_t start = slice->lists[STARTS][i], end = slice->lists[ENDS][i];
    int64_t step = slice->lists[STEPS] ? slice->lists[STEPS][i] : 1;
    int64_t given = slice->lists[AXES] ? slice->lists[AXES][i] : (int64_t)i;
    int axis;

    if (!onnx_shape_axis(given, view->shape.rank, &axis) || step == 0)
        return onnx_node_error(node, err, "axis %lld, step %lld is impossible",
                               (long long)given, (long long)step);
    if (onnx_batch_factor(view->shape.dims[axis]) > 0) {
        if (start == 0 && step == 1 && end >= INDEX_MAX)
            return 0;
        return onnx_node_error(node, err, "it would cut the batch");
    }
    slice_axis(view, axis, start, end, step);
    return 0;
}

static int read_slice(const struct onnx_node *node, struct error *err)
{
    struct onnx_source source;
    struct onnx_view view;
    struct slice slice;
    bool used[ONNX_RANK_MAX];

    if (onnx_node_moved(node, 0, &source, err) < 0 ||
        read_slice_lists(node, &slice, err) < 0)
        return -1;
    if (slice.lists[AXES] && onnx_node_mark_axes(node, slice.lists[AXES], slice.count,
                                                 source.shape.rank, used, err) < 0)
        return -1;
    view = onnx_view_of(&source.shape);
    for (size_t i = 0; i < slice.count; i++)
        if (slice_one(node, &slice, i, &view, err) < 0)
            return -1;
    return onnx_view_give(node, &source, &view, 0.f, err);
}

const struct onnx_operator onnx_slice = {"Slice", 5, ONNX_ON_BATCH, read_slice,
                                         "axes ends starts"};
const struct onnx_operator onnx_transpose = {"Transpose", 1, ONNX_ON_BATCH,
                                             read_transpose, "perm"};
