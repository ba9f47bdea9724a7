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

static struct onnx_shape with_batch(const struct onnx_shape *sample)
{
    struct onnx_shape shape = {.rank = sample->rank + 1, .dims = {ONNX_BATCH}};

    for (int i = 0; i < sample->rank; i++)
        shape.dims[i + 1] = sample->dims[i];
    return shape;
}

/* Index of the tensor that is the node's output so far. */
static int output_of(const struct onnx_node *node)
{
    return onnx_graph_find(node->graph, node->proto->output[node->output])->tensor;
}

static int give_reshaped(const struct onnx_node *node, int input,
                         const struct onnx_shape *sample, struct error *err)
{
    struct onnx_source source = {
        .tensor = input,
        .shape = onnx_shape_of_tensor(&node->graph->network->tensors[input])};
    struct onnx_shape shape = with_batch(sample);

    return onnx_view_give_reshaped(node, &source, &shape, err);
}

int onnx_rows_give_as(const struct onnx_node *node, int *input,
                      const struct onnx_shape *sample, struct error *err)
{
    struct network *network = node->graph->network;
    int from = *input;

    if (give_reshaped(node, from, sample, err) < 0)
        return -1;
    *input = output_of(node);
    free(network->tensors[*input].name);
    network->tensors[*input].name = memory_text(network->tensors[from].name);
    return 0;
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
    return give_reshaped(node, output_of(node), sample, err);
}
