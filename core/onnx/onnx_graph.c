#include "core/onnx/onnx_graph.h"

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/onnx/onnx_error.h"
#include "core/onnx/onnx_external.h"
#include "core/onnx/onnx_tensor.h"

#include <stdlib.h>
#include <string.h>

static int check_name(const struct onnx_graph *graph, const char *what,
                      const char *name, struct error *err)
{
    if (!name || !*name)
        return onnx_error(err, graph->path, "%s has no name", what);
    if (strlen(name) > ONNX_NAME_BYTES_MAX)
        return onnx_error(err, graph->path, "the name of %s has more than %d bytes",
                          what, ONNX_NAME_BYTES_MAX);
    if (!text_is_printable(name))
        return onnx_error(err, graph->path,
                          "the name of %s is not UTF-8, or holds a control character",
                          what);
    return 0;
}

static int add_value(struct onnx_graph *graph, const char *what,
                     struct onnx_value value, struct error *err)
{
    if (check_name(graph, what, value.name, err) < 0)
        return -1;
    value.tensor = -1;
    graph->values[graph->value_count++] = value;
    return 0;
}

static int collect_given(struct onnx_graph *graph, struct error *err)
{
    const Onnx__GraphProto *proto = graph->proto;

    for (size_t i = 0; i < proto->n_initializer; i++) {
        struct onnx_value value = {.name = proto->initializer[i]->name,
                                   .producer = -1,
                                   .initialiser = proto->initializer[i]};

        if (add_value(graph, "an initialiser", value, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < proto->n_input; i++) {
        struct onnx_value value = {
            .name = proto->input[i]->name, .producer = -1, .input = proto->input[i]};

        if (add_value(graph, "an input", value, err) < 0)
            return -1;
    }
    return 0;
}

static int collect_outputs(struct onnx_graph *graph, int node, struct error *err)
{
    const Onnx__NodeProto *proto = graph->proto->node[node];

    for (size_t i = 0; i < proto->n_output; i++) {
        struct onnx_value value = {.name = proto->output[i], .producer = node};

        if (*value.name && add_value(graph, "an output of a node", value, err) < 0)
            return -1;
    }
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    const struct onnx_value *first = a, *second = b;

    return strcmp(first->name, second->name);
}

/* An initialiser that is listed as an input too is a default that calq does not let
 * change. */
static bool is_default(const struct onnx_value *a, const struct onnx_value *b)
{
    return (a->initialiser && b->input) || (a->input && b->initialiser);
}

static int merge_defaults(struct onnx_graph *graph, struct error *err)
{
    struct onnx_value *values = graph->values;
    size_t kept = 0;

    for (size_t i = 0; i < graph->value_count; i++) {
        struct onnx_value *last = kept ? &values[kept - 1] : NULL;

        if (!last || strcmp(last->name, values[i].name) != 0) {
            values[kept++] = values[i];
        } else if (is_default(last, &values[i])) {
            last->initialiser =
                last->initialiser ? last->initialiser : values[i].initialiser;
            last->input = NULL;
        } else {
            return onnx_error(err, graph->path, "two values are named \"%s\"",
                              last->name);
        }
    }
    graph->value_count = kept;
    return 0;
}

static size_t count_values(const Onnx__GraphProto *proto)
{
    size_t count = proto->n_initializer + proto->n_input;

    for (size_t node = 0; node < proto->n_node; node++)
        count += proto->node[node]->n_output;
    return count;
}

int onnx_graph_init(struct onnx_graph *graph, const struct onnx_file *file,
                    struct error *err)
{
    const Onnx__GraphProto *proto = file->model->graph;

    *graph = (struct onnx_graph){.file = file, .path = file->path, .proto = proto};
    graph->network = network_create(file->path);
    graph->values = memory_zeroed(count_values(proto), sizeof *graph->values);
    if (proto->n_sparse_initializer > 0)
        return onnx_error(err, graph->path, "sparse initialisers are not supported");
    if (collect_given(graph, err) < 0)
        return -1;
    for (size_t node = 0; node < proto->n_node; node++)
        if (collect_outputs(graph, (int)node, err) < 0)
            return -1;
    qsort(graph->values, graph->value_count, sizeof *graph->values, compare_names);
    return merge_defaults(graph, err);
}

void onnx_graph_clear(struct onnx_graph *graph)
{
    for (size_t i = 0; i < graph->constant_count; i++)
        onnx_constant_destroy(graph->constants[i]);
    free(graph->constants);
    free(graph->values);
    network_destroy(graph->network);
}

struct onnx_value *onnx_graph_find(const struct onnx_graph *graph, const char *name)
{
    struct onnx_value key = {.name = name};

    return bsearch(&key, graph->values, graph->value_count, sizeof *graph->values,
                   compare_names);
}

struct onnx_constant *onnx_graph_keep(struct onnx_graph *graph,
                                      struct onnx_constant *constant)
{
    size_t count = graph->constant_count++;

    /* Room grows by doubling: at 1, 2, 4 ... constants. */
    if ((count & (count - 1)) == 0)
        graph->constants =
            memory_resize(graph->constants, (count ? 2 * count : 1) * sizeof constant);
    graph->constants[count] = constant;
    return constant;
}

int onnx_graph_give_stored(struct onnx_graph *graph, struct onnx_value *value,
                           const Onnx__TensorProto *tensor, struct error *err)
{
    const struct onnx_type *type;
    struct onnx_shape shape;

    if (onnx_tensor_check(graph->path, value->name, tensor, &type, &shape, err) < 0)
        return -1;
    value->constant =
        onnx_graph_keep(graph, onnx_tensor_constant(value->name, tensor, type, &shape));
    if (onnx_external_is(tensor))
        graph->external += value->constant->count;
    return 0;
}

int onnx_graph_look(struct onnx_graph *graph, struct onnx_value *value,
                    const struct onnx_constant **constant, struct error *err)
{
    if (!value->constant && value->initialiser &&
        onnx_graph_give_stored(graph, value, value->initialiser, err) < 0)
        return -1;
    *constant = value->constant;
    return 0;
}

int onnx_graph_constant(struct onnx_graph *graph, struct onnx_value *value,
                        const struct onnx_constant **constant, struct error *err)
{
    if (onnx_graph_look(graph, value, constant, err) < 0)
        return -1;
    return value->constant && value->constant->stored
               ? onnx_tensor_load(graph->file, value->constant, err)
               : 0;
}
