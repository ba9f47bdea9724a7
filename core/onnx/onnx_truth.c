#include "core/onnx/onnx_truth.h"

#include "core/onnx/onnx_binary.h"

#include <string.h>

/* Nodes that give a condition, and those that hand on what one of their inputs is. */
static const struct truth {
    const char *op;
    int handed_on; /* number of the input; -1: a condition whatever they are */
} truths[] = {
    {"And", -1},         {"Equal", -1},   {"Greater", -1}, {"GreaterOrEqual", -1},
    {"Less", -1},        {"Not", -1},     {"Or", -1},      {"Xor", -1},
    {"LessOrEqual", -1}, {"Concat", 0},   {"Expand", 0},   {"Flatten", 0},
    {"Gather", 0},       {"Identity", 0}, {"Reshape", 0},  {"Slice", 0},
    {"Split", 0},        {"Squeeze", 0},  {"Tile", 0},     {"Transpose", 0},
    {"Unsqueeze", 0},    {"Where", 1},
};

static const struct truth *truth_of(const Onnx__NodeProto *node)
{
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++)
        if (strcmp(truths[i].op, node->op_type) == 0)
            return &truths[i];
    return NULL;
}

static bool casts_to_bool(const Onnx__NodeProto *node)
{
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->name && strcmp(node->attribute[i]->name, "to") == 0)
            return node->attribute[i]->i == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
    return false;
}

bool onnx_truth_is(const struct onnx_node *node, int input)
{
    const char *name = node->proto->input[input];
    const Onnx__NodeProto *from;
    const struct onnx_value *value;
    const struct truth *truth;

    for (;;) {
        value = onnx_graph_find(node->graph, name);
        if (!value || value->producer < 0)
            return false;
        from = node->graph->proto->node[value->producer];
        if (strcmp(from->op_type, "Cast") == 0)
            return casts_to_bool(from);
        truth = truth_of(from);
        if (!truth || truth->handed_on < 0)
            return truth;
        if ((size_t)truth->handed_on >= from->n_input)
            return false;
        name = from->input[truth->handed_on];
    }
}

int onnx_truth_give(const struct onnx_node *node, const struct onnx_source *source,
                    bool unless_zero, struct error *err)
{
    static const struct onnx_shape one = {.rank = 0};
    const struct onnx_source zero = {
        .constant =
            onnx_graph_keep(node->graph, onnx_constant_create("0", false, &one)),
        .tensor = -1};

    return onnx_binary_give(node, unless_zero ? BINARY_UNEQUAL : BINARY_EQUAL, source,
                            &zero, err)
               ? 0
               : -1;
}
