#include "core/onnx/onnx_decision.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_error.h"
#include "core/onnx/onnx_order.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 4096, NAME_SHOWN_BYTES = 100 };

/* Everything that is put into a message is allocated with malloc, as protobuf-c does it, and freed
 * with the message. */

/* ---- names -------------------------------------------------------------------------------- */

/* A text may be missing in a damaged file; whoever reads on refuses that. */
static const char *text_of(const char *text)
{
    return text ? text : "";
}

static bool is_named(const char *name, const char *text)
{
    return strcmp(text_of(name), text) == 0;
}

/* The names of a graph, without those in graphs that its nodes hold. */
struct names {
    const char **list; /* [count] sorted; owned */
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list_names(const Onnx__GraphProto *graph, struct names *names)
{
    size_t most = graph->n_input + graph->n_initializer + 1;

    for (size_t i = 0; i < graph->n_node; i++)
        most += graph->node[i]->n_output;
    *names = (struct names){.list = memory_get(most * sizeof *names->list)};
    for (size_t i = 0; i < graph->n_input; i++)
        names->list[names->count++] = text_of(graph->input[i]->name);
    for (size_t i = 0; i < graph->n_initializer; i++)
        names->list[names->count++] = text_of(graph->initializer[i]->name);
    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t k = 0; k < graph->node[i]->n_output; k++)
            names->list[names->count++] = graph->node[i]->output[k];
    qsort(names->list, names->count, sizeof *names->list, by_name);
}

static bool has_name(const struct names *names, const char *name)
{
    return bsearch(&name, names->list, names->count, sizeof *names->list, by_name);
}

static void set_text(char **place, const char *text)
{
    char *old = *place;

    *place = memory_text(text);
    if (old != (char *)protobuf_c_empty_string)
        free(old);
}

static void rename_in_list(char **list, size_t count, const char *from, const char *to)
{
    for (size_t i = 0; i < count; i++)
        if (is_named(list[i], from))
            set_text(&list[i], to);
}

/* In a graph and in all that its nodes hold: at most ONNX_DEPTH_MAX messages are inside one another. */
static void rename_value(Onnx__GraphProto *graph, const char *from, const char *to)
{
    for (size_t i = 0; i < graph->n_initializer; i++)
        rename_in_list(&graph->initializer[i]->name, 1, from, to);
    for (size_t i = 0; i < graph->n_output; i++)
        rename_in_list(&graph->output[i]->name, 1, from, to);
    for (size_t i = 0; i < graph->n_node; i++) {
        Onnx__NodeProto *node = graph->node[i];

        rename_in_list(node->input, node->n_input, from, to);
        rename_in_list(node->output, node->n_output, from, to);
        for (size_t k = 0; k < node->n_attribute; k++)
            if (node->attribute[k]->g)
                rename_value(node->attribute[k]->g, from, to);
    }
}

/* What both a branch and the graph around it name is named anew in the branch: "NAME of THE_IF". */
static void separate(const struct names *outer, Onnx__GraphProto *branch,
                     const char *decided)
{
    struct names own;
    char name[NAME_BYTES];

    list_names(branch, &own);
    for (size_t i = 0; i < own.count; i++) {
        char *from = memory_text(own.list[i]);

        snprintf(name, sizeof name, "%s of %s", from, decided);
        own.list[i] = from;
        if (*from && has_name(outer, from))
            rename_value(branch, from, name);
    }
    for (size_t i = 0; i < own.count; i++)
        free((char *)own.list[i]);
    free(own.list);
}

/* ---- nodes -------------------------------------------------------------------------------- */

/* Nodes that take the place of one. */
struct nodes {
    Onnx__NodeProto **list; /* [count] owned, and each one */
    size_t count;
};

static void add_node(struct nodes *nodes, const char *op, const char *const *inputs,
                     size_t input_count, const char *output)
{
    Onnx__NodeProto *node = memory_get(sizeof *node);

    onnx__node_proto__init(node);
    node->op_type = memory_text(op);
    node->n_input = input_count;
    node->input = memory_get(input_count * sizeof *node->input);
    for (size_t i = 0; i < input_count; i++)
        node->input[i] = memory_text(inputs[i]);
    node->n_output = 1;
    node->output = memory_get(sizeof *node->output);
    node->output[0] = memory_text(output);
    nodes->list = memory_resize(nodes->list, (nodes->count + 1) * sizeof node);
    nodes->list[nodes->count++] = node;
}

/* The branch's nodes and initialisers leave it. */
static void take_out(Onnx__GraphProto *branch, Onnx__GraphProto *graph,
                     struct nodes *nodes)
{
    nodes->list = memory_resize(nodes->list, (nodes->count + branch->n_node + 1) *
                                                 sizeof *nodes->list);
    for (size_t i = 0; i < branch->n_node; i++)
        nodes->list[nodes->count++] = branch->node[i];
    branch->n_node = 0;
    graph->initializer = memory_resize(
        graph->initializer, (graph->n_initializer + branch->n_initializer + 1) *
                                sizeof *graph->initializer);
    for (size_t i = 0; i < branch->n_initializer; i++)
        graph->initializer[graph->n_initializer++] = branch->initializer[i];
    branch->n_initializer = 0;
}

static void replace(Onnx__GraphProto *graph, size_t index, struct nodes *nodes)
{
    size_t behind = graph->n_node - index - 1;

    onnx__node_proto__free_unpacked(graph->node[index], NULL);
    graph->node = memory_resize(graph->node,
                                (graph->n_node + nodes->count) * sizeof *graph->node);
    memmove(graph->node + index + nodes->count, graph->node + index + 1,
            behind * sizeof *graph->node);
    memcpy(graph->node + index, nodes->list, nodes->count * sizeof *graph->node);
    graph->n_node += nodes->count - 1;
    free(nodes->list);
}

/* ---- If ----------------------------------------------------------------------------------- */

static bool find_if(const Onnx__GraphProto *graph, const char *name, size_t *index)
{
    for (*index = 0; *index < graph->n_node; ++*index) {
        const Onnx__NodeProto *node = graph->node[*index];

        for (size_t i = 0; is_named(node->op_type, "If") && i < node->n_output; i++)
            if (is_named(node->output[i], name))
                return true;
    }
    return false;
}

static int find_branch(const char *path, const Onnx__NodeProto *node, const char *what,
                       Onnx__GraphProto **branch, struct error *err)
{
    *branch = NULL;
    for (size_t i = 0; i < node->n_attribute; i++)
        if (is_named(node->attribute[i]->name, what))
            *branch = node->attribute[i]->g;
    if (*branch && (*branch)->n_output >= node->n_output &&
        (*branch)->n_sparse_initializer == 0)
        return 0;
    return onnx_error(
        err, path,
        "node \"%.*s\" (If): its %s is missing, or does not give what the "
        "node gives",
        NAME_SHOWN_BYTES, node->output[0], what);
}

/* What the branch gives gets the names of what the node gives, with `behind` them. */
static void give_outputs(const Onnx__NodeProto *node, const Onnx__GraphProto *branch,
                         const char *behind, struct nodes *nodes)
{
    char name[NAME_BYTES];

    for (size_t i = 0; i < node->n_output; i++) {
        const char *from = text_of(branch->output[i]->name);

        snprintf(name, sizeof name, "%s%s", node->output[i], behind);
        if (*node->output[i])
            add_node(nodes, "Identity", &from, 1, name);
    }
}

static void choose(const Onnx__NodeProto *node, struct nodes *nodes)
{
    char then_name[NAME_BYTES], else_name[NAME_BYTES];

    for (size_t i = 0; i < node->n_output; i++) {
        const char *const inputs[] = {node->input[0], then_name, else_name};

        snprintf(then_name, sizeof then_name, "%s then", node->output[i]);
        snprintf(else_name, sizeof else_name, "%s else", node->output[i]);
        if (*node->output[i])
            add_node(nodes, "Where", inputs, 3, node->output[i]);
    }
}

static const struct branches {
    const char *name,
        *behind; /* of the attribute; of what it gives beside the other one */
    enum network_decided alone;
} branches[] = {
    {"then_branch", " then", DECIDED_THEN},
    {"else_branch", " else", DECIDED_ELSE},
};

/* The second branch, too, where both are taken. */
static void separate_all(const Onnx__GraphProto *graph,
                         Onnx__GraphProto *const taken[2],
                         const struct network_decision *decision)
{
    char name[NAME_BYTES];
    struct names outer;

    if (decision->what == DECIDED_BOTH) {
        snprintf(name, sizeof name, "%s%s", decision->name, branches[1].behind);
        list_names(taken[0], &outer);
        separate(&outer, taken[1], name);
        free(outer.list);
    }
    list_names(graph, &outer);
    for (int i = 0; i < 2; i++)
        separate(&outer, taken[i], decision->name);
    free(outer.list);
}

static int take_branches(const char *path, Onnx__GraphProto *graph, size_t index,
                         const struct network_decision *decision, struct error *err)
{
    const Onnx__NodeProto *node = graph->node[index];
    bool both = decision->what == DECIDED_BOTH;
    struct nodes nodes = {NULL, 0};
    Onnx__GraphProto *taken[2];

    for (int i = 0; i < 2; i++)
        if (find_branch(path, node, branches[i].name, &taken[i], err) < 0)
            return -1;
    separate_all(graph, taken, decision);
    for (int i = 0; i < 2; i++) {
        if (!both && decision->what != branches[i].alone)
            continue;
        take_out(taken[i], graph, &nodes);
        give_outputs(node, taken[i], both ? branches[i].behind : "", &nodes);
    }
    if (both)
        choose(node, &nodes);
    replace(graph, index, &nodes);
    onnx_order_nodes(graph);
    return 0;
}

/* ---- numbers ------------------------------------------------------------------------------ */

const Onnx__ValueInfoProto *onnx_decision_number(const Onnx__GraphProto *graph,
                                                 const char *name, size_t name_bytes)
{
    for (size_t i = 0; i < graph->n_input; i++) {
        const Onnx__ValueInfoProto *input = graph->input[i];
        const Onnx__TypeProto *type = input->type;

        if (input->name && strlen(input->name) == name_bytes &&
            memcmp(input->name, name, name_bytes) == 0 && type &&
            type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE &&
            (type->tensor_type->elem_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT32 ||
             type->tensor_type->elem_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64) &&
            type->tensor_type->shape && type->tensor_type->shape->n_dim == 0)
            return input;
    }
    return NULL;
}

static Onnx__TensorProto *number_tensor(const Onnx__ValueInfoProto *input,
                                        int64_t number)
{
    Onnx__TensorProto *tensor = memory_get(sizeof *tensor);

    onnx__tensor_proto__init(tensor);
    tensor->name = memory_text(input->name);
    tensor->has_data_type = true;
    tensor->data_type = input->type->tensor_type->elem_type;
    if (tensor->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64) {
        tensor->n_int64_data = 1;
        tensor->int64_data = memory_get(sizeof *tensor->int64_data);
        tensor->int64_data[0] = number;
    } else {
        tensor->n_int32_data = 1;
        tensor->int32_data = memory_get(sizeof *tensor->int32_data);
        tensor->int32_data[0] = (int32_t)number;
    }
    return tensor;
}

/* The input gets a default, which is its value: an exported file that keeps it as an input need not be given it. */
static int fix_number(const char *path, Onnx__GraphProto *graph,
                      const struct network_decision *decision, struct error *err)
{
    const Onnx__ValueInfoProto *input =
        onnx_decision_number(graph, decision->name, strlen(decision->name));
    size_t count = graph->n_initializer;

    if (!input)
        return onnx_error(err, path, "no input \"%.*s\" is one whole number",
                          NAME_SHOWN_BYTES, decision->name);
    for (size_t i = 0; i < count; i++)
        if (is_named(graph->initializer[i]->name, decision->name))
            return 0; /* an exported file has it already */
    graph->initializer =
        memory_resize(graph->initializer, (count + 1) * sizeof *graph->initializer);
    graph->initializer[graph->n_initializer++] = number_tensor(input, decision->number);
    return 0;
}

int onnx_decision_apply(const char *path, Onnx__ModelProto *model,
                        const struct network_decision *decision, struct error *err)
{
    size_t index;

    if (decision->what == DECIDED_NUMBER)
        return fix_number(path, model->graph, decision, err);
    if (!find_if(model->graph, decision->name, &index))
        return onnx_error(err, path, "no If gives \"%.*s\"", NAME_SHOWN_BYTES,
                          decision->name);
    return take_branches(path, model->graph, index, decision, err);
}
