#include "core/onnx/onnx_batch.h"

/* What is folded into the batch, at least one. */
static int64_t outer_of(const struct onnx_batch *batch)
{
    return batch->outer > 1 ? batch->outer : 1;
}

static int64_t inner_of(const struct onnx_batch *batch)
{
    return batch->inner > 1 ? batch->inner : 1;
}

int onnx_batch_folds(const struct onnx_batch *batch)
{
    return (outer_of(batch) > 1) + (inner_of(batch) > 1);
}

bool onnx_batch_is_plain(const struct onnx_batch *batch)
{
    return batch->axis == 0 && onnx_batch_folds(batch) == 0;
}

bool onnx_batch_is_same(const struct onnx_batch *a, const struct onnx_batch *b)
{
    return a->axis == b->axis && outer_of(a) == outer_of(b) &&
           inner_of(a) == inner_of(b);
}

struct onnx_shape onnx_batch_shape(const struct onnx_batch *batch,
                                   const struct tensor *tensor)
{
    struct onnx_shape shape = {.rank = 0};
    int at = 0;

    while (shape.rank < batch->axis)
        shape.dims[shape.rank++] = tensor->dims[at++];
    shape.dims[shape.rank++] = onnx_batch_times(outer_of(batch) * inner_of(batch));
    at += onnx_batch_folds(batch);
    while (at < tensor->rank)
        shape.dims[shape.rank++] = tensor->dims[at++];
    return shape;
}

struct onnx_shape onnx_batch_sample(const struct onnx_batch *batch,
                                    const struct onnx_shape *shape)
{
    struct onnx_shape sample = {.rank = 0};
    const int64_t folded[] = {outer_of(batch), inner_of(batch)};

    for (int i = 0; i < shape->rank; i++) {
        if (i != batch->axis)
            sample.dims[sample.rank++] = shape->dims[i];
        for (int k = 0; i == batch->axis && k < 2; k++)
            if (folded[k] > 1)
                sample.dims[sample.rank++] = folded[k];
    }
    return sample;
}

int onnx_batch_sample_axis(const struct onnx_batch *batch, int axis)
{
    if (axis == batch->axis)
        return 0;
    return axis < batch->axis ? axis + 1 : axis + onnx_batch_folds(batch);
}

/* ---- another shape ---- */

/* Elements of dimensions [0, end). */
static int64_t elements_before(const struct onnx_shape *shape, int end)
{
    int64_t product = 1;

    for (int i = 0; i < end; i++)
        product *= shape->dims[i];
    return product;
}

/* Whether the batch, behind `before` elements of a sample, lies in dimension `axis`, which has
 * `factor` elements of a sample. */
static bool lies_in(const struct onnx_shape *to, int axis, int64_t before,
                    int64_t factor, struct onnx_batch *batch)
{
    int64_t ahead = elements_before(to, axis), outer;

    if (ahead == 0 || before % ahead != 0)
        return false;
    outer = before / ahead;
    if (factor % outer != 0)
        return false;
    *batch = (struct onnx_batch){.axis = axis, .outer = outer, .inner = factor / outer};
    return true;
}

/* How well the batch would lie in a dimension. A shape of numbers may be read in several ways, which
 * are all the same to a file of one sample: the batch alone in its dimension is what people mean, and
 * never the last dimension, the features. */
enum fitness {
    FITS_IN_PLACE,
    FITS_ALONE,
    FITS_IN_FRONT,
    FITS_FOLDED,
    FITS_LAST,
    FITS_NOT
};

/* `batch` out: how it lies in the dimension; it was in dimension `was_at`. */
static enum fitness fitness_of(int64_t size, const struct onnx_shape *to, int axis,
                               int64_t before, int was_at, struct onnx_batch *batch)
{
    int64_t dim = to->dims[axis];

    if (dim % size != 0 || !lies_in(to, axis, before, dim / size, batch))
        return FITS_NOT;
    if (dim == size && batch->outer == 1)
        return axis == was_at ? FITS_IN_PLACE : FITS_ALONE;
    if (axis > 0 && axis == to->rank - 1)
        return FITS_LAST;
    return batch->outer == 1 ? FITS_IN_FRONT : FITS_FOLDED;
}

/* Among numbers. */
static bool find_batch(int64_t size, int64_t before, struct onnx_shape *to,
                       struct onnx_batch *batch)
{
    enum fitness best = FITS_NOT;
    int was_at = batch->axis;

    for (int axis = 0; size > 0 && axis < to->rank; axis++) {
        struct onnx_batch found;
        enum fitness fitness = fitness_of(size, to, axis, before, was_at, &found);

        if (fitness >= best)
            continue;
        best = fitness;
        *batch = found;
    }
    if (best == FITS_NOT)
        return false;
    to->dims[batch->axis] = onnx_batch_times(batch->outer * batch->inner);
    return true;
}

bool onnx_batch_follow(int64_t size, const struct onnx_shape *from,
                       struct onnx_shape *to, struct onnx_batch *batch)
{
    int64_t before = elements_before(from, batch->axis) * outer_of(batch);
    int axis = onnx_shape_batch_axis(to);

    if (axis < 0)
        return find_batch(size, before, to, batch);
    for (int i = axis + 1; i < to->rank; i++)
        if (onnx_batch_factor(to->dims[i]) > 0)
            return false;
    return lies_in(to, axis, before, onnx_batch_factor(to->dims[axis]), batch);
}
