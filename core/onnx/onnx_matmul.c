/* MatMul: of a tensor and constant weights, or of two tensors. */
#include "core/onnx/onnx_operators.h"

#include "core/onnx/onnx_product.h"
#include "core/onnx/onnx_view.h"

/* Whether input number `input` is a constant. */
static int is_constant(const struct onnx_node *node, int input, bool *is,
                       struct error *err)
{
    const struct onnx_constant *constant;
    struct onnx_value *value;

    if (onnx_node_value(node, input, &value, err) < 0 ||
        onnx_graph_look(node->graph, value, &constant, err) < 0)
        return -1;
    *is = constant != NULL;
    return 0;
}

static int times_constant(const struct onnx_node *node, struct error *err)
{
    const struct onnx_constant *weights;
    int tensor;

    if (onnx_node_tensor(node, 0, &tensor, err) < 0 ||
        onnx_node_weights(node, 1, &weights, err) < 0)
        return -1;
    return onnx_product_give(node, tensor, weights, false, err);
}

/* ---- a constant on the left ---- */

/* The node's output so far, or input, with its last two dimensions the other way round. */
static int give_turned(const struct onnx_node *node, int *tensor, struct error *err)
{
    struct onnx_shape shape =
        onnx_shape_of_sample(&node->graph->network->tensors[*tensor]);
    struct onnx_view view = onnx_view_of(&shape);
    struct onnx_value *output;
    int last = shape.rank - 1;

    view.axis[last] = last - 1;
    view.axis[last - 1] = last;
    view.shape.dims[last] = shape.dims[last - 1];
    view.shape.dims[last - 1] = shape.dims[last];
    if (onnx_view_give_sample(node, *tensor, NULL, &view, NULL, 0.f, err) < 0 ||
        onnx_node_output(node, &output, err) < 0)
        return -1;
    *tensor = output->tensor;
    return 0;
}

/* c x = (x' c')', with ' for the last two dimensions the other way round. */
static int constant_times(const struct onnx_node *node, struct error *err)
{
    const struct onnx_constant *weights;
    struct onnx_value *output;
    int tensor;

    if (onnx_node_weights(node, 0, &weights, err) < 0 ||
        onnx_node_tensor(node, 1, &tensor, err) < 0)
        return -1;
    if (node->graph->network->tensors[tensor].rank < 2)
        return onnx_node_error(node, err,
                               "its constant on the left would sum over the samples of "
                               "the batch");
    if (give_turned(node, &tensor, err) < 0 ||
        onnx_product_give(node, tensor, weights, true, err) < 0 ||
        onnx_node_output(node, &output, err) < 0)
        return -1;
    tensor = output->tensor;
    return give_turned(node, &tensor, err);
}

/* ---- two tensors ---- */

static int misfit(const struct onnx_node *node, const struct tensor *left,
                  const struct tensor *right, const char *why, struct error *err)
{
    char left_text[ONNX_SHAPE_TEXT_BYTES], right_text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_shape a = onnx_shape_of_tensor(left), b = onnx_shape_of_tensor(right);

    return onnx_node_error(node, err, "its inputs %s and %s %s",
                           onnx_shape_text(&a, left_text),
                           onnx_shape_text(&b, right_text), why);
}

/* The shape of a product's sample. */
static int product_shape(const struct onnx_node *node, const struct tensor *left,
                         const struct tensor *right, struct onnx_shape *sample,
                         struct error *err)
{
    int last = left->rank - 1;

    if (left->rank != right->rank || left->rank < 2)
        return misfit(node, left, right,
                      "would multiply samples of the batch with each other", err);
    if (left->dims[last] != right->dims[last - 1])
        return misfit(node, left, right, "do not fit each other", err);
    *sample = onnx_shape_of_sample(left);
    sample->dims[last] = right->dims[last];
    for (int i = 0; i < last - 1; i++) {
        if (left->dims[i] != right->dims[i] && left->dims[i] != 1 &&
            right->dims[i] != 1)
            return misfit(node, left, right, "do not fit each other", err);
        if (left->dims[i] == 1)
            sample->dims[i] = right->dims[i];
    }
    return 0;
}

static int read_two_tensors(const struct onnx_node *node, struct error *err)
{
    const struct network *network = node->graph->network;
    struct onnx_shape sample;
    struct layer *layer;
    int inputs[2], depth;

    if (onnx_node_tensor(node, 0, &inputs[0], err) < 0 ||
        onnx_node_tensor(node, 1, &inputs[1], err) < 0 ||
        product_shape(node, &network->tensors[inputs[0]], &network->tensors[inputs[1]],
                      &sample, err) < 0)
        return -1;
    depth = network->tensors[inputs[0]].dims[sample.rank - 1];
    layer = onnx_node_give_layer(node, LAYER_MATMUL, inputs, 2, &sample, err);
    if (!layer)
        return -1;
    layer->matmul.depth = depth;
    return 0;
}

static int read_matmul(const struct onnx_node *node, struct error *err)
{
    bool left, right;

    if (is_constant(node, 0, &left, err) < 0 || is_constant(node, 1, &right, err) < 0)
        return -1;
    if (right)
        return times_constant(node, err);
    return left ? constant_times(node, err) : read_two_tensors(node, err);
}

const struct onnx_operator onnx_matmul = {"MatMul", 2, ONNX_ON_ROWS, read_matmul, NULL};
