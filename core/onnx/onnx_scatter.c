/* Parts of constants by several indices: exchanged, as masks of windows are made, or taken. */
#include "core/onnx/onnx_operators.h"

#include "core/onnx/onnx_attribute.h"

/* `depth` indices name a part: what the first dimensions of the data leave. */
struct scatter {
    const struct onnx_constant *data, *indices, *updates;
    int depth;
    size_t part; /* elements */
};

static int check_shapes(const struct onnx_node *node, const struct scatter *scatter,
                        struct error *err)
{
    const struct onnx_shape *data = &scatter->data->shape;
    const struct onnx_shape *indices = &scatter->indices->shape;
    char text[ONNX_SHAPE_TEXT_BYTES], other_text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_shape wanted = *indices;

    if (indices->rank < 1 || scatter->depth < 1 || scatter->depth > data->rank)
        return onnx_node_error(node, err, "indices %s name no parts of %s",
                               onnx_shape_text(indices, text),
                               onnx_shape_text(data, other_text));
    wanted.rank--;
    for (int i = scatter->depth; i < data->rank && wanted.rank < ONNX_RANK_MAX; i++)
        wanted.dims[wanted.rank++] = data->dims[i];
    if (!onnx_shape_equal(&wanted, &scatter->updates->shape))
        return onnx_node_error(node, err, "the updates are %s, which should be %s",
                               onnx_shape_text(&scatter->updates->shape, text),
                               onnx_shape_text(&wanted, other_text));
    return 0;
}

static size_t part_of(const struct scatter *scatter)
{
    size_t part = 1;

    for (int i = scatter->depth; i < scatter->data->shape.rank; i++)
        part *= (size_t)scatter->data->shape.dims[i];
    return part;
}

/* How many indices name a part. */
static int depth_of(const struct onnx_constant *indices)
{
    const struct onnx_shape *shape = &indices->shape;

    return shape->rank ? (int)shape->dims[shape->rank - 1] : 0;
}

static int read_inputs(const struct onnx_node *node, struct scatter *scatter,
                       struct error *err)
{
    static const char *const ways[] = {"none"};
    int way;

    if (onnx_attribute_choice(node, "reduction", ways, 1, &way, err) < 0 ||
        onnx_node_constant(node, 0, &scatter->data, err) < 0 ||
        onnx_node_constant(node, 1, &scatter->indices, err) < 0 ||
        onnx_node_constant(node, 2, &scatter->updates, err) < 0)
        return -1;
    if (!scatter->indices->is_integer ||
        scatter->data->is_integer != scatter->updates->is_integer)
        return onnx_node_error(node, err,
                               "its indices must be integers, and its updates of the "
                               "type of its data");
    scatter->depth = depth_of(scatter->indices);
    if (check_shapes(node, scatter, err) < 0)
        return -1;
    scatter->part = part_of(scatter);
    return 0;
}

/* An index counted from the front. */
static int find_index(const struct onnx_node *node, int64_t index, int64_t dim,
                      size_t *found, struct error *err)
{
    if (index < -dim || index >= dim)
        return onnx_node_error(node, err, "index %lld is not in a dimension of %lld",
                               (long long)index, (long long)dim);
    *found = (size_t)(index < 0 ? index + dim : index);
    return 0;
}

/* Where part number `number` begins in the data. */
static int find_part(const struct onnx_node *node, const struct scatter *scatter,
                     size_t number, size_t *first, struct error *err)
{
    const int64_t *indices =
        scatter->indices->integers + number * (size_t)scatter->depth;

    *first = 0;
    for (int i = 0; i < scatter->depth; i++) {
        int64_t dim = scatter->data->shape.dims[i];
        size_t index = 0;

        if (find_index(node, indices[i], dim, &index, err) < 0)
            return -1;
        *first = *first * (size_t)dim + index;
    }
    *first *= scatter->part;
    return 0;
}

static int fold_scatter_nd(const struct onnx_node *node, struct error *err)
{
    struct scatter scatter;
    struct onnx_constant *result;
    size_t first;

    if (read_inputs(node, &scatter, err) < 0)
        return -1;
    result = onnx_node_give_constant(node, scatter.data->is_integer,
                                     &scatter.data->shape, err);
    if (!result)
        return -1;
    for (size_t i = 0; i < result->count; i++)
        onnx_constant_copy(result, i, scatter.data, i);
    for (size_t i = 0; i < scatter.indices->count / (size_t)scatter.depth; i++) {
        if (find_part(node, &scatter, i, &first, err) < 0)
            return -1;
        for (size_t j = 0; j < scatter.part; j++)
            onnx_constant_copy(result, first + j, scatter.updates,
                               i * scatter.part + j);
    }
    return 0;
}

/* ---- taken -------------------------------------------------------------------------------- */

static int read_taken(const struct onnx_node *node, struct scatter *taken,
                      struct error *err)
{
    if (onnx_node_constant(node, 0, &taken->data, err) < 0 ||
        onnx_node_constant(node, 1, &taken->indices, err) < 0)
        return -1;
    return taken->indices->is_integer
               ? 0
               : onnx_node_error(node, err, "its indices \"%s\" are no integers",
                                 taken->indices->name);
}

/* The shape of what GatherND gives: that of the indices, and of a part in the place of the last dimension. */
static int shape_of_parts(const struct onnx_node *node, struct scatter *taken,
                          struct onnx_shape *shape, struct error *err)
{
    const struct onnx_shape *data = &taken->data->shape;
    char text[ONNX_SHAPE_TEXT_BYTES], other_text[ONNX_SHAPE_TEXT_BYTES];

    *shape = taken->indices->shape;
    taken->depth = depth_of(taken->indices);
    if (taken->depth < 1 || taken->depth > data->rank ||
        shape->rank - 1 + data->rank - taken->depth > ONNX_RANK_MAX)
        return onnx_node_error(node, err, "indices %s name no parts of %s",
                               onnx_shape_text(shape, text),
                               onnx_shape_text(data, other_text));
    shape->rank--;
    for (int i = taken->depth; i < data->rank; i++)
        shape->dims[shape->rank++] = data->dims[i];
    taken->part = part_of(taken);
    return 0;
}

static int fold_gather_nd(const struct onnx_node *node, struct error *err)
{
    struct onnx_constant *result;
    struct onnx_shape shape;
    struct scatter taken;
    int64_t batch_dims;
    size_t first;

    if (read_taken(node, &taken, err) < 0 ||
        onnx_attribute_integer(node, "batch_dims", 0, &batch_dims, err) < 0)
        return -1;
    if (batch_dims != 0)
        return onnx_node_error(node, err, "its batch_dims are %lld; calq knows 0",
                               (long long)batch_dims);
    if (shape_of_parts(node, &taken, &shape, err) < 0)
        return -1;
    result = onnx_node_give_constant(node, taken.data->is_integer, &shape, err);
    if (!result)
        return -1;
    for (size_t i = 0; i < taken.indices->count / (size_t)taken.depth; i++) {
        if (find_part(node, &taken, i, &first, err) < 0)
            return -1;
        for (size_t j = 0; j < taken.part; j++)
            onnx_constant_copy(result, i * taken.part + j, taken.data, first + j);
    }
    return 0;
}

/* Where the element of the data is that an index along the axis names. */
static int find_element(const struct onnx_node *node, const struct scatter *taken,
                        int axis, size_t number, size_t *element, struct error *err)
{
    const struct onnx_shape *data = &taken->data->shape,
                            *shape = &taken->indices->shape;
    size_t left = number, stride = 1, named = 0;

    if (find_index(node, taken->indices->integers[number], data->dims[axis], &named,
                   err) < 0)
        return -1;
    *element = 0;
    for (int i = shape->rank - 1; i >= 0; i--) {
        size_t own = left % (size_t)shape->dims[i];

        left /= (size_t)shape->dims[i];
        *element += (i == axis ? named : own) * stride;
        stride *= (size_t)data->dims[i];
    }
    return 0;
}

/* Along the axis there may be any number of indices, along others at most as many as data. */
static int check_indices(const struct onnx_node *node, const struct scatter *taken,
                         int64_t given_axis, int *axis, struct error *err)
{
    const struct onnx_shape *data = &taken->data->shape,
                            *shape = &taken->indices->shape;
    char text[ONNX_SHAPE_TEXT_BYTES], other_text[ONNX_SHAPE_TEXT_BYTES];
    bool fits = shape->rank == data->rank &&
                onnx_shape_axis(given_axis, data->rank, axis) &&
                !onnx_shape_has_batch(data);

    for (int i = 0; fits && i < data->rank; i++)
        fits = i == *axis || shape->dims[i] <= data->dims[i];
    return fits ? 0
                : onnx_node_error(node, err, "indices %s do not fit %s along axis %lld",
                                  onnx_shape_text(shape, text),
                                  onnx_shape_text(data, other_text),
                                  (long long)given_axis);
}

static int fold_gather_elements(const struct onnx_node *node, struct error *err)
{
    struct onnx_constant *result;
    struct scatter taken;
    int64_t given_axis;
    size_t element;
    int axis;

    if (read_taken(node, &taken, err) < 0 ||
        onnx_attribute_integer(node, "axis", 0, &given_axis, err) < 0 ||
        check_indices(node, &taken, given_axis, &axis, err) < 0)
        return -1;
    result = onnx_node_give_constant(node, taken.data->is_integer,
                                     &taken.indices->shape, err);
    if (!result)
        return -1;
    for (size_t i = 0; i < result->count; i++) {
        if (find_element(node, &taken, axis, i, &element, err) < 0)
            return -1;
        onnx_constant_copy(result, i, taken.data, element);
    }
    return 0;
}

const struct onnx_operator onnx_gather_elements = {
    "GatherElements", 2, ONNX_ON_CONSTANTS, fold_gather_elements, "axis"};
const struct onnx_operator onnx_gather_nd = {"GatherND", 2, ONNX_ON_CONSTANTS,
                                             fold_gather_nd, "batch_dims"};
const struct onnx_operator onnx_scatter_nd = {"ScatterND", 3, ONNX_ON_CONSTANTS,
                                              fold_scatter_nd, "reduction"};
