/* Operators that move elements and compute nothing, tensors and constants alike. */
#include "core/onnx/onnx_operators.h"

#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_tensor.h"
#include "core/onnx/onnx_view.h"

#include <math.h>

enum { INDEX_MAX = INT32_MAX }; /* larger starts, steps and pads mean "to the end" */

/* Marks the axes of a list, each at most once. */
static int mark_axes(const struct onnx_node *node, const int64_t *axes, size_t count,
                     int rank, bool *marked, struct error *err)
{
    for (int i = 0; i < ONNX_RANK_MAX; i++)
        marked[i] = false;
    for (size_t i = 0; i < count; i++) {
        int axis;

        if (!onnx_shape_axis(axes[i], rank, &axis))
            return onnx_node_error(node, err, "there is no axis %lld in %d dimensions",
                                   (long long)axes[i], rank);
        if (marked[axis])
            return onnx_node_error(node, err, "axis %d is named twice", axis);
        marked[axis] = true;
    }
    return 0;
}

/* ---- another shape ---- */

/* Dimensions [first, rank) of `shape` from what is wanted: 0 keeps a dimension, -1 is
 * what is left of `count` elements. */
static bool resolve_dims(const struct onnx_shape *from, int first, bool zero_is_zero,
                         size_t count, struct onnx_shape *shape)
{
    struct onnx_shape known = {.rank = 0};
    int open = -1;
    size_t product;

    for (int i = first; i < shape->rank; i++) {
        if (shape->dims[i] == 0 && !zero_is_zero) {
            if (i >= from->rank)
                return false;
            shape->dims[i] = from->dims[i];
        }
        if (shape->dims[i] == -1 && open < 0)
            open = i;
        else
            known.dims[known.rank++] = shape->dims[i];
    }
    if (onnx_shape_has_batch(&known) || !onnx_shape_count(&known, &product))
        return false;
    if (open < 0)
        return product == count;
    if (product == 0 || count % product != 0)
        return false;
    shape->dims[open] = (int64_t)(count / product);
    return true;
}

/* The first dimension of a reshaped activation must be the batch, by whatever name. */
static bool is_batch(const struct onnx_graph *graph, int64_t dim, bool zero_is_zero)
{
    return dim == ONNX_BATCH || dim == -1 || (dim == 0 && !zero_is_zero) ||
           (dim > 0 && dim == graph->batch);
}

static int read_reshape(const struct onnx_node *node, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES], wanted_text[ONNX_SHAPE_TEXT_BYTES];
    const struct onnx_constant *wanted;
    struct onnx_source source;
    struct onnx_shape shape;
    int64_t allow_zero;
    bool fits = true;
    size_t count;

    if (onnx_node_source(node, 0, &source, err) < 0 ||
        onnx_node_integers(node, 1, "the shape", &wanted, err) < 0 ||
        onnx_attribute_integer(node, "allowzero", 0, &allow_zero, err) < 0)
        return -1;
    if (wanted->count > ONNX_RANK_MAX)
        return onnx_node_error(node, err, "more than %d dimensions", ONNX_RANK_MAX);
    shape = (struct onnx_shape){.rank = (int)wanted->count};
    for (int i = 0; i < shape.rank; i++)
        shape.dims[i] = wanted->integers[i];
    onnx_shape_text(&shape, wanted_text);
    onnx_shape_count(&source.shape, &count);
    if (!source.constant) {
        fits = shape.rank > 0 && is_batch(node->graph, shape.dims[0], allow_zero);
        shape.dims[0] = ONNX_BATCH;
    }
    if (!fits || !resolve_dims(&source.shape, source.constant ? 0 : 1, allow_zero,
                               count, &shape))
        return onnx_node_error(node, err, "%s cannot be reshaped to %s",
                               onnx_shape_text(&source.shape, text), wanted_text);
    return onnx_view_give_reshaped(node, &source, &shape, err);
}

static int read_flatten(const struct onnx_node *node, struct error *err)
{
    struct onnx_shape shape = {.rank = 2, .dims = {1, 1}};
    struct onnx_source source;
    int64_t given;
    int axis;

    if (onnx_node_source(node, 0, &source, err) < 0 ||
        onnx_attribute_integer(node, "axis", 1, &given, err) < 0)
        return -1;
    /* The axis may be one behind the last. */
    if (given == source.shape.rank)
        axis = source.shape.rank;
    else if (!onnx_shape_axis(given, source.shape.rank, &axis))
        return onnx_node_error(node, err, "there is no axis %lld", (long long)given);
    for (int i = source.constant ? 0 : 1; i < source.shape.rank; i++)
        shape.dims[i < axis ? 0 : 1] *= source.shape.dims[i];
    if (!source.constant) {
        if (axis == 0 || shape.dims[0] != 1)
            return onnx_node_error(node, err, "axis %d would mix samples", axis);
        shape.dims[0] = ONNX_BATCH;
    }
    return onnx_view_give_reshaped(node, &source, &shape, err);
}

static int read_squeeze(const struct onnx_node *node, struct error *err)
{
    struct onnx_shape shape = {.rank = 0};
    struct onnx_source source;
    bool drops[ONNX_RANK_MAX];
    const int64_t *axes;
    size_t count;

    if (onnx_node_source(node, 0, &source, err) < 0 ||
        onnx_attribute_list(node, 1, "axes", &axes, &count, err) < 0 ||
        mark_axes(node, axes, count, source.shape.rank, drops, err) < 0)
        return -1;
    if (count == 0 && !source.constant && node->graph->batch == 1)
        return onnx_node_error(node, err,
                               "without axes it would drop the batch dimension");
    for (int i = 0; i < source.shape.rank; i++) {
        int64_t dim = source.shape.dims[i];

        if (drops[i] && dim != 1)
            return onnx_node_error(node, err, "axis %d cannot be dropped: it is %s", i,
                                   dim == ONNX_BATCH ? "the batch" : "longer than one");
        if (!drops[i] && !(count == 0 && dim == 1))
            shape.dims[shape.rank++] = dim;
    }
    return onnx_view_give_reshaped(node, &source, &shape, err);
}

static int read_unsqueeze(const struct onnx_node *node, struct error *err)
{
    struct onnx_shape shape = {.rank = 0};
    struct onnx_source source;
    bool inserts[ONNX_RANK_MAX];
    const int64_t *axes;
    size_t count;
    int next = 0;

    if (onnx_node_source(node, 0, &source, err) < 0 ||
        onnx_attribute_list(node, 1, "axes", &axes, &count, err) < 0)
        return -1;
    if (count > (size_t)(ONNX_RANK_MAX - source.shape.rank))
        return onnx_node_error(node, err, "more than %d dimensions", ONNX_RANK_MAX);
    shape.rank = source.shape.rank + (int)count;
    if (mark_axes(node, axes, count, shape.rank, inserts, err) < 0)
        return -1;
    for (int i = 0; i < shape.rank; i++)
        shape.dims[i] = inserts[i] ? 1 : source.shape.dims[next++];
    return onnx_view_give_reshaped(node, &source, &shape, err);
}

/* ---- another view ---- */

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

/* Transposes a tensor whose batch is dimension `batch` into the `order` of all dimensions. */
static int give_moved(const struct onnx_node *node, int tensor, int batch,
                      const int64_t *order, int rank, struct error *err)
{
    struct onnx_shape shape =
        onnx_shape_of_sample(&node->graph->network->tensors[tensor]);
    struct onnx_view view = onnx_view_of(&shape);
    struct onnx_value *output;

    if (onnx_node_output(node, &output, err) < 0)
        return -1;
    for (int i = 0, at = 0; i < rank; i++) {
        int axis = rank - 1 - i;

        if (order)
            onnx_shape_axis(order[i], rank, &axis);
        if (axis == batch) {
            output->batch_axis = i;
            continue;
        }
        view.axis[at] = axis - (axis > batch);
        view.shape.dims[at] = shape.dims[view.axis[at]];
        at++;
    }
    return onnx_view_give_sample(node, tensor, &view, 0.f, err);
}

/* Of a tensor whose batch is not the first dimension; `is_given` out: whether it was one. */
static int move_batch(const struct onnx_node *node, const int64_t *order, size_t count,
                      bool *is_given, struct error *err)
{
    bool used[ONNX_RANK_MAX];
    struct onnx_value *input;
    int rank;

    if (onnx_node_value(node, 0, &input, err) < 0)
        return -1;
    *is_given = input->tensor >= 0 && input->batch_axis != 0 &&
                node->graph->network->tensors[input->tensor].element == ELEMENT_FLOAT;
    if (!*is_given)
        return 0;
    rank = node->graph->network->tensors[input->tensor].rank + 1;
    if (mark_axes(node, order, count, rank, used, err) < 0)
        return -1;
    if (count != 0 && count != (size_t)rank)
        return onnx_node_error(node, err, "perm has %zu axes of %d", count, rank);
    return give_moved(node, input->tensor, input->batch_axis, count ? order : NULL,
                      rank, err);
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
    if (!is_given && move_batch(node, order, count, &is_given, err) < 0)
        return -1;
    if (is_given)
        return 0;
    if (onnx_node_source(node, 0, &source, err) < 0 ||
        mark_axes(node, order, count, source.shape.rank, used, err) < 0)
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
    if (view->shape.dims[axis] == ONNX_BATCH) {
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

    if (onnx_node_source(node, 0, &source, err) < 0 ||
        read_slice_lists(node, &slice, err) < 0)
        return -1;
    if (slice.lists[AXES] && mark_axes(node, slice.lists[AXES], slice.count,
                                       source.shape.rank, used, err) < 0)
        return -1;
    view = onnx_view_of(&source.shape);
    for (size_t i = 0; i < slice.count; i++)
        if (slice_one(node, &slice, i, &view, err) < 0)
            return -1;
    return onnx_view_give(node, &source, &view, 0.f, err);
}

static int read_pad_value(const struct onnx_node *node, float *value, struct error *err)
{
    if (onnx_node_has_input(node, 2))
        return onnx_node_scalar(node, 2, value, err);
    if (onnx_attribute_real(node, "value", 0.f, value, err) < 0)
        return -1;
    return isfinite(*value) ? 0 : onnx_node_error(node, err, "its value is not finite");
}

static int pad_axis(const struct onnx_node *node, struct onnx_view *view, int axis,
                    int64_t begin, int64_t end, struct error *err)
{
    if (begin == 0 && end == 0)
        return 0;
    if (view->shape.dims[axis] == ONNX_BATCH)
        return onnx_node_error(node, err, "it would pad the batch");
    view->start[axis] = -clamp(begin, -INDEX_MAX, INDEX_MAX);
    view->shape.dims[axis] += -view->start[axis] + clamp(end, -INDEX_MAX, INDEX_MAX);
    return 0;
}

static int read_pad(const struct onnx_node *node, struct error *err)
{
    static const char *const modes[] = {"constant"};
    const int64_t *pads, *axes;
    size_t pad_count, count;
    struct onnx_source source;
    struct onnx_view view;
    bool used[ONNX_RANK_MAX];
    float fill;
    int mode, axis;

    if (onnx_node_source(node, 0, &source, err) < 0 ||
        onnx_attribute_choice(node, "mode", modes, 1, &mode, err) < 0 ||
        onnx_attribute_list(node, 1, "pads", &pads, &pad_count, err) < 0 ||
        read_pad_value(node, &fill, err) < 0 ||
        onnx_attribute_list(node, 3, "axes", &axes, &count, err) < 0 ||
        mark_axes(node, axes, count, source.shape.rank, used, err) < 0)
        return -1;
    if (count == 0)
        count = (size_t)source.shape.rank;
    if (pad_count != 2 * count)
        return onnx_node_error(node, err, "%zu pads for %zu dimensions", pad_count,
                               count);
    view = onnx_view_of(&source.shape);
    for (size_t i = 0; i < count; i++) {
        axis = (int)i;
        if (axes)
            onnx_shape_axis(axes[i], source.shape.rank, &axis);
        if (pad_axis(node, &view, axis, pads[i], pads[i + count], err) < 0)
            return -1;
    }
    return onnx_view_give(node, &source, &view, fill, err);
}

const struct onnx_operator onnx_flatten = {"Flatten", 1, ONNX_ON_TENSORS, read_flatten,
                                           "axis"};
const struct onnx_operator onnx_pad = {"Pad", 4, ONNX_ON_TENSORS, read_pad,
                                       "mode pads value"};
const struct onnx_operator onnx_reshape = {"Reshape", 2, ONNX_ON_TENSORS, read_reshape,
                                           "allowzero"};
const struct onnx_operator onnx_slice = {"Slice", 5, ONNX_ON_TENSORS, read_slice,
                                         "axes ends starts"};
const struct onnx_operator onnx_squeeze = {"Squeeze", 2, ONNX_ON_TENSORS, read_squeeze,
                                           "axes"};
const struct onnx_operator onnx_transpose = {"Transpose", 1, ONNX_ON_TENSORS,
                                             read_transpose, "perm"};
const struct onnx_operator onnx_unsqueeze = {"Unsqueeze", 2, ONNX_ON_TENSORS,
                                             read_unsqueeze, "axes"};
