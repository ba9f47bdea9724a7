#include "core/onnx/onnx_read_node.h"

#include "core/onnx/onnx_operators.h"

enum { NAME_SHOWN_BYTES = 100 };

static int check_attributes(const struct onnx_node *node,
                            const struct onnx_operator *op, struct error *err)
{
    for (size_t i = 0; i < node->proto->n_attribute; i++) {
        const char *name = node->proto->attribute[i]->name;

        if (name && !onnx_operator_has(op, name))
            return onnx_node_error(node, err, "calq does not know its attribute %.*s",
                                   NAME_SHOWN_BYTES, name);
    }
    return 0;
}

/* ---- where the batch is ------------------------------------------------------------------- */

static const struct onnx_value *input_of(const struct onnx_node *node, size_t input)
{
    return *node->proto->input[input]
               ? onnx_graph_find(node->graph, node->proto->input[input])
               : NULL;
}

/* How many inputs are tensors, and the first of them. */
static int count_tensors(const struct onnx_node *node, const struct onnx_value **first)
{
    int count = 0;

    for (size_t i = 0; i < node->proto->n_input; i++) {
        const struct onnx_value *value = input_of(node, i);

        if (!value || value->tensor < 0)
            continue;
        if (count++ == 0)
            *first = value;
    }
    return count;
}

/* Dimensions of a tensor that lie behind the batch. */
static int count_behind(const struct onnx_node *node, const struct onnx_value *value)
{
    struct onnx_shape shape =
        onnx_batch_shape(&value->batch, &node->graph->network->tensors[value->tensor]);

    return shape.rank - 1 - value->batch.axis;
}

/* A constant repeats from the last dimension on: it must not reach the batch. */
static int check_constant(const struct onnx_node *node, struct onnx_value *value,
                          int behind, struct error *err)
{
    const struct onnx_constant *constant;
    size_t spread = 1;

    if (onnx_graph_look(node->graph, value, &constant, err) < 0)
        return -1;
    for (int i = 0; constant && i < constant->shape.rank - behind; i++)
        spread *= constant->shape.dims[i] == 1 ? 1 : 2;
    if (spread > 1)
        return onnx_node_error(node, err,
                               "its constant \"%s\" has values across the batch, which "
                               "is not the first dimension",
                               value->name);
    return 0;
}

static int check_elements(const struct onnx_node *node, int behind, struct error *err)
{
    for (size_t i = 0; i < node->proto->n_input; i++) {
        struct onnx_value *value =
            *node->proto->input[i] ? onnx_graph_find(node->graph, node->proto->input[i])
                                   : NULL;

        if (value && value->tensor < 0 && check_constant(node, value, behind, err) < 0)
            return -1;
    }
    return 0;
}

/* What works along the last dimensions needs them: one; of matrices of tensors, but for those on the left
 * of constants, two. */
static int check_rows(const struct onnx_node *node, int tensors, int behind,
                      struct error *err)
{
    const struct onnx_value *left = input_of(node, 0);
    int needed = tensors > 1 || !left || left->tensor < 0 ? 2 : 1;

    if (behind < needed)
        return onnx_node_error(node, err,
                               "the batch is among the last %d dimensions of its input",
                               needed);
    return 0;
}

/* Finds where the batch of the node's tensors is, and whether the operator can take it there. Only one that
 * looks at what is behind the batch can, unless it is the first dimension and alone. */
static int place_batch(struct onnx_node *node, const struct onnx_operator *op,
                       struct error *err)
{
    const struct onnx_value *first = NULL;
    int tensors = count_tensors(node, &first);

    if (tensors == 0 || onnx_batch_is_plain(&first->batch) ||
        (op->scope != ONNX_ON_ELEMENTS && op->scope != ONNX_ON_ROWS))
        return 0;
    node->batch = first->batch;
    if (op->scope == ONNX_ON_ROWS)
        return check_rows(node, tensors, count_behind(node, first), err);
    return first->batch.axis == 0
               ? 0
               : check_elements(node, count_behind(node, first), err);
}

int onnx_read_node(const struct onnx_node *given, struct error *err)
{
    const struct onnx_operator *op = onnx_operator_find(given->proto->op_type);
    struct onnx_node node = *given;

    if (check_attributes(&node, op, err) < 0)
        return -1;
    if (node.proto->n_input > op->inputs_max)
        return onnx_node_error(&node, err,
                               "it has %zu inputs; at most %zu are possible",
                               node.proto->n_input, op->inputs_max);
    if (place_batch(&node, op, err) < 0)
        return -1;
    return op->read(&node, err);
}
