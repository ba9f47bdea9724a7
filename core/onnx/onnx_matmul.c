/* MatMul: of a tensor and constant weights, or of two tensors. */
#include "core/onnx/onnx_operators.h"

#include "core/network/matmul.h"
#include "core/onnx/onnx_product.h"
#include "core/onnx/onnx_rows.h"

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

/* The order in which the last two of `rank` dimensions have changed places. */
static void turn(int order[ONNX_RANK_MAX], int rank)
{
    for (int i = 0; i < rank; i++)
        order[i] = i;
    order[rank - 1] = rank - 2;
    order[rank - 2] = rank - 1;
}

/* c x = (x' c')', with ' for the last two dimensions the other way round. */
static int constant_times(const struct onnx_node *node, struct error *err)
{
    const struct onnx_constant *weights;
    int order[ONNX_RANK_MAX], tensor, rank;

    if (onnx_node_weights(node, 0, &weights, err) < 0 ||
        onnx_node_tensor(node, 1, &tensor, err) < 0)
        return -1;
    rank = node->graph->network->tensors[tensor].rank;
    if (rank < 2)
        return onnx_node_error(node, err,
                               "its constant on the left would sum over the samples of "
                               "the batch");
    turn(order, rank);
    if (onnx_rows_give_ordered(node, &tensor, order, err) < 0 ||
        onnx_product_give(node, tensor, weights, true, err) < 0)
        return -1;
    return onnx_rows_order_back(node, order, err);
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

/* The shape of a product's sample; the right side's matrices are [depth, columns]. */
static int product_shape(const struct onnx_node *node, const struct tensor *left,
                         const struct tensor *right, bool is_turned,
                         struct onnx_shape *sample, struct error *err)
{
    int last = left->rank - 1;

    if (left->rank != right->rank || left->rank < 2)
        return misfit(node, left, right,
                      "would multiply samples of the batch with each other", err);
    if (left->dims[last] != right->dims[is_turned ? last : last - 1])
        return misfit(node, left, right, "do not fit each other", err);
    *sample = onnx_shape_of_sample(left);
    sample->dims[last] = right->dims[is_turned ? last - 1 : last];
    for (int i = 0; i < last - 1; i++) {
        if (left->dims[i] != right->dims[i] && left->dims[i] != 1 &&
            right->dims[i] != 1)
            return misfit(node, left, right, "do not fit each other", err);
        if (left->dims[i] == 1)
            sample->dims[i] = right->dims[i];
    }
    return 0;
}

int onnx_product_give_tensors(const struct onnx_node *node, const int tensors[2],
                              bool is_turned, struct error *err)
{
    struct network *network = node->graph->network;
    struct onnx_shape sample;
    struct layer *layer;

    if (product_shape(node, &network->tensors[tensors[0]],
                      &network->tensors[tensors[1]], is_turned, &sample, err) < 0)
        return -1;
    layer = onnx_node_give_layer(node, LAYER_MATMUL, tensors, 2, &sample, err);
    if (!layer)
        return -1;
    layer->matmul =
        matmul_of(&network->tensors[tensors[0]], &network->tensors[tensors[1]],
                  &network->tensors[layer->output], is_turned);
    return 0;
}

static int times_tensor(const struct onnx_node *node, struct error *err)
{
    int tensors[2];

    if (onnx_node_tensor(node, 0, &tensors[0], err) < 0 ||
        onnx_node_tensor(node, 1, &tensors[1], err) < 0)
        return -1;
    return onnx_product_give_tensors(node, tensors, false, err);
}

static int read_matmul(const struct onnx_node *node, struct error *err)
{
    bool left, right;

    if (is_constant(node, 0, &left, err) < 0 || is_constant(node, 1, &right, err) < 0)
        return -1;
    if (right)
        return times_constant(node, err);
    return left ? constant_times(node, err) : times_tensor(node, err);
}

const struct onnx_operator onnx_matmul = {"MatMul", 2, ONNX_ON_ROWS, read_matmul, NULL};
