/* ReduceMean, ReduceSum, ReduceMax ...: one element for each row. */
#include "core/onnx/onnx_operators.h"

#include "core/base/memory.h"
#include "core/layer/reduction.h"
#include "core/network/rows.h"
#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_pool.h"

#include <stdlib.h>

/* What is reduced, and how. */
struct reduce {
    bool is_along[ONNX_RANK_MAX]; /* dimensions that ONNX sees */
    bool keeps_dims, is_nothing;  /* without axes, where that means none */
};

/* Without axes it goes along all, or along none where the node says so. */
static int read_axes(const struct onnx_node *node, const struct onnx_shape *shape,
                     struct reduce *reduce, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];
    int64_t keeps_dims, is_nothing;
    const int64_t *axes;
    size_t count;
    int axis;

    if (onnx_attribute_list(node, 1, "axes", &axes, &count, err) < 0 ||
        onnx_attribute_integer(node, "keepdims", 1, &keeps_dims, err) < 0 ||
        onnx_attribute_integer(node, "noop_with_empty_axes", 0, &is_nothing, err) < 0)
        return -1;
    *reduce = (struct reduce){.keeps_dims = keeps_dims != 0,
                              .is_nothing = count == 0 && is_nothing != 0};
    for (size_t i = 0; i < count; i++) {
        if (!onnx_shape_axis(axes[i], shape->rank, &axis))
            return onnx_node_error(node, err, "there is no axis %lld in %s",
                                   (long long)axes[i], onnx_shape_text(shape, text));
        reduce->is_along[axis] = true;
    }
    for (int i = 0; i < shape->rank; i++)
        reduce->is_along[i] = reduce->is_along[i] || (count == 0 && !is_nothing);
    return 0;
}

static int check_samples(const struct onnx_node *node, const struct onnx_source *source,
                         const struct reduce *reduce, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];

    if (!reduce->is_along[source->batch.axis])
        return 0;
    return onnx_node_error(node, err,
                           "it goes along dimension %d of %s, the batch: it would "
                           "mix samples",
                           source->batch.axis, onnx_shape_text(&source->shape, text));
}

/* `is_along` [rank of the shape] */
static struct onnx_shape reduced_shape(const struct onnx_shape *from,
                                       const bool *is_along, bool keeps_dims)
{
    struct onnx_shape shape = {.rank = 0};

    for (int i = 0; i < from->rank; i++)
        if (!is_along[i])
            shape.dims[shape.rank++] = from->dims[i];
        else if (keeps_dims)
            shape.dims[shape.rank++] = 1;
    return shape;
}

/* ---- of constants -------------------------------------------------------------------------- */

/* The elements of a constant, row after row: which belongs at each place, [count]; the caller's. */
static size_t *order_of_rows(const struct onnx_shape *shape, const bool *is_along,
                             size_t count, size_t length)
{
    size_t *order = memory_get(count * sizeof *order);
    size_t *filled = memory_zeroed(count / length, sizeof *filled);

    for (size_t index = 0; index < count; index++) {
        size_t row = 0, row_stride = 1, rest = index;

        for (int i = shape->rank - 1; i >= 0; i--) {
            size_t dim = (size_t)shape->dims[i];

            if (!is_along[i]) {
                row += rest % dim * row_stride;
                row_stride *= dim;
            }
            rest /= dim;
        }
        order[row * length + filled[row]++] = index;
    }
    free(filled);
    return order;
}

/* Adds `value` to what a row has given so far; false where that overflows or is not known. */
static bool reduce_integer(enum reduction_operation operation, int64_t value,
                           int64_t *result)
{
    if (value == ONNX_BATCH)
        return false;
    switch (operation) {
    case REDUCTION_SUM:
        return !__builtin_add_overflow(*result, value, result);
    case REDUCTION_PRODUCT:
        return !__builtin_mul_overflow(*result, value, result);
    case REDUCTION_MAX:
        *result = value > *result ? value : *result;
        return true;
    case REDUCTION_MIN:
        *result = value < *result ? value : *result;
        return true;
    default:
        return false;
    }
}

static int fold_integers(const struct onnx_node *node,
                         enum reduction_operation operation,
                         const struct onnx_constant *from, const size_t *order,
                         size_t length, struct onnx_constant *to, struct error *err)
{
    for (size_t row = 0; row < to->count; row++) {
        int64_t result = operation == REDUCTION_SUM ? 0
                         : operation == REDUCTION_PRODUCT
                             ? 1
                             : from->integers[order[row * length]];

        for (size_t i = 0; i < length; i++)
            if (!reduce_integer(operation, from->integers[order[row * length + i]],
                                &result))
                return onnx_node_error(
                    node, err,
                    "of integers only sums, products, maxima and minima that do not "
                    "overflow or depend on the batch size are supported");
        to->integers[row] = result;
    }
    return 0;
}

static void fold_reals(enum reduction_operation operation,
                       const struct onnx_constant *from, const size_t *order,
                       size_t length, struct onnx_constant *to)
{
    float *row = memory_get(length * sizeof *row);

    for (size_t i = 0; i < to->count; i++) {
        for (size_t j = 0; j < length; j++)
            row[j] = from->reals[order[i * length + j]];
        to->reals[i] = reduction_of(operation, row, length);
    }
    free(row);
}

static int fold(const struct onnx_node *node, enum reduction_operation operation,
                const struct onnx_constant *from, const struct reduce *reduce,
                struct error *err)
{
    struct onnx_shape shape =
        reduced_shape(&from->shape, reduce->is_along, reduce->keeps_dims);
    struct onnx_constant *to;
    size_t length, *order;
    int status = 0;

    if (from->count == 0)
        return onnx_node_error(node, err, "the constant \"%s\" has no elements",
                               from->name);
    to = onnx_node_give_constant(node, from->is_integer, &shape, err);
    if (!to)
        return -1;
    length = from->count / to->count;
    order = order_of_rows(&from->shape, reduce->is_along, from->count, length);
    if (from->is_integer)
        status = fold_integers(node, operation, from, order, length, to, err);
    else
        fold_reals(operation, from, order, length, to);
    free(order);
    return status;
}

/* ---- of tensors ---------------------------------------------------------------------------- */

/* The same of the dimensions of a sample. */
static struct reduce reduce_of_sample(const struct onnx_source *source,
                                      const struct reduce *seen)
{
    struct reduce reduce = {.keeps_dims = seen->keeps_dims};

    for (int i = 0; i < source->shape.rank; i++)
        if (seen->is_along[i])
            reduce.is_along[onnx_batch_sample_axis(&source->batch, i) - 1] = true;
    return reduce;
}

/* Where the batch is when the dimensions that are reduced are gone. */
static struct onnx_batch batch_behind(const struct onnx_batch *batch,
                                      const struct reduce *seen)
{
    struct onnx_batch behind = *batch;

    for (int i = 0; i < batch->axis && !seen->keeps_dims; i++)
        behind.axis -= seen->is_along[i];
    return behind;
}

static int give_reduction(const struct onnx_node *node,
                          enum reduction_operation operation, int input,
                          const struct reduce *reduce, struct error *err)
{
    const struct tensor *tensor = &node->graph->network->tensors[input];
    const struct onnx_shape from = onnx_shape_of_sample(tensor);
    const struct onnx_shape shape =
        reduced_shape(&from, reduce->is_along, reduce->keeps_dims);
    const struct rows rows = rows_of(tensor, reduce->is_along, reduce->keeps_dims);
    struct layer *layer =
        onnx_node_give_layer(node, LAYER_REDUCTION, &input, 1, &shape, err);

    if (!layer)
        return -1;
    layer->reduction = (struct reduction){.operation = operation, .rows = rows};
    return 0;
}

/* Means over both of height and width, or over one of them where the dimensions are kept, are pools: the
 * channels stay what they are. */
static bool is_pool(const struct tensor *tensor, enum reduction_operation operation,
                    const struct reduce *reduce)
{
    const bool *over = reduce->is_along;

    return operation == REDUCTION_MEAN && tensor->rank == 3 && !over[0] &&
           (reduce->keeps_dims ? over[1] || over[2] : over[1] && over[2]);
}

static int reduce_tensor(const struct onnx_node *node,
                         enum reduction_operation operation,
                         const struct onnx_source *source, const struct reduce *seen,
                         struct error *err)
{
    const struct tensor *tensor = &node->graph->network->tensors[source->tensor];
    const struct reduce reduce = reduce_of_sample(source, seen);
    struct onnx_node giving = *node;

    giving.batch = batch_behind(&source->batch, seen);
    if (is_pool(tensor, operation, &reduce))
        return onnx_pool_give_whole(&giving, LAYER_AVERAGE_POOL, source->tensor,
                                    reduce.is_along[1], reduce.is_along[2],
                                    reduce.keeps_dims, err);
    return give_reduction(&giving, operation, source->tensor, &reduce, err);
}

static int read_reduction(const struct onnx_node *node,
                          enum reduction_operation operation, struct error *err)
{
    struct onnx_source source;
    struct reduce reduce;

    if (onnx_node_moved(node, 0, &source, err) < 0)
        return -1;
    if (source.constant) /* the same for each sample counts once */
        return onnx_node_source(node, 0, &source, err) < 0 ||
                       read_axes(node, &source.shape, &reduce, err) < 0
                   ? -1
                   : fold(node, operation, source.constant, &reduce, err);
    if (read_axes(node, &source.shape, &reduce, err) < 0 ||
        check_samples(node, &source, &reduce, err) < 0)
        return -1;
    return reduce_tensor(node, operation, &source, &reduce, err);
}

/* clang-format off */
#define REDUCTIONS(ROW) \
    ROW(l1, "ReduceL1", REDUCTION_MAGNITUDES) \
    ROW(l2, "ReduceL2", REDUCTION_NORM) \
    ROW(log_sum, "ReduceLogSum", REDUCTION_LOG) \
    ROW(log_sum_exp, "ReduceLogSumExp", REDUCTION_LOG_SUM_EXP) \
    ROW(max, "ReduceMax", REDUCTION_MAX) \
    ROW(mean, "ReduceMean", REDUCTION_MEAN) \
    ROW(min, "ReduceMin", REDUCTION_MIN) \
    ROW(prod, "ReduceProd", REDUCTION_PRODUCT) \
    ROW(sum, "ReduceSum", REDUCTION_SUM) \
    ROW(sum_square, "ReduceSumSquare", REDUCTION_SQUARES)
/* clang-format on */

#define REDUCTION_ROW(row, operator_name, operation)                                   \
    static int read_##row(const struct onnx_node *node, struct error *err)             \
    {                                                                                  \
        return read_reduction(node, operation, err);                                   \
    }                                                                                  \
    const struct onnx_operator onnx_reduce_##row = {                                   \
        operator_name, 2, ONNX_ON_BATCH, read_##row,                                   \
        "axes keepdims noop_with_empty_axes"};
REDUCTIONS(REDUCTION_ROW)
