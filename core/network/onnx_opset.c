#include "core/network/onnx_opset.h"

#include "core/base/memory.h"
#include "core/network/onnx_error.h"
#include "core/network/onnx_operators.h"

#include <stdlib.h>
#include <string.h>

/* Operators that are written in another way, or mean something else, since an opset. All others of
 * those that calq reads are the same from opset 7 to 21, but for what is new. */
static const struct change {
    const char *operator;
    int since;
    const char
        *list; /* attribute that has become input number 1; NULL: more is different */
} changes[] = {
    {"BatchNormalization", 9, NULL},
    {"Clip", 11, NULL},
    {"Dropout", 12, NULL},
    {"LogSoftmax", 13, NULL},
    {"Pad", 11, NULL},
    {"ReduceMean", 18, "axes"},
    {"Slice", 10, NULL},
    {"Softmax", 13, NULL},
    {"Squeeze", 13, "axes"},
    {"Unsqueeze", 13, "axes"},
};

static Onnx__OperatorSetIdProto *opset_of(const Onnx__ModelProto *model)
{
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const char *domain = model->opset_import[i]->domain;

        if (!domain || !*domain || strcmp(domain, "ai.onnx") == 0)
            return model->opset_import[i];
    }
    return NULL;
}

/* The change that a node meets between two opsets, or NULL. */
static const struct change *change_of(const Onnx__NodeProto *node, int64_t from, int to)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        if (strcmp(changes[i].operator, node->op_type) == 0 &&
            from < changes[i].since && to >= changes[i].since)
            return &changes[i];
    return NULL;
}

/* A list of integers becomes an input. */
static void move_list(struct onnx_edit *edit, Onnx__NodeProto *node, const char *list)
{
    for (size_t i = 0; i < node->n_attribute; i++) {
        const Onnx__AttributeProto *attribute = node->attribute[i];
        int64_t count = (int64_t)attribute->n_ints;
        char *name;

        if (!attribute->name || strcmp(attribute->name, list) != 0)
            continue;
        name = onnx_edit_fresh_name(edit, node->output[0], "_axes");
        onnx_edit_add_tensor(edit, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, &count,
                             1, attribute->ints,
                             (size_t)count * sizeof *attribute->ints);
        onnx_edit_set_input(node, 1, name);
        onnx_edit_drop_attribute(node, list);
        free(name);
        return;
    }
}

static int raise_node(struct onnx_edit *edit, const char *path, Onnx__NodeProto *node,
                      int64_t from, int to, const char *why, struct error *err)
{
    const struct change *change;

    if (!node->op_type || !onnx_operator_find(node->op_type))
        return onnx_error(
            err, path,
            "%s needs opset %d, the file has %lld, and calq does not know "
            "the operator %s; convert the file, e.g. with "
            "onnx.version_converter",
            why, to, (long long)from, node->op_type ? node->op_type : "");
    change = change_of(node, from, to);
    if (change && !change->list)
        return onnx_error(
            err, path,
            "%s needs opset %d, the file has %lld, and %s has changed in "
            "opset %d; convert the file, e.g. with onnx.version_converter",
            why, to, (long long)from, node->op_type, change->since);
    if (change)
        move_list(edit, node, change->list);
    return 0;
}

int onnx_opset_raise(struct onnx_edit *edit, const char *path, int wanted,
                     const char *why, struct error *err)
{
    enum { IR_OF_21 = 10 };
    const Onnx__GraphProto *graph = edit->model->graph;
    Onnx__OperatorSetIdProto *opset = opset_of(edit->model);

    if (!opset)
        return onnx_error(err, path, "the file does not say which opset it uses");
    if (opset->version >= wanted)
        return 0;
    for (size_t i = 0; i < graph->n_node; i++)
        if (raise_node(edit, path, graph->node[i], opset->version, wanted, why, err) <
            0)
            return -1;
    opset->version = wanted;
    if (wanted == 21 && edit->model->ir_version < IR_OF_21)
        edit->model->ir_version = IR_OF_21;
    return 0;
}
