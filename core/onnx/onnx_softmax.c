/* Softmax and LogSoftmax. */
#include "core/onnx/onnx_operators.h"

#include "core/network/rows.h"
#include "core/onnx/onnx_attribute.h"

enum { OPSET_OF_ONE_AXIS = 13 };

/* Which dimensions of a sample it goes along: since opset 13 one, before all from one on. */
static int find_axes(const struct onnx_node *node, const struct tensor *tensor,
                     int *axis, bool is_along[TENSOR_RANK_MAX], struct error *err)
{
    struct onnx_shape shape = onnx_shape_of_tensor(tensor);
    bool is_one = node->graph->opset >= OPSET_OF_ONE_AXIS;
    char text[ONNX_SHAPE_TEXT_BYTES];
    int64_t given;

    if (onnx_attribute_integer(node, "axis", is_one ? -1 : 1, &given, err) < 0)
        return -1;
    if (!onnx_node_axis(node, given, shape.rank, axis))
        return onnx_node_error(node, err, "there is no axis %lld in %s",
                               (long long)given, onnx_shape_text(&shape, text));
    if (*axis == 0 || (!is_one && *axis <= node->batch.axis))
        return onnx_node_error(node, err, "axis 0 of %s would mix samples",
                               onnx_shape_text(&shape, text));
    for (int i = 0; i < tensor->rank; i++)
        is_along[i] = is_one ? i + 1 == *axis : i + 1 >= *axis;
    return 0;
}

/* The only axis of those that it goes along which is longer than one; `first` where none is, -1 where
 * there are more. */
static int only_axis(const struct tensor *tensor, const bool *is_along, int first)
{
    int axis = first, count = 0;

    for (int i = 0; i < tensor->rank; i++)
        if (is_along[i] && tensor->dims[i] > 1) {
            axis = i + 1;
            count++;
        }
    return count > 1 ? -1 : axis;
}

/* Whether an axis is that of the channels, which losses take for classes. */
static bool is_of_channels(const struct tensor *tensor, int axis)
{
    return axis == (tensor->rank == 3 ? 1 : tensor->rank);
}

/* At the end of the network over the classes it is nothing: the loss is made of what goes in. */
static int give_softmax(const struct onnx_node *node, bool is_log, struct error *err)
{
    struct softmax softmax = {.is_log = is_log};
    bool is_along[TENSOR_RANK_MAX];
    const struct tensor *tensor;
    struct onnx_shape shape;
    struct layer *layer;
    int input, axis;

    if (onnx_node_tensor(node, 0, &input, err) < 0)
        return -1;
    tensor = &node->graph->network->tensors[input];
    if (find_axes(node, tensor, &axis, is_along, err) < 0)
        return -1;
    softmax.axis = only_axis(tensor, is_along, axis);
    if (onnx_node_is_last(node) && is_of_channels(tensor, axis) && softmax.axis == axis)
        return onnx_node_give_input(node, 0, err);
    if (softmax.axis > 0)
        softmax.axis -= onnx_batch_folds(&node->batch);
    softmax.rows = rows_of(tensor, is_along, true);
    shape = onnx_shape_of_sample(tensor);
    layer = onnx_node_give_layer(node, LAYER_SOFTMAX, &input, 1, &shape, err);
    if (!layer)
        return -1;
    layer->softmax = softmax;
    return 0;
}

static int read_softmax(const struct onnx_node *node, struct error *err)
{
    return give_softmax(node, false, err);
}

static int read_log_softmax(const struct onnx_node *node, struct error *err)
{
    return give_softmax(node, true, err);
}

const struct onnx_operator onnx_log_softmax = {"LogSoftmax", 1, ONNX_ON_ROWS,
                                               read_log_softmax, "axis"};
const struct onnx_operator onnx_softmax = {"Softmax", 1, ONNX_ON_ROWS, read_softmax,
                                           "axis"};
