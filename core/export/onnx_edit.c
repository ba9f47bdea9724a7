#include "core/export/onnx_edit.h"

#include "core/base/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything that is put into a message is allocated with malloc, as protobuf-c does it, and freed
 * with the message. */

void onnx_edit_init(struct onnx_edit *edit, Onnx__ModelProto *model)
{
    *edit = (struct onnx_edit){
        .model = model,
        .is_removed = memory_zeroed(model->graph->n_node, sizeof *edit->is_removed),
    };
}

void onnx_edit_clear(struct onnx_edit *edit)
{
    for (size_t i = 0; i < edit->added_count; i++)
        onnx__node_proto__free_unpacked(edit->added[i].proto, NULL);
    free(edit->added);
    free(edit->is_removed);
    if (edit->model)
        onnx__model_proto__free_unpacked(edit->model, NULL);
    *edit = (struct onnx_edit){0};
}

static bool is_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static void set_text(char **place, const char *text)
{
    char *old = *place;

    *place = memory_text(text);
    if (old != (char *)protobuf_c_empty_string)
        free(old);
}

/* Adds an element to a repeated field. */
#define APPEND(list, count, element)                                                   \
    do {                                                                               \
        (list) = memory_resize((list), ((count) + 1) * sizeof *(list));                \
        (list)[(count)++] = (element);                                                 \
    } while (0)

/* ---- names -------------------------------------------------------------------------------- */

static bool node_has(const Onnx__NodeProto *node, const char *name)
{
    for (size_t i = 0; i < node->n_input; i++)
        if (is_same(node->input[i], name))
            return true;
    for (size_t i = 0; i < node->n_output; i++)
        if (is_same(node->output[i], name))
            return true;
    return is_same(node->name, name);
}

static bool is_taken(const struct onnx_edit *edit, const char *name)
{
    const Onnx__GraphProto *graph = edit->model->graph;

    for (size_t i = 0; i < graph->n_node; i++)
        if (node_has(graph->node[i], name))
            return true;
    for (size_t i = 0; i < edit->added_count; i++)
        if (node_has(edit->added[i].proto, name))
            return true;
    for (size_t i = 0; i < graph->n_initializer; i++)
        if (is_same(graph->initializer[i]->name, name))
            return true;
    for (size_t i = 0; i < graph->n_input; i++)
        if (is_same(graph->input[i]->name, name))
            return true;
    return false;
}

char *onnx_edit_fresh_name(const struct onnx_edit *edit, const char *base,
                           const char *suffix)
{
    enum { NUMBER_BYTES = 16 };
    size_t bytes = strlen(base) + strlen(suffix) + NUMBER_BYTES;
    char *name = memory_get(bytes);

    snprintf(name, bytes, "%s%s", base, suffix);
    for (int number = 2; is_taken(edit, name); number++)
        snprintf(name, bytes, "%s%s_%d", base, suffix, number);
    return name;
}

/* ---- nodes -------------------------------------------------------------------------------- */

static bool names_a_node(const struct onnx_edit *edit, const char *name)
{
    const Onnx__GraphProto *graph = edit->model->graph;

    for (size_t i = 0; i < graph->n_node; i++)
        if (is_same(graph->node[i]->name, name))
            return true;
    for (size_t i = 0; i < edit->added_count; i++)
        if (is_same(edit->added[i].proto->name, name))
            return true;
    return false;
}

Onnx__NodeProto *onnx_edit_add_node(struct onnx_edit *edit, int after, const char *op,
                                    const char *const *inputs, size_t input_count,
                                    const char *output)
{
    Onnx__NodeProto *node = memory_get(sizeof *node);

    onnx__node_proto__init(node);
    node->op_type = memory_text(op);
    node->name = names_a_node(edit, output)
                     ? onnx_edit_fresh_name(edit, output, "_node")
                     : memory_text(output);
    for (size_t i = 0; i < input_count; i++)
        APPEND(node->input, node->n_input, memory_text(inputs[i]));
    APPEND(node->output, node->n_output, memory_text(output));
    APPEND(edit->added, edit->added_count, ((struct onnx_new_node){node, after}));
    return node;
}

void onnx_edit_set_input(Onnx__NodeProto *node, size_t input, const char *name)
{
    while (input >= node->n_input)
        APPEND(node->input, node->n_input, memory_text(""));
    set_text(&node->input[input], name);
}

void onnx_edit_set_output(Onnx__NodeProto *node, const char *name)
{
    set_text(&node->output[0], name);
}

void onnx_edit_set_operator(Onnx__NodeProto *node, const char *op)
{
    set_text(&node->op_type, op);
}

void onnx_edit_name(Onnx__NodeProto *node, const char *name)
{
    if (!node->name || !*node->name)
        set_text(&node->name, name);
}

void onnx_edit_read_instead(struct onnx_edit *edit, const char *name,
                            const char *instead)
{
    const Onnx__GraphProto *graph = edit->model->graph;

    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t j = 0; j < graph->node[i]->n_input; j++)
            if (is_same(graph->node[i]->input[j], name))
                set_text(&graph->node[i]->input[j], instead);
}

bool onnx_edit_is_output(const struct onnx_edit *edit, const char *name)
{
    const Onnx__GraphProto *graph = edit->model->graph;

    for (size_t i = 0; i < graph->n_output; i++)
        if (is_same(graph->output[i]->name, name))
            return true;
    return false;
}

/* A node without name is told by operator and output, as onnx_node_name() does it. */
static void name_by_output(Onnx__NodeProto *node, const char *output)
{
    size_t bytes = strlen(node->op_type) + strlen(output) + 2;
    char *name = memory_get(bytes);

    snprintf(name, bytes, "%s %s", node->op_type, output);
    onnx_edit_name(node, name);
    free(name);
}

int onnx_edit_producer(const struct onnx_edit *edit, const char *name)
{
    const Onnx__GraphProto *graph = edit->model->graph;

    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t j = 0; !edit->is_removed[i] && j < graph->node[i]->n_output; j++)
            if (is_same(graph->node[i]->output[j], name))
                return (int)i;
    return -1;
}

/* ---- attributes --------------------------------------------------------------------------- */

/* The attribute of that name, which has no value yet. */
static Onnx__AttributeProto *replace_attribute(Onnx__NodeProto *node, const char *name,
                                               Onnx__AttributeProto__AttributeType type)
{
    Onnx__AttributeProto *attribute = memory_get(sizeof *attribute);

    onnx_edit_drop_attribute(node, name);
    onnx__attribute_proto__init(attribute);
    attribute->name = memory_text(name);
    attribute->has_type = true;
    attribute->type = type;
    APPEND(node->attribute, node->n_attribute, attribute);
    return attribute;
}

void onnx_edit_set_integer(Onnx__NodeProto *node, const char *name, int64_t value)
{
    Onnx__AttributeProto *attribute =
        replace_attribute(node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);

    attribute->has_i = true;
    attribute->i = value;
}

void onnx_edit_set_real(Onnx__NodeProto *node, const char *name, float value)
{
    Onnx__AttributeProto *attribute =
        replace_attribute(node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);

    attribute->has_f = true;
    attribute->f = value;
}

static Onnx__AttributeProto *copy_attribute(const Onnx__AttributeProto *from)
{
    size_t size = onnx__attribute_proto__get_packed_size(from);
    uint8_t *bytes = memory_get(size);
    Onnx__AttributeProto *copy;

    onnx__attribute_proto__pack(from, bytes);
    copy = onnx__attribute_proto__unpack(NULL, size, bytes);
    assert(copy); /* it was unpacked before */
    free(bytes);
    return copy;
}

void onnx_edit_copy_attributes(Onnx__NodeProto *to, const Onnx__NodeProto *from)
{
    for (size_t i = 0; i < from->n_attribute; i++)
        APPEND(to->attribute, to->n_attribute, copy_attribute(from->attribute[i]));
}

void onnx_edit_drop_attribute(Onnx__NodeProto *node, const char *name)
{
    size_t kept = 0;

    for (size_t i = 0; i < node->n_attribute; i++)
        if (is_same(node->attribute[i]->name, name))
            onnx__attribute_proto__free_unpacked(node->attribute[i], NULL);
        else
            node->attribute[kept++] = node->attribute[i];
    node->n_attribute = kept;
}

/* ---- initialisers and metadata ------------------------------------------------------------ */

void onnx_edit_add_tensor(struct onnx_edit *edit, const char *name, int type,
                          const int64_t *dims, size_t rank, const void *bytes,
                          size_t size)
{
    Onnx__GraphProto *graph = edit->model->graph;
    Onnx__TensorProto *tensor = memory_get(sizeof *tensor);

    onnx__tensor_proto__init(tensor);
    tensor->name = memory_text(name);
    tensor->has_data_type = true;
    tensor->data_type = type;
    for (size_t i = 0; i < rank; i++)
        APPEND(tensor->dims, tensor->n_dims, dims[i]);
    tensor->has_raw_data = true;
    tensor->raw_data.data = memory_copy(bytes, size);
    tensor->raw_data.len = size;
    APPEND(graph->initializer, graph->n_initializer, tensor);
}

/* Adds an initialiser of values of 32 bits, given as they are. */
static void add_words(struct onnx_edit *edit, const char *name, int type,
                      const int64_t *dims, size_t rank, const void *values)
{
    const unsigned char *words = values;
    size_t count = 1;
    uint8_t *bytes;

    for (size_t i = 0; i < rank; i++)
        count *= (size_t)dims[i];
    bytes = memory_get(count * sizeof(uint32_t));
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;

        memcpy(&bits, words + i * sizeof bits, sizeof bits);
        for (size_t j = 0; j < sizeof bits; j++)
            bytes[i * sizeof bits + j] = (uint8_t)(bits >> (8 * j));
    }
    onnx_edit_add_tensor(edit, name, type, dims, rank, bytes, count * sizeof(uint32_t));
    free(bytes);
}

void onnx_edit_add_floats(struct onnx_edit *edit, const char *name, const int64_t *dims,
                          size_t rank, const float *values)
{
    add_words(edit, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, dims, rank, values);
}

void onnx_edit_add_int32s(struct onnx_edit *edit, const char *name, int64_t count,
                          const int32_t *values)
{
    add_words(edit, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT32, &count, 1, values);
}

void onnx_edit_set_property(struct onnx_edit *edit, const char *key, const char *value)
{
    Onnx__ModelProto *model = edit->model;
    Onnx__StringStringEntryProto *entry;

    for (size_t i = 0; i < model->n_metadata_props; i++)
        if (is_same(model->metadata_props[i]->key, key)) {
            set_text(&model->metadata_props[i]->value, value);
            return;
        }
    entry = memory_get(sizeof *entry);
    onnx__string_string_entry_proto__init(entry);
    entry->key = memory_text(key);
    entry->value = memory_text(value);
    APPEND(model->metadata_props, model->n_metadata_props, entry);
}

/* ---- what nothing reads ------------------------------------------------------------------- */

static bool reads(const Onnx__NodeProto *node, const char *name)
{
    for (size_t i = 0; i < node->n_input; i++)
        if (is_same(node->input[i], name))
            return true;
    return false;
}

bool onnx_edit_is_read(const struct onnx_edit *edit, const char *name)
{
    const Onnx__GraphProto *graph = edit->model->graph;

    for (size_t i = 0; i < graph->n_node; i++)
        if (!edit->is_removed[i] && reads(graph->node[i], name))
            return true;
    for (size_t i = 0; i < edit->added_count; i++)
        if (reads(edit->added[i].proto, name))
            return true;
    return onnx_edit_is_output(edit, name);
}

static void drop_initialiser(Onnx__GraphProto *graph, const char *name)
{
    size_t kept = 0;

    for (size_t i = 0; i < graph->n_initializer; i++)
        if (is_same(graph->initializer[i]->name, name))
            onnx__tensor_proto__free_unpacked(graph->initializer[i], NULL);
        else
            graph->initializer[kept++] = graph->initializer[i];
    if (kept == graph->n_initializer)
        return;
    graph->n_initializer = kept;
    kept = 0;
    /* Old files list their initialisers as inputs too. */
    for (size_t i = 0; i < graph->n_input; i++)
        if (is_same(graph->input[i]->name, name))
            onnx__value_info_proto__free_unpacked(graph->input[i], NULL);
        else
            graph->input[kept++] = graph->input[i];
    graph->n_input = kept;
}

static void drop_shape(Onnx__GraphProto *graph, const char *name)
{
    size_t kept = 0;

    for (size_t i = 0; i < graph->n_value_info; i++)
        if (is_same(graph->value_info[i]->name, name))
            onnx__value_info_proto__free_unpacked(graph->value_info[i], NULL);
        else
            graph->value_info[kept++] = graph->value_info[i];
    graph->n_value_info = kept;
}

/* More nodes in a row are not removed: the stack is finite, and they do no harm. */
enum { DROPPED_IN_A_ROW = 10000 };

static void drop_unread(struct onnx_edit *edit, const char *name, int depth)
{
    Onnx__GraphProto *graph = edit->model->graph;
    int producer = onnx_edit_producer(edit, name);
    const Onnx__NodeProto *node = producer < 0 ? NULL : graph->node[producer];

    if (!*name || onnx_edit_is_read(edit, name) || depth > DROPPED_IN_A_ROW)
        return;
    for (size_t i = 0; node && i < node->n_output; i++)
        if (onnx_edit_is_read(edit, node->output[i]))
            return;
    drop_shape(graph, name);
    if (!node) {
        drop_initialiser(graph, name);
        return;
    }
    edit->is_removed[producer] = true;
    for (size_t i = 0; i < node->n_input; i++)
        drop_unread(edit, node->input[i], depth + 1);
}

void onnx_edit_drop_unread(struct onnx_edit *edit, const char *name)
{
    drop_unread(edit, name, 0);
}

void onnx_edit_keep_inputs(struct onnx_edit *edit, Onnx__NodeProto *node, size_t count)
{
    while (node->n_input > count) {
        char *name = memory_text(node->input[node->n_input - 1]);

        free(node->input[--node->n_input]);
        onnx_edit_drop_unread(edit, name);
        free(name);
    }
}

static struct onnx_new_node *find_added(const struct onnx_edit *edit, const char *name)
{
    for (size_t i = 0; i < edit->added_count; i++)
        if (is_same(edit->added[i].proto->output[0], name))
            return &edit->added[i];
    return NULL;
}

const Onnx__NodeProto *onnx_edit_added(const struct onnx_edit *edit, const char *name)
{
    const struct onnx_new_node *node = find_added(edit, name);

    return node ? node->proto : NULL;
}

void onnx_edit_rename_output(struct onnx_edit *edit, const char *name,
                             const char *instead)
{
    const struct onnx_new_node *added = find_added(edit, name);
    int producer = onnx_edit_producer(edit, name);
    Onnx__NodeProto *node = added           ? added->proto
                            : producer >= 0 ? edit->model->graph->node[producer]
                                            : NULL;

    if (!node)
        return;
    name_by_output(node, name);
    for (size_t i = 0; i < node->n_output; i++)
        if (is_same(node->output[i], name))
            set_text(&node->output[i], instead);
}

void onnx_edit_drop_added(struct onnx_edit *edit, const char *name)
{
    struct onnx_new_node *node = find_added(edit, name);
    size_t after = node ? (size_t)(edit->added + edit->added_count - node - 1) : 0;

    if (!node || onnx_edit_is_read(edit, name))
        return;
    onnx__node_proto__free_unpacked(node->proto, NULL);
    memmove(node, node + 1, after * sizeof *node);
    edit->added_count--;
}

/* ---- the end ------------------------------------------------------------------------------ */

static bool is_to_come(const struct onnx_edit *edit, int after, const char *name)
{
    for (size_t i = 0; i < edit->added_count; i++) {
        const Onnx__NodeProto *node = edit->added[i].proto;

        if (node && edit->added[i].after == after && is_same(node->output[0], name))
            return true;
    }
    return false;
}

/* Whether a node reads what another one behind the same node makes. */
static bool waits(const struct onnx_edit *edit, const struct onnx_new_node *node)
{
    for (size_t i = 0; i < node->proto->n_input; i++)
        if (is_to_come(edit, node->after, node->proto->input[i]))
            return true;
    return false;
}

static bool take_one(struct onnx_edit *edit, int after, Onnx__NodeProto **nodes,
                     size_t *count)
{
    for (size_t i = 0; i < edit->added_count; i++) {
        struct onnx_new_node *node = &edit->added[i];

        if (node->proto && node->after == after && !waits(edit, node)) {
            nodes[(*count)++] = node->proto;
            node->proto = NULL;
            return true;
        }
    }
    return false;
}

static void take_added(struct onnx_edit *edit, int after, Onnx__NodeProto **nodes,
                       size_t *count)
{
    while (take_one(edit, after, nodes, count))
        ;
}

static void merge_nodes(struct onnx_edit *edit)
{
    Onnx__GraphProto *graph = edit->model->graph;
    Onnx__NodeProto **nodes =
        memory_get((graph->n_node + edit->added_count) * sizeof *nodes);
    size_t count = 0;

    take_added(edit, -1, nodes, &count);
    for (size_t i = 0; i < graph->n_node; i++) {
        if (edit->is_removed[i])
            onnx__node_proto__free_unpacked(graph->node[i], NULL);
        else
            nodes[count++] = graph->node[i];
        take_added(edit, (int)i, nodes, &count);
    }
    free(graph->node);
    graph->node = nodes;
    graph->n_node = count;
    edit->added_count = 0;
}

void onnx_edit_pack(struct onnx_edit *edit, uint8_t **bytes, size_t *size)
{
    merge_nodes(edit);
    *size = onnx__model_proto__get_packed_size(edit->model);
    *bytes = memory_get(*size);
    onnx__model_proto__pack(edit->model, *bytes);
}
