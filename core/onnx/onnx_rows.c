#include "core/onnx/onnx_rows.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_view.h"

#include <stdlib.h>

struct onnx_shape onnx_rows_of(const struct onnx_shape *sample)
{
    struct onnx_shape rows = {.rank = 2, .dims = {1, sample->dims[sample->rank - 1]}};

    for (int i = 0; i < sample->rank - 1; i++)
        rows.dims[0] *= sample->dims[i];
    return rows;
}

/* Index of the tensor that is the node's output so far. */
static int output_of(const struct onnx_node *node)
{
    return onnx_graph_find(node->graph, node->proto->output[node->output])->tensor;
}

int onnx_rows_give_as(const struct onnx_node *node, int *input,
                      const struct onnx_shape *sample, struct error *err)
{
    struct network *network = node->graph->network;
    int from = *input;

    if (onnx_view_give_reshaped_sample(node, from, sample, err) < 0)
        return -1;
    *input = output_of(node);
    free(network->tensors[*input].name);
    network->tensors[*input].name = memory_text(network->tensors[from].name);
    return 0;
}

static bool is_ordered(const int *order, int rank)
{
    for (int i = 0; i < rank; i++)
        if (order[i] != i)
            return false;
    return true;
}

static int give_ordered(const struct onnx_node *node, int tensor, const int *order,
                        struct error *err)
{
    struct onnx_shape shape =
        onnx_shape_of_sample(&node->graph->network->tensors[tensor]);
    struct onnx_view view = onnx_view_of(&shape);

    if (is_ordered(order, shape.rank))
        return 0;
    for (int i = 0; i < shape.rank; i++) {
        view.axis[i] = order[i];
        view.shape.dims[i] = shape.dims[order[i]];
    }
    return onnx_view_give_sample(node, tensor, NULL, &view, NULL, 0.f, err);
}

int onnx_rows_give_ordered(const struct onnx_node *node, int *input, const int *order,
                           struct error *err)
{
    struct network *network = node->graph->network;
    int from = *input, rank = network->tensors[from].rank;

    if (give_ordered(node, from, order, err) < 0)
        return -1;
    if (is_ordered(order, rank))
        return 0;
    *input = output_of(node);
    free(network->tensors[*input].name);
    network->tensors[*input].name = memory_text(network->tensors[from].name);
    return 0;
}

int onnx_rows_order_back(const struct onnx_node *node, const int *order,
                         struct error *err)
{
    return give_ordered(node, output_of(node), order, err);
}

int onnx_rows_give(const struct onnx_node *node, int *input, struct error *err)
{
    struct onnx_shape sample =
        onnx_shape_of_sample(&node->graph->network->tensors[*input]);
    struct onnx_shape rows = onnx_rows_of(&sample);

    return onnx_rows_give_as(node, input, &rows, err);
}

int onnx_rows_give_back(const struct onnx_node *node, const struct onnx_shape *sample,
                        struct error *err)
{
    return onnx_view_give_reshaped_sample(node, output_of(node), sample, err);
}
