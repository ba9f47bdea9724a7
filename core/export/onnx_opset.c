#include "core/export/onnx_opset.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_operators.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- attributes that became inputs --------------------------------------------------------- */

static const Onnx__AttributeProto *find(const Onnx__NodeProto *node, const char *name)
{
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->name && strcmp(node->attribute[i]->name, name) == 0)
            return node->attribute[i];
    return NULL;
}

/* A name for the input that an attribute of a node becomes; the caller's. */
static char *name_input(const struct onnx_edit *edit, const Onnx__NodeProto *node,
                        const char *attribute)
{
    char suffix[16];

    snprintf(suffix, sizeof suffix, "_%s", attribute);
    return onnx_edit_fresh_name(edit, node->output[0], suffix);
}

/* A list of integers becomes input number `input`; it may be left out. */
static void move_list(struct onnx_edit *edit, Onnx__NodeProto *node, const char *list,
                      size_t input)
{
    const Onnx__AttributeProto *attribute = find(node, list);
    int64_t count = attribute ? (int64_t)attribute->n_ints : 0;
    char *name;

    if (!attribute)
        return;
    name = name_input(edit, node, list);
    onnx_edit_add_tensor(edit, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, &count, 1,
                         attribute->ints, (size_t)count * sizeof *attribute->ints);
    onnx_edit_set_input(node, input, name);
    onnx_edit_drop_attribute(node, list);
    free(name);
}

/* The same of a number. */
static void move_real(struct onnx_edit *edit, Onnx__NodeProto *node, const char *real,
                      size_t input)
{
    const Onnx__AttributeProto *attribute = find(node, real);
    char *name;

    if (!attribute)
        return;
    name = name_input(edit, node, real);
    onnx_edit_add_floats(edit, name, NULL, 0, &attribute->f);
    onnx_edit_set_input(node, input, name);
    onnx_edit_drop_attribute(node, real);
    free(name);
}

static void raise_axes(struct onnx_edit *edit, Onnx__NodeProto *node)
{
    move_list(edit, node, "axes", 1);
}

/* An attribute for training is gone; more outputs than the first were those of training. */
static void raise_batchnorm(struct onnx_edit *edit, Onnx__NodeProto *node)
{
    (void)edit;
    onnx_edit_drop_attribute(node, "spatial");
    while (node->n_output > 1)
        free(node->output[--node->n_output]);
}

static void raise_clip(struct onnx_edit *edit, Onnx__NodeProto *node)
{
    move_real(edit, node, "min", 1);
    move_real(edit, node, "max", 2);
}

static void raise_dropout(struct onnx_edit *edit, Onnx__NodeProto *node)
{
    (void)edit;
    onnx_edit_drop_attribute(node, "ratio");
}

static void raise_pad(struct onnx_edit *edit, Onnx__NodeProto *node)
{
    move_list(edit, node, "pads", 1);
    move_real(edit, node, "value", 2);
}

/* Its axis was 1 where it is absent. Over several, which it no longer knows, it is refused before. */
static void raise_softmax(struct onnx_edit *edit, Onnx__NodeProto *node)
{
    (void)edit;
    if (!find(node, "axis"))
        onnx_edit_set_integer(node, "axis", 1);
}

static void raise_slice(struct onnx_edit *edit, Onnx__NodeProto *node)
{
    move_list(edit, node, "starts", 1);
    move_list(edit, node, "ends", 2);
    move_list(edit, node, "axes", 3);
}

static void raise_split(struct onnx_edit *edit, Onnx__NodeProto *node)
{
    move_list(edit, node, "split", 1);
}

/* Equal parts are asked for by their number. */
static void raise_equal_split(struct onnx_edit *edit, Onnx__NodeProto *node)
{
    raise_split(edit, node);
    if (node->n_input < 2 || !*node->input[1])
        onnx_edit_set_integer(node, "num_outputs", (int64_t)node->n_output);
}

/* ---- opsets -------------------------------------------------------------------------------- */

/* Operators that are written in another way since an opset. All others of those that calq reads are the
 * same from opset 7 to 26, as calq reads them: batch norms of inference. */
static const struct change {
    const char *op;
    int since;
    void (*raise)(struct onnx_edit *edit, Onnx__NodeProto *node);
} changes[] = {
    {"BatchNormalization", 14, raise_batchnorm},
    {"BatchNormalization", 9, raise_batchnorm},
    {"Clip", 11, raise_clip},
    {"Dropout", 12, raise_dropout},
    {"LogSoftmax", 13, raise_softmax},
    {"Pad", 11, raise_pad},
    {"ReduceL1", 18, raise_axes},
    {"ReduceL2", 18, raise_axes},
    {"ReduceLogSum", 18, raise_axes},
    {"ReduceLogSumExp", 18, raise_axes},
    {"ReduceMax", 18, raise_axes},
    {"ReduceMean", 18, raise_axes},
    {"ReduceMin", 18, raise_axes},
    {"ReduceProd", 18, raise_axes},
    {"ReduceSum", 13, raise_axes},
    {"ReduceSumSquare", 18, raise_axes},
    {"Slice", 10, raise_slice},
    {"Split", 18, raise_equal_split},
    {"Split", 13, raise_split},
    {"Softmax", 13, raise_softmax},
    {"Squeeze", 13, raise_axes},
    {"Unsqueeze", 13, raise_axes},
};

static Onnx__OperatorSetIdProto *opset_of(const Onnx__ModelProto *model)
{
    for (size_t i = 0; i < model->n_opset_import; i++)
        if (onnx_domain_is_default(model->opset_import[i]->domain))
            return model->opset_import[i];
    return NULL;
}

int64_t onnx_opset(const Onnx__ModelProto *model)
{
    const Onnx__OperatorSetIdProto *opset = opset_of(model);

    return opset ? opset->version : 0;
}

/* The change that a node meets between two opsets, or NULL. */
static const struct change *change_of(const Onnx__NodeProto *node, int64_t from, int to)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        if (strcmp(changes[i].op, node->op_type) == 0 && from < changes[i].since &&
            to >= changes[i].since)
            return &changes[i];
    return NULL;
}

static bool makes(const Onnx__NodeProto *node, const char *name)
{
    for (size_t i = 0; i < node->n_output; i++)
        if (*name && strcmp(node->output[i], name) == 0)
            return true;
    return false;
}

static bool reads_removed(const struct onnx_edit *edit, size_t index)
{
    const Onnx__GraphProto *graph = edit->model->graph;
    const Onnx__NodeProto *node = graph->node[index];

    for (size_t before = 0; before < index; before++)
        for (size_t i = 0; edit->is_removed[before] && i < node->n_input; i++)
            if (makes(graph->node[before], node->input[i]))
                return true;
    return false;
}

/* Operators that calq does not know, and what reads them: nothing that the network needs. */
static void raise_node(struct onnx_edit *edit, size_t index, int64_t from, int to)
{
    Onnx__NodeProto *node = edit->model->graph->node[index];
    const struct change *change;

    if (!node->op_type || !onnx_operator_find(node->op_type) ||
        reads_removed(edit, index)) {
        edit->is_removed[index] = true;
        return;
    }
    change = change_of(node, from, to);
    if (change && node->n_output > 0)
        change->raise(edit, node);
}

static bool is_initialiser(const Onnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; name && i < graph->n_initializer; i++)
        if (graph->initializer[i]->name &&
            strcmp(graph->initializer[i]->name, name) == 0)
            return true;
    return false;
}

/* Before IR version 4 all initialisers had to be inputs as well; since then such an input says that the
 * constant is none. */
static void raise_ir_version(Onnx__ModelProto *model, int wanted)
{
    enum { IR_OF_CONSTANTS = 4, IR_OF_21 = 10, IR_OF_25 = 13 };
    Onnx__GraphProto *graph = model->graph;
    size_t kept = 0;

    for (size_t i = 0; model->ir_version < IR_OF_CONSTANTS && i < graph->n_input; i++)
        if (is_initialiser(graph, graph->input[i]->name))
            onnx__value_info_proto__free_unpacked(graph->input[i], NULL);
        else
            graph->input[kept++] = graph->input[i];
    if (model->ir_version < IR_OF_CONSTANTS) {
        graph->n_input = kept;
        model->ir_version = IR_OF_CONSTANTS;
    }
    if (wanted >= 21 && model->ir_version < IR_OF_21)
        model->ir_version = IR_OF_21;
    if (wanted >= 25 && model->ir_version < IR_OF_25)
        model->ir_version = IR_OF_25;
}

void onnx_opset_raise(struct onnx_edit *edit, int wanted)
{
    Onnx__OperatorSetIdProto *opset = opset_of(edit->model);

    if (opset->version >= wanted)
        return;
    for (size_t i = 0; i < edit->model->graph->n_node; i++)
        raise_node(edit, i, opset->version, wanted);
    opset->version = wanted;
    raise_ir_version(edit->model, wanted);
}
