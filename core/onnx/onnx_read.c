#include "core/onnx/onnx_read.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_decision.h"
#include "core/onnx/onnx_error.h"
#include "core/onnx/onnx_inputs.h"
#include "core/onnx/onnx_lacks.h"
#include "core/onnx/onnx_operators.h"
#include "core/onnx/onnx_read_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPSET_MIN = 7, OPSET_MAX = 26, NAMES_BYTES = 1024 };

/* The file is read anew for each. */
enum { DECISIONS_MOST = 1000 };

/* The file while it is read. */
struct reader {
    struct onnx_graph graph;
    bool *is_needed;         /* [nodes] an output depends on the node; owned */
    struct onnx_lacks lacks; /* of those that are needed */
};

static int find_opset(const char *path, const Onnx__ModelProto *model, int64_t *version,
                      struct error *err)
{
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *opset = model->opset_import[i];

        if (!onnx_domain_is_default(opset->domain))
            continue;
        if (opset->version < OPSET_MIN || opset->version > OPSET_MAX)
            return onnx_error(err, path, "opset %lld; calq reads opset %d to %d",
                              (long long)opset->version, OPSET_MIN, OPSET_MAX);
        *version = opset->version;
        return 0;
    }
    return onnx_error(err, path, "the file does not say which opset it uses");
}

/* ---- several inputs or outputs ---- */

enum { NAMES_SHOWN = 8, NAME_SHOWN_BYTES = 100 };

/* Appends the name with what goes before it; the last that is shown tells how many are left out. */
static void append_name(char *text, size_t index, size_t count, const char *name)
{
    const char *before = index == 0 ? "" : index + 1 == count ? " and " : ", ";
    size_t used = strlen(text);

    if (index < NAMES_SHOWN)
        snprintf(text + used, NAMES_BYTES - used, "%s\"%.*s\"", before,
                 NAME_SHOWN_BYTES, name);
    else if (index == NAMES_SHOWN)
        snprintf(text + used, NAMES_BYTES - used, " and %zu more", count - index);
}

static const char *output_name(const struct onnx_graph *graph, size_t index)
{
    const char *name = graph->proto->output[index]->name;

    return name ? name : "";
}

static int several_outputs(const struct reader *reader, struct error *err)
{
    const struct onnx_graph *graph = &reader->graph;
    size_t count = graph->proto->n_output;
    char names[NAMES_BYTES] = "", lacks[NAMES_BYTES];

    for (size_t i = 0; i < count; i++)
        append_name(names, i, count, output_name(graph, i));
    return onnx_error(
        err, graph->path,
        "the network has %zu outputs, %s; calq needs one: the setting outputs of the "
        "model picks it, or --outputs of calq inspect, e.g. outputs: \"%.*s\"%s%s",
        count, names, NAME_SHOWN_BYTES, output_name(graph, 0),
        reader->lacks.count ? "; for all outputs together calq lacks " : "",
        onnx_lacks_text(&reader->lacks, lacks, sizeof lacks));
}

static int check_output_count(const struct reader *reader, struct error *err)
{
    size_t count = reader->graph.proto->n_output;

    if (count == 0)
        return onnx_error(err, reader->graph.path,
                          "the network has 0 outputs; calq needs one");
    return count == 1 ? 0 : several_outputs(reader, err);
}

/* ---- which nodes count ---- */

static int find_output(const struct onnx_graph *graph, size_t index,
                       struct onnx_value **output, struct error *err)
{
    const char *name = output_name(graph, index);

    *output = onnx_graph_find(graph, name);
    if (!*output)
        return onnx_error(err, graph->path,
                          "nothing in the file makes the output \"%s\"", name);
    return 0;
}

/* Marks the producers of a needed node's inputs; they must come before it. */
static int need_inputs(struct reader *reader, int index, struct error *err)
{
    const Onnx__NodeProto *proto = reader->graph.proto->node[index];
    struct onnx_node node = {.graph = &reader->graph, .proto = proto, .index = index};

    if (!proto->op_type || strlen(proto->op_type) > ONNX_NAME_BYTES_MAX ||
        (proto->name && strlen(proto->name) > ONNX_NAME_BYTES_MAX))
        return onnx_error(err, reader->graph.path,
                          "node %d has no operator, or a name of more than %d bytes",
                          index, ONNX_NAME_BYTES_MAX);
    for (size_t i = 0; i < proto->n_input; i++) {
        struct onnx_value *value;

        if (!*proto->input[i])
            continue;
        value = onnx_graph_find(&reader->graph, proto->input[i]);
        if (!value)
            return onnx_node_error(&node, err,
                                   "nothing in the file makes its input \"%s\"",
                                   proto->input[i]);
        if (value->producer >= index)
            return onnx_node_error(
                &node, err,
                "its input \"%s\" is made by a later node; the nodes must "
                "be in the order of execution",
                value->name);
        value->is_read = true;
        if (value->producer >= 0)
            reader->is_needed[value->producer] = true;
    }
    return 0;
}

static int find_needed(struct reader *reader, struct error *err)
{
    struct onnx_value *output;

    for (size_t i = 0; i < reader->graph.proto->n_output; i++) {
        if (find_output(&reader->graph, i, &output, err) < 0)
            return -1;
        output->is_read = output->producer >= 0;
        if (output->producer >= 0)
            reader->is_needed[output->producer] = true;
    }
    for (int node = (int)reader->graph.proto->n_node - 1; node >= 0; node--)
        if (reader->is_needed[node] && need_inputs(reader, node, err) < 0)
            return -1;
    return 0;
}

/* ---- which operators are known ---- */

/* Loop and Scan hold graphs, and an If of which nothing is known yet. */
static bool has_graph(const Onnx__NodeProto *node)
{
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->g || node->attribute[i]->n_graphs > 0)
            return true;
    return false;
}

static bool some_have_graphs(const struct onnx_lacks *lacks)
{
    for (size_t i = 0; i < lacks->count; i++)
        if (has_graph(lacks->list[i].proto))
            return true;
    return false;
}

static int unsupported(struct reader *reader, struct error *err)
{
    const struct onnx_lack *most = &reader->lacks.list[0];
    struct onnx_node node = {
        .graph = &reader->graph, .proto = most->proto, .index = most->index};
    char lacks[NAMES_BYTES], name[NAMES_BYTES], names[NAMES_BYTES];
    char advice[ONNX_LACKS_ADVICE_BYTES];

    return onnx_error(err, reader->graph.path,
                      "the network needs operators which calq cannot run: %s%s; the "
                      "first %.*s is node "
                      "\"%.*s\"; %ssupported operators are %s",
                      onnx_lacks_text(&reader->lacks, lacks, sizeof lacks),
                      some_have_graphs(&reader->lacks)
                          ? ", without those in the graphs that nodes hold"
                          : "",
                      NAME_SHOWN_BYTES, most->proto->op_type, 2 * NAME_SHOWN_BYTES,
                      onnx_node_name(&node, name, sizeof name),
                      onnx_lacks_advice(&reader->lacks, advice),
                      onnx_operator_names(names, sizeof names));
}

/* Before anything else is asked of the file, so that a network calq cannot run is told
 * so. */
static int check_operators(struct reader *reader, struct error *err)
{
    onnx_lacks_find(&reader->graph, reader->is_needed, &reader->lacks);
    if (check_output_count(reader, err) < 0)
        return -1;
    return reader->lacks.count > 0 ? unsupported(reader, err) : 0;
}

/* ---- the nodes and the output ---- */

static int read_nodes(struct reader *reader, struct error *err)
{
    for (size_t i = 0; i < reader->graph.proto->n_node; i++) {
        struct onnx_node node = {.graph = &reader->graph,
                                 .proto = reader->graph.proto->node[i],
                                 .index = (int)i};

        if (reader->is_needed[i] && onnx_read_node(&node, err) < 0)
            return -1;
        if (reader->graph.branching)
            return 0;
    }
    return 0;
}

/* Name and shape as the file has them; a shape that it does not tell is what calq finds. */
static void note_output(struct onnx_graph *graph, const struct tensor *tensor)
{
    const Onnx__ValueInfoProto *output = graph->proto->output[0];
    const Onnx__TensorShapeProto *proto = onnx_inputs_shape(output);
    struct onnx_shape shape = onnx_shape_of_tensor(tensor);
    char text[ONNX_SHAPE_TEXT_BYTES];

    graph->network->output_name = memory_text(output->name);
    graph->network->output_shape = proto && proto->n_dim > 0
                                       ? onnx_inputs_shape_text(proto)
                                       : memory_text(onnx_shape_text(&shape, text));
}

static int folded_output(const struct onnx_graph *graph,
                         const struct onnx_value *output, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_shape shape =
        onnx_batch_shape(&output->batch, &graph->network->tensors[output->tensor]);

    return onnx_error(err, graph->path,
                      "the output \"%s\" has the shape %s, N being the batch; calq "
                      "needs [N, classes]",
                      output->name, onnx_shape_text(&shape, text));
}

/* [N, classes], or of more dimensions, see output_shape.h. */
static int read_output(struct onnx_graph *graph, struct error *err)
{
    const struct tensor *tensor;
    struct onnx_value *output;

    if (find_output(graph, 0, &output, err) < 0)
        return -1;
    if (output->tensor < 0 || network_is_input(graph->network, output->tensor))
        return onnx_error(err, graph->path,
                          "the output \"%s\" is not computed from the input",
                          output->name);
    if (output->batch.axis != 0)
        return onnx_error(err, graph->path,
                          "the output \"%s\" has the batch as dimension %d; calq "
                          "needs [N, classes]",
                          output->name, output->batch.axis);
    if (!onnx_batch_is_plain(&output->batch))
        return folded_output(graph, output, err);
    if (output->is_codes)
        return onnx_error(err, graph->path,
                          "the output \"%s\" is codes; calq needs values",
                          output->name);
    tensor = &graph->network->tensors[output->tensor];
    graph->network->output = output->tensor;
    note_output(graph, tensor);
    return 0;
}

static int read_graph(struct reader *reader, int64_t opset, struct error *err)
{
    size_t nodes = reader->graph.proto->n_node;

    reader->graph.opset = opset;
    reader->graph.network->other_floats = onnx_inputs_other_floats(reader->graph.proto);
    reader->is_needed = memory_zeroed(nodes, sizeof *reader->is_needed);
    if (find_needed(reader, err) < 0 || check_operators(reader, err) < 0 ||
        onnx_inputs_read(&reader->graph, err) < 0 || read_nodes(reader, err) < 0)
        return -1;
    return reader->graph.branching ? 0 : read_output(&reader->graph, err);
}

static void clear(struct reader *reader)
{
    onnx_graph_clear(&reader->graph);
    free(reader->is_needed);
    onnx_lacks_clear(&reader->lacks);
    *reader = (struct reader){.is_needed = NULL};
}

static void move_decisions(struct network *from, struct network *to)
{
    to->decisions = from->decisions;
    to->decision_count = from->decision_count;
    from->decisions = NULL;
    from->decision_count = 0;
}

/* The If's first output that has a name. */
static const char *name_of_if(const Onnx__NodeProto *node)
{
    size_t i = 0;

    while (!*node->output[i]) /* one is needed, or the node would not be read */
        i++;
    return node->output[i];
}

/* Puts the branch of an If in its place. */
static int take_branch(const struct reader *reader, const struct onnx_file *file,
                       struct network *decided, struct error *err)
{
    if (decided->decision_count >= DECISIONS_MOST)
        return onnx_error(
            err, file->path,
            "more than %d nodes If have to be decided; calq takes no more",
            DECISIONS_MOST);
    network_add_decision(decided, reader->graph.branch,
                         name_of_if(reader->graph.branching), 0);
    return onnx_decision_apply(file->path, file->model,
                               &decided->decisions[decided->decision_count - 1], err);
}

/* Reads until each If that counts has been replaced by what it holds; `decided` holds the decisions. */
static int read_decided(struct reader *reader, const struct onnx_file *file,
                        int64_t opset, struct network *decided, struct error *err)
{
    for (int i = 0; i < decided->decision_count; i++)
        if (onnx_decision_apply(file->path, file->model, &decided->decisions[i], err) <
            0)
            return -1;
    for (;;) {
        if (onnx_graph_init(&reader->graph, file, err) < 0 ||
            read_graph(reader, opset, err) < 0)
            return -1;
        if (!reader->graph.branching)
            break;
        if (take_branch(reader, file, decided, err) < 0)
            return -1;
        clear(reader);
    }
    move_decisions(decided, reader->graph.network);
    return 0;
}

static int read_model(struct reader *reader, const struct onnx_file *file,
                      const struct onnx_choices *choices, struct error *err)
{
    struct network *decided = network_create(file->path);
    int64_t opset = 0;
    int status = onnx_choices_apply(file->path, choices, file->model, err);

    if (status == 0)
        status = find_opset(file->path, file->model, &opset, err);
    if (status == 0) {
        onnx_choices_decide(choices, file->model, decided);
        status = read_decided(reader, file, opset, decided, err);
    }
    network_destroy(decided);
    return status;
}

struct network *onnx_read(const char *path, struct error *err)
{
    static const struct onnx_choices none = {.output = NULL};

    return onnx_read_as(path, &none, err);
}

struct network *onnx_read_as(const char *path, const struct onnx_choices *choices,
                             struct error *err)
{
    struct reader reader = {.is_needed = NULL};
    struct network *network = NULL;
    struct onnx_file file;
    char *others;

    if (onnx_file_open(path, &file, err) < 0)
        return NULL;
    others = choices->output ? onnx_choices_other_outputs(file.model, choices->output)
                             : NULL;
    if (read_model(&reader, &file, choices, err) == 0) {
        network = reader.graph.network;
        network->other_outputs = others;
        others = NULL;
        reader.graph.network = NULL;
    }
    free(others);
    clear(&reader);
    onnx_file_close(&file);
    return network;
}

int onnx_read_property(const char *path, const char *key, char **text,
                       struct error *err)
{
    struct onnx_file file;

    if (onnx_file_open(path, &file, err) < 0)
        return -1;
    *text = NULL;
    for (size_t i = 0; i < file.model->n_metadata_props && !*text; i++) {
        const Onnx__StringStringEntryProto *property = file.model->metadata_props[i];

        if (property->key && property->value && strcmp(property->key, key) == 0)
            *text = memory_text(property->value);
    }
    onnx_file_close(&file);
    return 0;
}
