/* What moves numbers, and shapes that are computed. */
#include "tests/fuzz/operators.h"

#include <string.h>

struct array *op_same(struct trial *trial, const struct node *node,
                      const struct array *const *inputs)
{
    (void)trial;
    (void)node;
    return array_copy(inputs[0]);
}

static void copy_number(struct array *to, size_t to_at, const struct array *from,
                        size_t from_at)
{
    to->values[to_at] = from->values[from_at];
    to->errors[to_at] = from->errors[from_at];
}

struct array *op_concat(struct trial *trial, const struct node *node,
                        const struct array *const *inputs)
{
    int axis = array_axis(inputs[0], node_integer(node, "axis", 1));
    int64_t dims[ARRAY_RANK_MAX], done = 0;
    struct array *result;

    (void)trial;
    memcpy(dims, inputs[0]->dims, sizeof dims);
    for (int i = 1; i < node->input_count; i++)
        dims[axis] += inputs[i]->dims[axis];
    result = array_create(inputs[0]->type, inputs[0]->rank, dims);
    for (int i = 0; i < node->input_count; i++) {
        const struct array *from = inputs[i];
        size_t inner = array_span(from, axis, from->rank);

        for (size_t at = 0; at < from->count; at++)
            copy_number(result,
                        at / inner * array_span(result, axis, result->rank) +
                            (size_t)done * array_span(from, axis + 1, from->rank) +
                            at % inner,
                        from, at);
        done += from->dims[axis];
    }
    return result;
}

struct array *op_constant(struct trial *trial, const struct node *node,
                          const struct array *const *inputs)
{
    const Onnx__AttributeProto *attribute = node_attribute(node, "value");

    (void)trial;
    (void)inputs;
    if (!attribute || !attribute->t)
        give_up("a constant without a tensor", node->name);
    return array_of_tensor(attribute->t);
}

struct array *op_constant_of_shape(struct trial *trial, const struct node *node,
                                   const struct array *const *inputs)
{
    const Onnx__AttributeProto *attribute = node_attribute(node, "value");
    int64_t dims[ARRAY_RANK_MAX * 2];
    int rank = integers_of(node, inputs, 0, "", dims);
    struct array *fill = attribute ? array_of_tensor(attribute->t) : NULL;
    struct array *result = array_create(
        fill ? fill->type : ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, rank, dims);

    (void)trial;
    for (size_t i = 0; fill && i < result->count; i++)
        result->values[i] = fill->values[0];
    array_destroy(fill);
    return result;
}

struct array *op_range(struct trial *trial, const struct node *node,
                       const struct array *const *inputs)
{
    double first = inputs[0]->values[0], end = inputs[1]->values[0];
    double by = inputs[2]->values[0];
    int64_t count = 0;
    struct array *result;

    (void)trial;
    (void)node;
    while (by > 0 ? first + (double)count * by < end : first + (double)count * by > end)
        count++;
    result = array_create(inputs[0]->type, 1, &count);
    for (int64_t i = 0; i < count; i++)
        result->values[i] = first + (double)i * by;
    return result;
}

struct array *op_expand(struct trial *trial, const struct node *node,
                        const struct array *const *inputs)
{
    int64_t dims[ARRAY_RANK_MAX * 2];
    int rank = integers_of(node, inputs, 1, "", dims);
    struct array *wanted = array_create(inputs[0]->type, rank, dims);
    struct array *result = array_stretched(inputs[0], wanted);

    (void)trial;
    for (size_t i = 0; i < result->count; i++)
        copy_number(result, i, inputs[0], array_stretched_index(inputs[0], result, i));
    array_destroy(wanted);
    return result;
}

struct array *op_gather(struct trial *trial, const struct node *node,
                        const struct array *const *inputs)
{
    const struct array *from = inputs[0], *which = inputs[1];
    int axis = array_axis(from, node_integer(node, "axis", 0)), rank = 0;
    size_t inner = array_span(from, axis + 1, from->rank), k;
    int64_t dims[ARRAY_RANK_MAX * 2];
    struct array *result;

    (void)trial;
    for (int i = 0; i < axis; i++)
        dims[rank++] = from->dims[i];
    for (int i = 0; i < which->rank; i++)
        dims[rank++] = which->dims[i];
    for (int i = axis + 1; i < from->rank; i++)
        dims[rank++] = from->dims[i];
    result = array_create(from->type, rank, dims);
    for (size_t i = 0; i < result->count; i++) {
        k = (size_t)array_axis(&(struct array){.rank = (int)from->dims[axis]},
                               (int64_t)which->values[i / inner % which->count]);
        copy_number(result, i, from,
                    (i / (inner * which->count) * (size_t)from->dims[axis] + k) *
                            inner +
                        i % inner);
    }
    return result;
}

struct array *op_shape(struct trial *trial, const struct node *node,
                       const struct array *const *inputs)
{
    int rank = inputs[0]->rank;
    int64_t first = node_integer(node, "start", 0),
            end = node_integer(node, "end", rank);
    int64_t count;
    struct array *result;

    (void)trial;
    first = first < 0 ? first + rank : first;
    end = end < 0 ? end + rank : end > rank ? rank : end;
    count = end > first ? end - first : 0;
    result = array_create(ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 1, &count);
    for (int64_t i = 0; i < count; i++)
        result->values[i] = (double)inputs[0]->dims[first + i];
    return result;
}

/* ---- the same numbers in another shape -------------------------------------------------------- */

static struct array *reshaped(const struct array *from, int rank, const int64_t *dims)
{
    struct array *result = array_copy(from);

    result->rank = rank;
    memcpy(result->dims, dims, (size_t)rank * sizeof *dims);
    if (array_span(result, 0, rank) != from->count)
        give_up("a shape that does not fit", NULL);
    return result;
}

struct array *op_reshape(struct trial *trial, const struct node *node,
                         const struct array *const *inputs)
{
    int64_t dims[ARRAY_RANK_MAX * 2];
    int rank = integers_of(node, inputs, 1, "shape", dims), open = -1;
    size_t known = 1;

    (void)trial;
    for (int i = 0; i < rank; i++) {
        if (dims[i] == 0 && !node_integer(node, "allowzero", 0))
            dims[i] = inputs[0]->dims[i];
        if (dims[i] == -1)
            open = i;
        else
            known *= (size_t)dims[i];
    }
    if (open >= 0)
        dims[open] = (int64_t)(inputs[0]->count / known);
    return reshaped(inputs[0], rank, dims);
}

struct array *op_flatten(struct trial *trial, const struct node *node,
                         const struct array *const *inputs)
{
    int64_t given = node_integer(node, "axis", 1);
    int axis = array_axis(inputs[0], given);
    const int64_t dims[] = {(int64_t)array_span(inputs[0], 0, axis),
                            (int64_t)array_span(inputs[0], axis, inputs[0]->rank)};

    (void)trial;
    return reshaped(inputs[0], 2, dims);
}

struct array *op_squeeze(struct trial *trial, const struct node *node,
                         const struct array *const *inputs)
{
    int64_t axes[ARRAY_RANK_MAX * 2], dims[ARRAY_RANK_MAX];
    int count = integers_of(node, inputs, 1, "axes", axes), rank = 0;

    (void)trial;
    for (int i = 0; i < inputs[0]->rank; i++) {
        bool drops = count == 0 && i > 0 && inputs[0]->dims[i] == 1;

        for (int k = 0; k < count; k++)
            drops = drops || array_axis(inputs[0], axes[k]) == i;
        if (!drops)
            dims[rank++] = inputs[0]->dims[i];
    }
    return reshaped(inputs[0], rank, dims);
}

struct array *op_unsqueeze(struct trial *trial, const struct node *node,
                           const struct array *const *inputs)
{
    int64_t axes[ARRAY_RANK_MAX * 2], dims[ARRAY_RANK_MAX * 2];
    int count = integers_of(node, inputs, 1, "axes", axes), next = 0;
    int rank = inputs[0]->rank + count;

    (void)trial;
    for (int i = 0; i < rank; i++) {
        bool inserts = false;

        for (int k = 0; k < count; k++)
            inserts = inserts || (axes[k] < 0 ? axes[k] + rank : axes[k]) == i;
        dims[i] = inserts ? 1 : inputs[0]->dims[next++];
    }
    return reshaped(inputs[0], rank, dims);
}

/* ---- another view ----------------------------------------------------------------------------- */

/* Along each dimension of the result: the dimension that it walks, from where, and how far each time.
 */
struct walk {
    int axis[ARRAY_RANK_MAX];
    int64_t dims[ARRAY_RANK_MAX], start[ARRAY_RANK_MAX], by[ARRAY_RANK_MAX];
};

static struct walk plain_walk(const struct array *from)
{
    struct walk walk;

    for (int i = 0; i < from->rank; i++) {
        walk.axis[i] = i;
        walk.dims[i] = from->dims[i];
        walk.start[i] = 0;
        walk.by[i] = 1;
    }
    return walk;
}

static struct array *walked(const struct array *from, const struct walk *walk,
                            double fill)
{
    struct array *result = array_create(from->type, from->rank, walk->dims);

    for (size_t i = 0; i < result->count; i++) {
        size_t index = i, place = 0;
        bool is_inside = true;

        for (int d = from->rank - 1; d >= 0; d--) {
            int64_t at =
                walk->start[d] + (int64_t)(index % (size_t)walk->dims[d]) * walk->by[d];

            index /= (size_t)walk->dims[d];
            is_inside = is_inside && at >= 0 && at < from->dims[walk->axis[d]];
            place += (size_t)at * array_span(from, walk->axis[d] + 1, from->rank);
        }
        if (is_inside)
            copy_number(result, i, from, place);
        else
            result->values[i] = fill;
    }
    return result;
}

struct array *op_transpose(struct trial *trial, const struct node *node,
                           const struct array *const *inputs)
{
    int64_t order[ARRAY_RANK_MAX * 2];
    int count = integers_of(node, inputs, ARRAY_RANK_MAX, "perm", order);
    struct walk walk = plain_walk(inputs[0]);

    (void)trial;
    for (int i = 0; i < inputs[0]->rank; i++) {
        walk.axis[i] = count ? (int)order[i] : inputs[0]->rank - 1 - i;
        walk.dims[i] = inputs[0]->dims[walk.axis[i]];
    }
    return walked(inputs[0], &walk, 0);
}

static int64_t between(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

struct array *op_slice(struct trial *trial, const struct node *node,
                       const struct array *const *inputs)
{
    int64_t starts[ARRAY_RANK_MAX * 2], ends[ARRAY_RANK_MAX * 2];
    int64_t axes[ARRAY_RANK_MAX * 2], steps[ARRAY_RANK_MAX * 2];
    int count = integers_of(node, inputs, 1, "starts", starts);
    int axis_count, step_count;
    struct walk walk = plain_walk(inputs[0]);

    (void)trial;
    integers_of(node, inputs, 2, "ends", ends);
    axis_count = integers_of(node, inputs, 3, "axes", axes);
    step_count = integers_of(node, inputs, 4, "steps", steps);
    for (int i = 0; i < count; i++) {
        int axis = axis_count ? array_axis(inputs[0], axes[i]) : i;
        int64_t dim = inputs[0]->dims[axis], by = step_count ? steps[i] : 1;
        int64_t first = starts[i] < 0 ? starts[i] + dim : starts[i];
        int64_t end = ends[i] < 0 ? ends[i] + dim : ends[i], long_is = 0;

        first = by > 0 ? between(first, 0, dim) : between(first, 0, dim - 1);
        end = by > 0 ? between(end, 0, dim) : between(end, -1, dim - 1);
        for (int64_t at = first; by > 0 ? at < end : at > end; at += by)
            long_is++;
        walk.start[axis] = first;
        walk.by[axis] = by;
        walk.dims[axis] = long_is;
    }
    return walked(inputs[0], &walk, 0);
}

struct array *op_pad(struct trial *trial, const struct node *node,
                     const struct array *const *inputs)
{
    int64_t pads[ARRAY_RANK_MAX * 2], axes[ARRAY_RANK_MAX * 2];
    int count = integers_of(node, inputs, 1, "pads", pads) / 2;
    int axis_count = integers_of(node, inputs, 3, "axes", axes);
    double fill = node_real(node, "value", 0);
    struct walk walk = plain_walk(inputs[0]);

    (void)trial;
    if (node->input_count > 2 && inputs[2])
        fill = inputs[2]->values[0];
    for (int i = 0; i < count; i++) {
        int axis = axis_count ? array_axis(inputs[0], axes[i]) : i;

        walk.start[axis] = -pads[i];
        walk.dims[axis] += pads[i] + pads[i + count];
    }
    return walked(inputs[0], &walk, fill);
}
