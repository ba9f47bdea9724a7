/* Trilu: what is above or below a diagonal of matrices; zero elsewhere. */
#include "core/onnx/onnx_operators.h"

#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_binary.h"

#include <math.h>

/* Zero outside of the triangle, NaN where the matrix stays. */
static struct onnx_constant *outside_of_triangle(const struct onnx_node *node,
                                                 const struct onnx_shape *shape,
                                                 bool is_upper, int64_t diagonal)
{
    int64_t rows = shape->dims[shape->rank - 2], columns = shape->dims[shape->rank - 1];
    struct onnx_shape matrix = {.rank = 2, .dims = {rows, columns}};
    struct onnx_constant *fill =
        onnx_graph_keep(node->graph, onnx_constant_create("0", false, &matrix));

    for (int64_t row = 0; row < rows; row++)
        for (int64_t column = 0; column < columns; column++) {
            bool stays = is_upper ? column - row >= diagonal : column - row <= diagonal;

            fill->reals[row * columns + column] = stays ? NAN : 0;
        }
    return fill;
}

/* A constant keeps its type. */
static int fold_triangle(const struct onnx_node *node,
                         const struct onnx_constant *matrices,
                         const struct onnx_constant *outside, struct error *err)
{
    struct onnx_constant *result =
        onnx_node_give_constant(node, matrices->is_integer, &matrices->shape, err);

    if (!result)
        return -1;
    for (size_t i = 0; i < result->count; i++)
        if (isnan(outside->reals[i % outside->count]))
            onnx_constant_copy(result, i, matrices, i);
    return 0;
}

static int read_diagonal(const struct onnx_node *node, int64_t *diagonal,
                         struct error *err)
{
    const struct onnx_constant *constant;

    *diagonal = 0;
    if (!onnx_node_has_input(node, 1))
        return 0;
    if (onnx_node_integers(node, 1, "its diagonal", &constant, err) < 0)
        return -1;
    if (constant->count != 1 || constant->integers[0] > INT32_MAX ||
        constant->integers[0] < INT32_MIN)
        return onnx_node_error(node, err, "its diagonal must be one small integer");
    *diagonal = constant->integers[0];
    return 0;
}

static int read_trilu(const struct onnx_node *node, struct error *err)
{
    struct onnx_source source, outside = {.tensor = -1};
    int64_t is_upper, diagonal;
    char text[ONNX_SHAPE_TEXT_BYTES];
    int batch;

    if (onnx_node_source(node, 0, &source, err) < 0 ||
        onnx_attribute_integer(node, "upper", 1, &is_upper, err) < 0 ||
        read_diagonal(node, &diagonal, err) < 0)
        return -1;
    batch = onnx_shape_batch_axis(&source.shape);
    if (source.shape.rank < 2 || batch >= source.shape.rank - 2)
        return onnx_node_error(node, err, "%s is no matrix for each sample",
                               onnx_shape_text(&source.shape, text));
    if (onnx_node_unfold(node,
                         (size_t)(source.shape.dims[source.shape.rank - 2] *
                                  source.shape.dims[source.shape.rank - 1]),
                         err) < 0)
        return -1;
    outside.constant =
        outside_of_triangle(node, &source.shape, is_upper != 0, diagonal);
    outside.shape = outside.constant->shape;
    if (source.constant)
        return fold_triangle(node, source.constant, outside.constant, err);
    return onnx_binary_give(node, BINARY_FILL, &source, &outside, err) ? 0 : -1;
}

const struct onnx_operator onnx_trilu = {"Trilu", 2, ONNX_ON_ELEMENTS, read_trilu,
                                         "upper"};
