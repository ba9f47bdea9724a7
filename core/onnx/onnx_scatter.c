/* ScatterND: a constant with some of its parts exchanged, as masks of windows are made. */
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

static int read_inputs(const struct onnx_node *node, struct scatter *scatter,
                       struct error *err)
{
    static const char *const ways[] = {"none"};
    const struct onnx_shape *indices;
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
    indices = &scatter->indices->shape;
    scatter->depth = indices->rank ? (int)indices->dims[indices->rank - 1] : 0;
    if (check_shapes(node, scatter, err) < 0)
        return -1;
    scatter->part = 1;
    for (int i = scatter->depth; i < scatter->data->shape.rank; i++)
        scatter->part *= (size_t)scatter->data->shape.dims[i];
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
        int64_t dim = scatter->data->shape.dims[i], index = indices[i];

        if (index < -dim || index >= dim)
            return onnx_node_error(node, err,
                                   "index %lld is not in a dimension of %lld",
                                   (long long)index, (long long)dim);
        *first = *first * (size_t)dim + (size_t)(index < 0 ? index + dim : index);
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

const struct onnx_operator onnx_scatter_nd = {"ScatterND", 3, ONNX_ON_CONSTANTS,
                                              fold_scatter_nd, "reduction"};
