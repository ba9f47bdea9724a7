/* Reshape, Flatten, Squeeze, Unsqueeze: the same elements in another shape. */
#include "core/onnx/onnx_operators.h"

#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_view.h"

/* ---- Reshape ---- */

/* Zeros keep a dimension of `from`. `open` out: the dimension that is -1, or -1; `known` out: all others.
 * False where a zero keeps nothing, or two are open. */
static bool keep_dims(const struct onnx_shape *from, bool zero_is_zero,
                      struct onnx_shape *shape, struct onnx_shape *known, int *open)
{
    *known = (struct onnx_shape){.rank = 0};
    *open = -1;
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dims[i] == 0 && !zero_is_zero) {
            if (i >= from->rank)
                return false;
            shape->dims[i] = from->dims[i];
        }
        if (shape->dims[i] == -1 && *open >= 0)
            return false;
        if (shape->dims[i] == -1)
            *open = i;
        else
            known->dims[known->rank++] = shape->dims[i];
    }
    return true;
}

/* The dimensions of `shape` from what is wanted: 0 keeps a dimension of `from`, -1 is what is left.
 * `size` is that of the batch in the file, 0: any. Where no dimension is said to be the batch of any
 * size, the open one contains it. */
static bool resolve_dims(const struct onnx_shape *from, bool zero_is_zero, int64_t size,
                         struct onnx_shape *shape)
{
    bool has_batch = onnx_shape_has_batch(from), is_said;
    struct onnx_shape known;
    size_t count, product;
    int open;

    if (!keep_dims(from, zero_is_zero, shape, &known, &open) ||
        !onnx_shape_count(&known, &product) || !onnx_shape_count(from, &count))
        return false;
    is_said = onnx_shape_has_batch(&known);
    if (is_said && !has_batch)
        return false;
    if (has_batch && !is_said && size > 0)
        count *= (size_t)size;
    if (open < 0)
        return product == count && (!has_batch || is_said || size > 0);
    if (product == 0 || count % product != 0)
        return false;
    shape->dims[open] = (int64_t)(count / product);
    if (has_batch && !is_said && size == 0)
        shape->dims[open] = onnx_batch_times(shape->dims[open]);
    return true;
}

static int read_wanted(const struct onnx_node *node, struct onnx_shape *shape,
                       struct error *err)
{
    const int64_t *wanted;
    size_t count;

    if (!onnx_node_has_input(node, 1))
        return onnx_node_error(node, err, "input 1 is missing");
    if (onnx_attribute_list(node, 1, "the shape", &wanted, &count, err) < 0)
        return -1;
    if (count > ONNX_RANK_MAX)
        return onnx_node_error(node, err, "more than %d dimensions", ONNX_RANK_MAX);
    *shape = (struct onnx_shape){.rank = (int)count};
    for (int i = 0; i < shape->rank; i++)
        shape->dims[i] = wanted[i];
    return 0;
}

static int read_reshape(const struct onnx_node *node, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES], wanted_text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_source source;
    struct onnx_shape shape;
    int64_t allow_zero;

    if (onnx_node_moved(node, 0, &source, err) < 0 ||
        read_wanted(node, &shape, err) < 0 ||
        onnx_attribute_integer(node, "allowzero", 0, &allow_zero, err) < 0)
        return -1;
    onnx_shape_text(&shape, wanted_text);
    if (!resolve_dims(&source.shape, allow_zero, node->graph->batch, &shape))
        return onnx_node_error(node, err, "%s cannot be reshaped to %s",
                               onnx_shape_text(&source.shape, text), wanted_text);
    return onnx_view_give_reshaped(node, &source, &shape, err);
}

/* ---- dimensions that are joined, dropped or inserted ---- */

/* The product of dimensions [first, end), of which one may be a multiple of the batch size. */
static int64_t joined_dim(const struct onnx_shape *shape, int first, int end)
{
    int64_t product = 1;
    bool has_batch = false;

    for (int i = first; i < end; i++) {
        int64_t factor = onnx_batch_factor(shape->dims[i]);

        has_batch = has_batch || factor > 0;
        product *= factor > 0 ? factor : shape->dims[i];
    }
    return has_batch ? onnx_batch_times(product) : product;
}

static int read_flatten(const struct onnx_node *node, struct error *err)
{
    struct onnx_shape shape = {.rank = 2};
    struct onnx_source source;
    int64_t given;
    int axis;

    if (onnx_node_moved(node, 0, &source, err) < 0 ||
        onnx_attribute_integer(node, "axis", 1, &given, err) < 0)
        return -1;
    /* The axis may be one behind the last. */
    if (given == source.shape.rank)
        axis = source.shape.rank;
    else if (!onnx_shape_axis(given, source.shape.rank, &axis))
        return onnx_node_error(node, err, "there is no axis %lld", (long long)given);
    shape.dims[0] = joined_dim(&source.shape, 0, axis);
    shape.dims[1] = joined_dim(&source.shape, axis, source.shape.rank);
    return onnx_view_give_reshaped(node, &source, &shape, err);
}

/* Whether Squeeze can drop a dimension; that of a batch of one sample it can. */
static bool can_drop(const struct onnx_node *node, int64_t dim)
{
    return dim == 1 || (dim == ONNX_BATCH && node->graph->batch == 1);
}

static int read_squeeze(const struct onnx_node *node, struct error *err)
{
    struct onnx_shape shape = {.rank = 0};
    struct onnx_source source;
    bool drops[ONNX_RANK_MAX];
    const int64_t *axes;
    size_t count;

    if (onnx_node_moved(node, 0, &source, err) < 0 ||
        onnx_attribute_list(node, 1, "axes", &axes, &count, err) < 0 ||
        onnx_node_mark_axes(node, axes, count, source.shape.rank, drops, err) < 0)
        return -1;
    if (count == 0 && !source.constant && node->graph->batch == 1)
        return onnx_node_error(node, err,
                               "without axes it would drop the batch dimension");
    for (int i = 0; i < source.shape.rank; i++) {
        int64_t dim = source.shape.dims[i];

        if (drops[i] && !can_drop(node, dim))
            return onnx_node_error(node, err, "axis %d cannot be dropped: it is %s", i,
                                   onnx_batch_factor(dim) > 0 ? "the batch"
                                                              : "longer than one");
        if (!drops[i] && !(count == 0 && dim == 1))
            shape.dims[shape.rank++] = dim;
    }
    return onnx_view_give_reshaped(node, &source, &shape, err);
}

/* A dimension as the file has it. Where that is of one sample, a batch that is folded is a number: it may
 * become the inserted dimension again. */
static int64_t dim_in_file(const struct onnx_node *node, int64_t dim)
{
    int64_t factor = onnx_batch_factor(dim);

    return factor > 1 && node->graph->batch == 1 ? factor : dim;
}

static int read_unsqueeze(const struct onnx_node *node, struct error *err)
{
    struct onnx_shape shape = {.rank = 0};
    struct onnx_source source;
    bool inserts[ONNX_RANK_MAX];
    const int64_t *axes;
    size_t count;
    int next = 0;

    if (onnx_node_moved(node, 0, &source, err) < 0 ||
        onnx_attribute_list(node, 1, "axes", &axes, &count, err) < 0)
        return -1;
    if (count > (size_t)(ONNX_RANK_MAX - source.shape.rank))
        return onnx_node_error(node, err, "more than %d dimensions", ONNX_RANK_MAX);
    shape.rank = source.shape.rank + (int)count;
    if (onnx_node_mark_axes(node, axes, count, shape.rank, inserts, err) < 0)
        return -1;
    for (int i = 0; i < shape.rank; i++)
        shape.dims[i] = inserts[i] ? 1 : dim_in_file(node, source.shape.dims[next++]);
    return onnx_view_give_reshaped(node, &source, &shape, err);
}

const struct onnx_operator onnx_flatten = {"Flatten", 1, ONNX_ON_BATCH, read_flatten,
                                           "axis"};
const struct onnx_operator onnx_reshape = {"Reshape", 2, ONNX_ON_BATCH, read_reshape,
                                           "allowzero"};
const struct onnx_operator onnx_squeeze = {"Squeeze", 2, ONNX_ON_BATCH, read_squeeze,
                                           "axes"};
const struct onnx_operator onnx_unsqueeze = {"Unsqueeze", 2, ONNX_ON_BATCH,
                                             read_unsqueeze, "axes"};
