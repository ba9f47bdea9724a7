#include "tests/support/onnx_builder.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_read.h"
#include "core/rewrite/fuse.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Appends to a repeated field of a message. */
#define APPEND(message, field, item)                                                   \
    do {                                                                               \
        size_t so_far = (message)->n_##field++;                                        \
                                                                                       \
        if ((so_far & (so_far - 1)) == 0) /* room for twice as many */                 \
            (message)->field =                                                         \
                memory_resize((message)->field,                                        \
                              (so_far ? 2 * so_far : 1) * sizeof *(message)->field);   \
        (message)->field[so_far] = (item);                                             \
    } while (0)

static void give_up(const char *problem, const char *where)
{
    fprintf(stderr, "onnx_builder: %s: %s\n", problem, where ? where : "the line ends");
    abort();
}

/* The next word of the line, which must be there. */
static char *word(char **line)
{
    char *found = strtok_r(NULL, " ", line);

    if (!found)
        give_up("a word is missing", NULL);
    return found;
}

static Onnx__TensorShapeProto__Dimension *dimension(const char *text)
{
    Onnx__TensorShapeProto__Dimension *dim = memory_get(sizeof *dim);

    onnx__tensor_shape_proto__dimension__init(dim);
    if (isalpha((unsigned char)*text)) {
        dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
        dim->dim_param = memory_text(text);
    } else {
        dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dim->dim_value = strtoll(text, NULL, 10);
    }
    return dim;
}

static const struct {
    const char *name;
    int32_t type;
} types[] = {{"float", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT},
             {"int32", ONNX__TENSOR_PROTO__DATA_TYPE__INT32},
             {"int64", ONNX__TENSOR_PROTO__DATA_TYPE__INT64},
             {"bool", ONNX__TENSOR_PROTO__DATA_TYPE__BOOL}};

/* NULL is float. */
static int32_t type_of(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!name || strcmp(types[i].name, name) == 0)
            return types[i].type;
    give_up("unknown type", name);
    return 0;
}

static Onnx__ValueInfoProto *value_info(const char *name, char *dims, const char *type)
{
    Onnx__ValueInfoProto *value = memory_get(sizeof *value);
    char *rest = NULL;

    onnx__value_info_proto__init(value);
    value->name = memory_text(name);
    if (!dims)
        return value;
    value->type = memory_get(sizeof *value->type);
    onnx__type_proto__init(value->type);
    value->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    value->type->tensor_type = memory_get(sizeof *value->type->tensor_type);
    onnx__type_proto__tensor__init(value->type->tensor_type);
    value->type->tensor_type->has_elem_type = 1;
    value->type->tensor_type->elem_type = type_of(type);
    value->type->tensor_type->shape = memory_get(sizeof(Onnx__TensorShapeProto));
    onnx__tensor_shape_proto__init(value->type->tensor_type->shape);
    if (strcmp(dims, "-") == 0)
        return value;
    for (char *dim = strtok_r(dims, ",", &rest); dim; dim = strtok_r(NULL, ",", &rest))
        APPEND(value->type->tensor_type->shape, dim, dimension(dim));
    return value;
}

/* Sets the dims from "4,3" and returns how many elements that is. */
static size_t set_dims(Onnx__TensorProto *tensor, char *dims)
{
    size_t count = 1;
    char *rest = NULL;

    if (strcmp(dims, "-") == 0)
        return 1;
    for (char *dim = strtok_r(dims, ",", &rest); dim;
         dim = strtok_r(NULL, ",", &rest)) {
        APPEND(tensor, dims, strtoll(dim, NULL, 10));
        count *= (size_t)strtoll(dim, NULL, 10);
    }
    return count;
}

static Onnx__TensorProto *initialiser(const char *name, int32_t type, char *line)
{
    Onnx__TensorProto *tensor = memory_get(sizeof *tensor);
    char *dims = word(&line);
    const char *values = strtok_r(NULL, " ", &line) ? line : "1";
    const char *next = values;
    size_t count;

    onnx__tensor_proto__init(tensor);
    tensor->name = memory_text(name);
    tensor->has_data_type = 1;
    tensor->data_type = type;
    count = set_dims(tensor, dims);
    for (size_t i = 0; i < count; i++) {
        char *end;
        double value = strtod(next, &end);

        if (end == next)
            give_up("no number", next);
        if (type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
            APPEND(tensor, float_data, (float)value);
        else if (type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64)
            APPEND(tensor, int64_data, strtoll(next, NULL, 10));
        else
            APPEND(tensor, int32_data, (int32_t)strtol(next, NULL, 10));
        next = *end ? end : values;
    }
    return tensor;
}

static void set_bytes(ProtobufCBinaryData *bytes, const char *text)
{
    bytes->len = strlen(text);
    bytes->data = memory_copy(text, bytes->len);
}

static Onnx__TensorProto *take_initialiser(Onnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_initializer; i++) {
        Onnx__TensorProto *tensor = graph->initializer[i];

        if (strcmp(tensor->name, name) == 0) {
            graph->initializer[i] = graph->initializer[--graph->n_initializer];
            return tensor;
        }
    }
    give_up("no initialiser", name);
    return NULL;
}

static void set_texts(Onnx__AttributeProto *attribute, char *value)
{
    char *rest = NULL;

    attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS;
    for (char *next = strtok_r(value, ",", &rest); next;
         next = strtok_r(NULL, ",", &rest)) {
        ProtobufCBinaryData text;

        set_bytes(&text, next);
        APPEND(attribute, strings, text);
    }
}

static void set_list(Onnx__AttributeProto *attribute, char *value)
{
    bool has_floats = strchr(value, '.');
    char *rest = NULL;

    if (isalpha((unsigned char)*value)) {
        set_texts(attribute, value);
        return;
    }
    attribute->type = has_floats ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS
                                 : ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
    for (char *next = strtok_r(value, ",", &rest); next;
         next = strtok_r(NULL, ",", &rest)) {
        if (has_floats)
            APPEND(attribute, floats, strtof(next, NULL));
        else
            APPEND(attribute, ints, strtoll(next, NULL, 10));
    }
}

static void set_text(Onnx__AttributeProto *attribute, const char *value)
{
    attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
    attribute->has_s = 1;
    set_bytes(&attribute->s, value);
}

static void set_single(Onnx__AttributeProto *attribute, const char *value)
{
    if (strchr(value, '.')) {
        attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
        attribute->has_f = 1;
        attribute->f = strtof(value, NULL);
    } else if (isdigit((unsigned char)*value) || *value == '-') {
        attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
        attribute->has_i = 1;
        attribute->i = strtoll(value, NULL, 10);
    } else {
        set_text(attribute, value);
    }
}

static Onnx__AttributeProto *make_attribute(Onnx__GraphProto *graph, const char *name,
                                            char *value)
{
    Onnx__AttributeProto *attribute = memory_get(sizeof *attribute);

    onnx__attribute_proto__init(attribute);
    attribute->name = memory_text(name);
    attribute->has_type = 1;
    if (*value == '@') {
        attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR;
        attribute->t = take_initialiser(graph, value + 1);
    } else if (strstr(value, "->")) {
        set_text(attribute, value);
    } else if (strchr(value, ',')) {
        set_list(attribute, value);
    } else {
        set_single(attribute, value);
    }
    return attribute;
}

static void set_option(Onnx__GraphProto *graph, Onnx__NodeProto *node, char *option)
{
    char *value = strchr(option, '=');

    if (!value)
        give_up("no attribute", option);
    *value++ = '\0';
    if (strcmp(option, "name") == 0)
        node->name = memory_text(value);
    else if (strcmp(option, "domain") == 0)
        node->domain = memory_text(value);
    else
        APPEND(node, attribute, make_attribute(graph, option, value));
}

static Onnx__NodeProto *make_node(Onnx__GraphProto *graph, char *line)
{
    Onnx__NodeProto *node = memory_get(sizeof *node);
    bool behind_arrow = false;

    onnx__node_proto__init(node);
    node->op_type = memory_text(word(&line));
    for (char *next = strtok_r(NULL, " ", &line); next;
         next = strtok_r(NULL, " ", &line)) {
        const char *name = strcmp(next, ".") == 0 ? "" : next;

        if (strcmp(next, "->") == 0)
            behind_arrow = true;
        else if (strchr(next, '='))
            set_option(graph, node, next);
        else if (behind_arrow)
            APPEND(node, output, memory_text(name));
        else
            APPEND(node, input, memory_text(name));
    }
    return node;
}

static void add_input(Onnx__GraphProto *graph, const char *name, char *rest)
{
    char *dims = word(&rest);

    APPEND(graph, input, value_info(name, dims, strtok_r(NULL, " ", &rest)));
}

/* The graph that statements are for: the model's, or a branch of the last node of the one before. */
struct builder {
    Onnx__ModelProto *model;
    Onnx__GraphProto *graphs[8];
    int depth; /* of the present graph */
};

static void begin_branch(struct builder *builder, const char *name)
{
    const Onnx__GraphProto *outer = builder->graphs[builder->depth];
    Onnx__AttributeProto *attribute = memory_get(sizeof *attribute);

    if (outer->n_node == 0 || builder->depth == 7)
        give_up("no node to have a branch, or too many inside one another", name);
    onnx__attribute_proto__init(attribute);
    attribute->name = memory_text(name);
    attribute->has_type = 1;
    attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH;
    attribute->g = memory_get(sizeof *attribute->g);
    onnx__graph_proto__init(attribute->g);
    attribute->g->name = memory_text(name);
    APPEND(outer->node[outer->n_node - 1], attribute, attribute);
    builder->graphs[++builder->depth] = attribute->g;
}

static void end_branch(struct builder *builder)
{
    if (builder->depth == 0)
        give_up("no branch to end", NULL);
    builder->depth--;
}

static void statement(struct builder *builder, char *line)
{
    char *rest = NULL, *kind = strtok_r(line, " ", &rest), *name;
    Onnx__GraphProto *graph = builder->graphs[builder->depth];

    if (!kind)
        return;
    if (strcmp(kind, "end") == 0) {
        end_branch(builder);
        return;
    }
    if (strcmp(kind, "node") == 0) {
        APPEND(graph, node, make_node(graph, rest));
        return;
    }
    name = word(&rest);
    if (strcmp(kind, "branch") == 0)
        begin_branch(builder, name);
    else if (strcmp(kind, "opset") == 0)
        builder->model->opset_import[0]->version = strtoll(name, NULL, 10);
    else if (strcmp(kind, "input") == 0)
        add_input(graph, name, rest);
    else if (strcmp(kind, "output") == 0)
        APPEND(graph, output, value_info(name, strtok_r(NULL, " ", &rest), NULL));
    else if (strcmp(kind, "floats") == 0)
        APPEND(graph, initializer,
               initialiser(name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, rest));
    else if (strcmp(kind, "integers") == 0)
        APPEND(graph, initializer,
               initialiser(name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, rest));
    else if (strcmp(kind, "int32") == 0)
        APPEND(graph, initializer,
               initialiser(name, ONNX__TENSOR_PROTO__DATA_TYPE__INT32, rest));
    else if (strcmp(kind, "bool") == 0)
        APPEND(graph, initializer,
               initialiser(name, ONNX__TENSOR_PROTO__DATA_TYPE__BOOL, rest));
    else if (strcmp(kind, "int8") == 0)
        APPEND(graph, initializer,
               initialiser(name, ONNX__TENSOR_PROTO__DATA_TYPE__INT8, rest));
    else if (strcmp(kind, "uint8") == 0)
        APPEND(graph, initializer,
               initialiser(name, ONNX__TENSOR_PROTO__DATA_TYPE__UINT8, rest));
    else
        give_up("unknown statement", kind);
}

Onnx__ModelProto *onnx_builder_model(const char *text)
{
    Onnx__ModelProto *model = memory_get(sizeof *model);
    Onnx__OperatorSetIdProto *opset = memory_get(sizeof *opset);
    char *copy = memory_text(text), *rest = NULL;
    struct builder builder = {.model = model};

    onnx__operator_set_id_proto__init(opset);
    opset->has_version = 1;
    opset->version = 13;
    onnx__model_proto__init(model);
    model->has_ir_version = 1;
    model->ir_version = 7;
    model->graph = memory_get(sizeof *model->graph);
    onnx__graph_proto__init(model->graph);
    APPEND(model, opset_import, opset);
    builder.graphs[0] = model->graph;
    for (char *line = strtok_r(copy, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        statement(&builder, line);
    free(copy);
    return model;
}

char *onnx_builder_save_bytes(const uint8_t *bytes, size_t size)
{
    const char *folder = getenv("TMPDIR");
    char path[512];
    int file;

    snprintf(path, sizeof path, "%s/calq-test-XXXXXX.onnx", folder ? folder : "/tmp");
    file = mkstemps(path, 5);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size || close(file) < 0)
        give_up("cannot write", path);
    return memory_text(path);
}

char *onnx_builder_save(const Onnx__ModelProto *model)
{
    size_t size = onnx__model_proto__get_packed_size(model);
    uint8_t *bytes = memory_get(size);
    char *path;

    onnx__model_proto__pack(model, bytes);
    path = onnx_builder_save_bytes(bytes, size);
    free(bytes);
    return path;
}

void onnx_builder_delete(char *path)
{
    unlink(path);
    free(path);
}

struct network *onnx_builder_read_model(const Onnx__ModelProto *model,
                                        struct error *err)
{
    char *path = onnx_builder_save(model);
    struct network *network = onnx_read(path, err);

    onnx_builder_delete(path);
    return network;
}

struct network *onnx_builder_read(const char *text, struct error *err)
{
    Onnx__ModelProto *model = onnx_builder_model(text);
    struct network *network = onnx_builder_read_model(model, err);

    onnx__model_proto__free_unpacked(model, NULL);
    return network;
}

struct network *onnx_builder_read_fused(const char *text, struct error *err)
{
    struct network *network = onnx_builder_read(text, err);

    if (network)
        network_fuse(network);
    return network;
}
