#include "core/onnx/onnx_embedding.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_error.h"

#include <stdlib.h>

enum { TABLE, NUMBERS };

static int check_table(const struct onnx_node *node, const struct onnx_constant *table,
                       struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];
    int64_t axis;

    if (onnx_attribute_integer(node, "axis", 0, &axis, err) < 0)
        return -1;
    if (axis != 0 && axis != -table->shape.rank)
        return onnx_node_error(node, err,
                               "its axis is %lld; calq looks up rows of \"%s\", which "
                               "is axis 0",
                               (long long)axis, table->name);
    if (table->shape.rank != 2 || table->count == 0)
        return onnx_node_error(node, err,
                               "\"%s\" is %s; calq looks up rows of a table [rows, "
                               "columns]",
                               table->name, onnx_shape_text(&table->shape, text));
    return 0;
}

static int find_numbers(const struct onnx_node *node, struct onnx_value **numbers,
                        struct error *err)
{
    if (onnx_node_value(node, NUMBERS, numbers, err) < 0)
        return -1;
    if ((*numbers)->tensor >= 0 &&
        node->graph->network->tensors[(*numbers)->tensor].element == ELEMENT_INT32)
        return 0;
    return onnx_node_error(node, err,
                           "its indices \"%s\" are computed; calq looks up numbers "
                           "that samples hold, an input of int32 or int64",
                           (*numbers)->name);
}

/* Of a matrix that is not read yet and stands turned in the file. */
static int read_turned(const struct onnx_node *node, const struct onnx_constant *table,
                       float *values, struct error *err)
{
    size_t rows = (size_t)table->shape.dims[0], columns = (size_t)table->shape.dims[1];
    float *turned = memory_get(table->count * sizeof *turned);
    int status = onnx_node_weight_values(node, table, 0, table->count, turned, err);

    for (size_t i = 0; status == 0 && i < table->count; i++)
        values[i] = turned[i % columns * rows + i / columns];
    free(turned);
    return status;
}

/* Samples may hold the numbers of rows alone: of all tables that the input is for. */
static void bound_numbers(struct tensor *numbers, const struct onnx_constant *table)
{
    int32_t rows = (int32_t)table->shape.dims[0];

    numbers->least = numbers->least > -rows ? numbers->least : -rows;
    numbers->most = numbers->most < rows - 1 ? numbers->most : rows - 1;
}

/* The steps of rows, or of blocks of their columns. */
static void take_steps(const struct onnx_constant *table, struct weights *weights)
{
    const float *blocks = onnx_constant_blocks(table, 1);

    if (!blocks) {
        weights->steps = onnx_constant_steps(table, 0, (size_t)weights->outputs);
        return;
    }
    weights->steps = memory_copy(blocks, table->step_count * sizeof *blocks);
    weights->block = table->block;
}

static struct layer *give_layer(const struct onnx_node *node,
                                const struct onnx_value *numbers,
                                const struct onnx_constant *table, struct error *err)
{
    struct network *network = node->graph->network;
    struct onnx_shape sample = onnx_shape_of_sample(&network->tensors[numbers->tensor]);
    struct onnx_value *output;
    struct layer *layer;

    if (onnx_node_output(node, &output, err) < 0 ||
        onnx_node_unfold(node, table->count, err) < 0)
        return NULL;
    if (sample.rank == TENSOR_RANK_MAX) {
        onnx_node_error(node, err, "its output has more than %d dimensions",
                        TENSOR_RANK_MAX + 1);
        return NULL;
    }
    sample.dims[sample.rank++] = table->shape.dims[1];
    layer =
        onnx_node_give_layer(node, LAYER_EMBEDDING, &numbers->tensor, 1, &sample, err);
    output->batch = numbers->batch;
    return layer;
}

int onnx_embedding_read(const struct onnx_node *node, struct error *err)
{
    const struct onnx_constant *table;
    struct onnx_value *numbers;
    struct layer *layer;
    float *values;

    if (onnx_node_weights(node, TABLE, &table, err) < 0 ||
        check_table(node, table, err) < 0 || find_numbers(node, &numbers, err) < 0)
        return -1;
    layer = give_layer(node, numbers, table, err);
    if (!layer)
        return -1;
    values = memory_zeroed(table->count, sizeof *values);
    layer_add_weights(layer, (struct weights){.name = memory_text(table->name),
                                              .values = values,
                                              .groups = 1,
                                              .outputs = (int)table->shape.dims[0],
                                              .inputs = (int)table->shape.dims[1],
                                              .window = 1});
    take_steps(table, layer->weights);
    bound_numbers(&node->graph->network->tensors[numbers->tensor], table);
    return table->is_turned
               ? read_turned(node, table, values, err)
               : onnx_node_weight_values(node, table, 0, table->count, values, err);
}
