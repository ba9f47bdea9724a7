/* Split: a node with several outputs, each a part of its input. */
#include "core/onnx/onnx_operators.h"

#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_view.h"

struct split {
    struct onnx_source source;
    int axis;
    const int64_t *sizes; /* [size_count] of the parts; NULL: equal ones */
    size_t size_count;
};

static int read_axis(const struct onnx_node *node, struct split *split,
                     struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];
    int64_t axis;

    if (onnx_node_moved(node, 0, &split->source, err) < 0 ||
        onnx_attribute_integer(node, "axis", 0, &axis, err) < 0)
        return -1;
    if (!onnx_shape_axis(axis, split->source.shape.rank, &split->axis))
        return onnx_node_error(node, err, "there is no axis %lld in %s",
                               (long long)axis,
                               onnx_shape_text(&split->source.shape, text));
    if (onnx_batch_factor(split->source.shape.dims[split->axis]) > 0)
        return onnx_node_error(node, err, "it would split the batch");
    return 0;
}

static int check_sizes(const struct onnx_node *node, const struct split *split,
                       struct error *err)
{
    int64_t dim = split->source.shape.dims[split->axis], sum = 0;

    if (split->size_count != node->proto->n_output)
        return onnx_node_error(node, err, "%zu sizes for %zu outputs",
                               split->size_count, node->proto->n_output);
    for (size_t i = 0; i < split->size_count; i++) {
        if (split->sizes[i] < 0 || split->sizes[i] > dim - sum)
            return onnx_node_error(node, err, "its sizes do not add up to %lld",
                                   (long long)dim);
        sum += split->sizes[i];
    }
    return sum == dim ? 0
                      : onnx_node_error(node, err, "its sizes do not add up to %lld",
                                        (long long)dim);
}

/* Equal parts; only where num_outputs says how many (opset 18) may the last one be smaller. */
static int check_equal(const struct onnx_node *node, const struct split *split,
                       struct error *err)
{
    int64_t dim = split->source.shape.dims[split->axis], told;
    size_t count = node->proto->n_output;

    if (onnx_attribute_integer(node, "num_outputs", 0, &told, err) < 0)
        return -1;
    if (told != 0 && told != (int64_t)count)
        return onnx_node_error(node, err, "num_outputs is %lld, but it has %zu outputs",
                               (long long)told, count);
    if (told == 0 && dim % (int64_t)count != 0)
        return onnx_node_error(node, err, "%lld cannot be split into %zu equal parts",
                               (long long)dim, count);
    return 0;
}

static int read_split_of(const struct onnx_node *node, struct split *split,
                         struct error *err)
{
    if (node->proto->n_output == 0)
        return onnx_node_error(node, err, "it has no outputs");
    if (read_axis(node, split, err) < 0 ||
        onnx_attribute_list(node, 1, "split", &split->sizes, &split->size_count, err) <
            0)
        return -1;
    return split->size_count ? check_sizes(node, split, err)
                             : check_equal(node, split, err);
}

static int64_t size_of(const struct onnx_node *node, const struct split *split,
                       size_t part, int64_t start)
{
    int64_t dim = split->source.shape.dims[split->axis];
    int64_t count = (int64_t)node->proto->n_output, equal = (dim + count - 1) / count;

    if (split->size_count)
        return split->sizes[part];
    return equal < dim - start ? equal : dim - start;
}

static int read_split(const struct onnx_node *node, struct error *err)
{
    int64_t start = 0;
    struct split split;

    if (read_split_of(node, &split, err) < 0)
        return -1;
    for (size_t i = 0; i < node->proto->n_output; i++) {
        struct onnx_node part = onnx_node_for_output(node, (int)i);
        struct onnx_view view = onnx_view_of(&split.source.shape);

        view.start[split.axis] = start;
        view.shape.dims[split.axis] = size_of(node, &split, i, start);
        start += view.shape.dims[split.axis];
        if (onnx_node_needs_output(node, (int)i) &&
            onnx_view_give(&part, &split.source, &view, 0.f, err) < 0)
            return -1;
    }
    return 0;
}

const struct onnx_operator onnx_split = {"Split", 2, ONNX_ON_BATCH, read_split,
                                         "axis num_outputs split"};
