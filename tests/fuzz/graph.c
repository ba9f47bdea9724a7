#include "tests/fuzz/graph.h"

#include "core/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void give_up(const char *what, const char *where)
{
    printf("the interpreter: %s %s\n", what, where ? where : "");
    exit(2);
}

/* ---- numbers -------------------------------------------------------------------------------- */

/* How wide a number of raw data is, in bits. */
static size_t width_of(int type)
{
    switch (type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT8:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT8:
    case ONNX__TENSOR_PROTO__DATA_TYPE__BOOL:
        return 8;
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT16:
        return 16;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
        return 64;
    case 21: /* uint4 and int4, which the schema may not know yet */
    case 22:
        return 4;
    default:
        return 32;
    }
}

static bool is_signed(int type)
{
    return type == ONNX__TENSOR_PROTO__DATA_TYPE__INT8 ||
           type == ONNX__TENSOR_PROTO__DATA_TYPE__INT16 ||
           type == ONNX__TENSOR_PROTO__DATA_TYPE__INT32 ||
           type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64 || type == 22;
}

static double whole_number(uint64_t bits, size_t width, bool has_sign)
{
    if (has_sign && width < 64 && bits >> (width - 1))
        return (double)((int64_t)bits - ((int64_t)1 << width));
    return has_sign ? (double)(int64_t)bits : (double)bits;
}

static double raw_number(const uint8_t *bytes, size_t size, size_t index, int type)
{
    size_t width = width_of(type);
    uint64_t bits = 0;
    double real;
    float single;

    if ((index + 1) * width > size * 8)
        give_up("too few bytes in a tensor", NULL);
    if (width == 4)
        bits = bytes[index / 2] >> (index % 2 ? 4 : 0) & 15;
    else
        memcpy(&bits, bytes + index * (width / 8), width / 8);
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT) {
        memcpy(&single, &bits, sizeof single);
        return single;
    }
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE) {
        memcpy(&real, &bits, sizeof real);
        return real;
    }
    return whole_number(bits, width, is_signed(type));
}

struct array *array_of_tensor(const Onnx__TensorProto *tensor)
{
    struct array *array =
        array_create(tensor->data_type, (int)tensor->n_dims, tensor->dims);

    for (size_t i = 0; i < array->count; i++) {
        if (tensor->has_raw_data)
            array->values[i] = raw_number(tensor->raw_data.data, tensor->raw_data.len,
                                          i, tensor->data_type);
        else if (tensor->n_float_data)
            array->values[i] = tensor->float_data[i];
        else if (tensor->n_double_data)
            array->values[i] = tensor->double_data[i];
        else if (tensor->n_int64_data)
            array->values[i] = (double)tensor->int64_data[i];
        else if (width_of(tensor->data_type) == 4)
            array->values[i] = whole_number(
                (uint64_t)tensor->int32_data[i / 2] >> (i % 2 ? 4 : 0) & 15, 4,
                is_signed(tensor->data_type));
        else
            array->values[i] = tensor->int32_data[i];
    }
    return array;
}

/* ---- attributes ----------------------------------------------------------------------------- */

const Onnx__AttributeProto *node_attribute(const struct node *node, const char *name)
{
    for (size_t i = 0; i < node->proto->n_attribute; i++)
        if (strcmp(node->proto->attribute[i]->name, name) == 0)
            return node->proto->attribute[i];
    return NULL;
}

int64_t node_integer(const struct node *node, const char *name, int64_t absent)
{
    const Onnx__AttributeProto *attribute = node_attribute(node, name);

    return attribute ? attribute->i : absent;
}

double node_real(const struct node *node, const char *name, double absent)
{
    const Onnx__AttributeProto *attribute = node_attribute(node, name);

    return attribute ? (double)attribute->f : absent;
}

bool node_recurs(const struct node *node)
{
    return strcmp(node->op, "LSTM") == 0 || strcmp(node->op, "GRU") == 0 ||
           strcmp(node->op, "RNN") == 0;
}

/* ---- the graph ------------------------------------------------------------------------------ */

int graph_find(const struct graph *graph, const char *name)
{
    for (int i = 0; i < graph->value_count; i++)
        if (strcmp(graph->values[i].name, name) == 0)
            return i;
    return -1;
}

static int add_value(struct graph *graph, const char *name, int producer)
{
    graph->values[graph->value_count] =
        (struct value){.name = name, .producer = producer};
    return graph->value_count++;
}

static uint8_t *read_bytes(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes;

    if (!file)
        give_up("cannot open", path);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    bytes = memory_get(*size + 1);
    if (fread(bytes, 1, *size, file) != *size)
        give_up("cannot read", path);
    fclose(file);
    return bytes;
}

static void add_node(struct graph *graph, const Onnx__NodeProto *proto, int which,
                     int twin)
{
    struct node *node = &graph->nodes[graph->node_count];

    *node = (struct node){.proto = proto,
                          .op = proto->op_type,
                          .name = proto->name ? proto->name : "",
                          .input_count = (int)proto->n_input,
                          .which = which,
                          .twin = twin};
    if (proto->n_input > NODE_INPUTS_MAX)
        give_up("too many inputs of", node->op);
    for (int i = 0; i < node->input_count; i++) {
        node->inputs[i] = *proto->input[i] ? graph_find(graph, proto->input[i]) : -1;
        if (*proto->input[i] && node->inputs[i] < 0)
            give_up("nothing makes", proto->input[i]);
    }
    node->output = add_value(graph, proto->output[which], graph->node_count++);
}

/* A node for each output that may be read of what steps through sequences; else for the first. */
static void add_nodes(struct graph *graph, const Onnx__NodeProto *proto)
{
    const struct node as = {.op = proto->op_type};
    size_t count = node_recurs(&as) ? proto->n_output : 1;
    int twin = -1;

    for (size_t which = 0; which < count; which++) {
        if (count > 1 && !*proto->output[which])
            continue;
        add_node(graph, proto, (int)which, twin);
        twin = graph->node_count - 1;
    }
}

/* The loss is made of what goes into a softmax at the end. */
static void find_output(struct graph *graph)
{
    const struct node *last;

    graph->output = graph_find(graph, graph->model->graph->output[0]->name);
    if (graph->output < 0 || graph->values[graph->output].producer < 0)
        give_up("nothing makes the output", NULL);
    last = &graph->nodes[graph->values[graph->output].producer];
    graph->is_log = strcmp(last->op, "LogSoftmax") == 0;
    graph->has_softmax = graph->is_log || strcmp(last->op, "Softmax") == 0;
    if (graph->has_softmax)
        graph->output = last->inputs[0];
}

void graph_read(struct graph *graph, const char *path)
{
    const Onnx__GraphProto *proto;
    size_t size, most;
    uint8_t *bytes = read_bytes(path, &size);

    *graph = (struct graph){.model = onnx__model_proto__unpack(NULL, size, bytes)};
    free(bytes);
    if (!graph->model)
        give_up("no ONNX file:", path);
    proto = graph->model->graph;
    for (size_t i = 0; i < graph->model->n_opset_import; i++)
        if (!graph->model->opset_import[i]->domain ||
            !*graph->model->opset_import[i]->domain)
            graph->opset = graph->model->opset_import[i]->version;
    most = proto->n_input + proto->n_initializer + 3 * proto->n_node;
    graph->values = memory_zeroed(most, sizeof *graph->values);
    graph->nodes = memory_zeroed(3 * proto->n_node, sizeof *graph->nodes);
    for (size_t i = 0; i < proto->n_initializer; i++) {
        int value = add_value(graph, proto->initializer[i]->name, -1);

        graph->values[value].constant = array_of_tensor(proto->initializer[i]);
    }
    for (size_t i = 0; i < proto->n_input; i++)
        if (graph_find(graph, proto->input[i]->name) < 0)
            graph->input = add_value(graph, proto->input[i]->name, -1);
    for (size_t i = 0; i < proto->n_node; i++)
        add_nodes(graph, proto->node[i]);
    find_output(graph);
}

void graph_clear(struct graph *graph)
{
    for (int i = 0; i < graph->value_count; i++)
        array_destroy(graph->values[i].constant);
    free(graph->values);
    free(graph->nodes);
    onnx__model_proto__free_unpacked(graph->model, NULL);
}

int graph_readers(const struct graph *graph, int value, int *reader)
{
    int count = value == graph->output;

    *reader = -1;
    for (int i = 0; i < graph->node_count; i++)
        for (int k = 0; k < graph->nodes[i].input_count; k++)
            if (graph->nodes[i].inputs[k] == value && graph->nodes[i].twin < 0 &&
                strcmp(graph->nodes[i].op, "Shape") != 0) {
                *reader = i;
                count++;
            }
    return count;
}
