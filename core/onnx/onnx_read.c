#include "core/onnx/onnx_read.h"

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/onnx/onnx_error.h"
#include "core/onnx/onnx_lacks.h"
#include "core/onnx/onnx_operators.h"
#include "core/onnx/onnx_read_node.h"
#include "core/onnx/onnx_tensor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPSET_MIN = 7, OPSET_MAX = 26, NAMES_BYTES = 1024 };

/* The file while it is read. */
struct reader {
    struct onnx_graph graph;
    bool *is_needed;         /* [nodes] an output depends on the node */
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

/* If, Loop and Scan hold graphs. */
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

/* ---- the inputs ---- */

static const Onnx__TensorShapeProto *shape_of(const Onnx__ValueInfoProto *value)
{
    if (!value->type || value->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
        return NULL;
    return value->type->tensor_type->shape;
}

/* A dimension as the file has it: its size, its name, or "?". */
static const char *dim_text(const Onnx__TensorShapeProto__Dimension *dim, char *text,
                            size_t bytes)
{
    const char *name =
        dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
            ? dim->dim_param
            : NULL;

    if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
        snprintf(text, bytes, "%lld", (long long)dim->dim_value);
    else
        snprintf(text, bytes, "%s",
                 name && *name && strlen(name) < bytes && text_is_printable(name)
                     ? name
                     : "?");
    return text;
}

/* "[N, 3, 224, 224]", for the caller to free. */
static char *shape_text(const Onnx__TensorShapeProto *shape)
{
    enum { DIM_BYTES = 64 };
    char text[(DIM_BYTES + 2) * ONNX_RANK_MAX + 8] = "[", one[DIM_BYTES];

    for (size_t i = 0; i < shape->n_dim && i < ONNX_RANK_MAX; i++) {
        size_t used = strlen(text);

        snprintf(text + used, sizeof text - used, "%s%s", i ? ", " : "",
                 dim_text(shape->dim[i], one, sizeof one));
    }
    strcat(text, shape->n_dim > ONNX_RANK_MAX ? ", ...]" : "]");
    return memory_text(text);
}

static int64_t fixed_dim(const Onnx__TensorShapeProto__Dimension *dim)
{
    return dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
               ? dim->dim_value
               : 0;
}

static bool is_of_floats(int32_t number)
{
    const struct onnx_type *type = onnx_type_find(number);

    return type && !type->is_integer;
}

/* The type of what an input holds; ints of 64 bits are read where 32 hold them, and all floats are one. */
static int find_element(const struct onnx_graph *graph, const struct onnx_value *input,
                        enum element *element, struct error *err)
{
    int32_t type = input->input->type->tensor_type->elem_type;
    char text[32];

    *element = is_of_floats(type) ? ELEMENT_FLOAT : ELEMENT_INT32;
    if (*element == ELEMENT_FLOAT || type == ONNX__TENSOR_PROTO__DATA_TYPE__INT32 ||
        type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64)
        return 0;
    return onnx_error(err, graph->path,
                      "input \"%s\" is %s; calq needs float, int32 or int64",
                      input->name, onnx_type_text(type, text));
}

static int check_rank(const struct onnx_graph *graph, const struct onnx_value *input,
                      enum element element, struct error *err)
{
    size_t rank = shape_of(input->input)->n_dim;

    if (rank <= ONNX_RANK_MAX && rank >= (element == ELEMENT_FLOAT ? 2 : 1))
        return 0;
    return onnx_error(err, graph->path,
                      "input \"%s\" has %zu dimensions; calq needs [N, C, H, W] or "
                      "[N, features]",
                      input->name, rank);
}

/* The first dimension; of [16, N, 32], steps of sequences, the second. */
static int batch_axis_of(const Onnx__TensorShapeProto *shape)
{
    return shape->n_dim > 1 && fixed_dim(shape->dim[0]) > 1 &&
           fixed_dim(shape->dim[1]) < 1;
}

static int note_batch(struct onnx_graph *graph, const struct onnx_value *input,
                      struct error *err)
{
    int64_t batch = fixed_dim(shape_of(input->input)->dim[input->batch.axis]);

    if (batch > 0 && graph->batch > 0 && batch != graph->batch)
        return onnx_error(err, graph->path,
                          "input \"%s\" is of %lld samples, another of %lld",
                          input->name, (long long)batch, (long long)graph->batch);
    graph->batch = batch > 0 ? batch : graph->batch;
    return 0;
}

static bool is_empty(const Onnx__TensorShapeProto__Dimension *dim)
{
    return dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE &&
           dim->dim_value == 0;
}

/* What the setting shape calls an open dimension: its name or, where it has none, "input.number". */
static const char *open_name(const char *input,
                             const Onnx__TensorShapeProto__Dimension *dim, size_t index,
                             char *text, size_t bytes)
{
    char own[NAME_SHOWN_BYTES];

    if (dim->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM ||
        strcmp(dim_text(dim, own, sizeof own), "?") == 0)
        snprintf(text, bytes, "%.*s.%zu", NAME_SHOWN_BYTES, input, index);
    else
        snprintf(text, bytes, "%s", own);
    return text;
}

/* The dims of a sample: all but the batch, which have to be fixed. */
static int sample_dims(const struct onnx_graph *graph, const struct onnx_value *input,
                       const char *text, struct onnx_shape *sample, struct error *err)
{
    const Onnx__TensorShapeProto *shape = shape_of(input->input);
    char name[2 * NAME_SHOWN_BYTES];
    size_t count;

    for (size_t i = 0; i < shape->n_dim; i++) {
        int64_t dim = fixed_dim(shape->dim[i]);

        if (i == (size_t)input->batch.axis)
            continue;
        if (is_empty(shape->dim[i]))
            return onnx_error(
                err, graph->path,
                "dimension %zu of input \"%s\" is 0: the file has %s, and "
                "there is nothing to compute of sequences without steps",
                i, input->name, text);
        if (dim < 1)
            return onnx_error(
                err, graph->path,
                "dimension %zu of input \"%s\" is not fixed: the file has %s; the "
                "setting shape of the model fixes it, e.g. shape: {%s: 128}, or "
                "--shape of calq inspect",
                i, input->name, text,
                open_name(input->name, shape->dim[i], i, name, sizeof name));
        sample->dims[sample->rank++] = dim;
    }
    if (!onnx_shape_count(sample, &count))
        return onnx_error(err, graph->path, "input \"%s\" is too large", input->name);
    return 0;
}

/* Makes the tensor of an input whose type and rank are known; `text` is its shape. */
static int give_tensor(struct onnx_graph *graph, struct onnx_value *input,
                       enum element element, const char *text, struct error *err)
{
    struct onnx_shape sample = {.rank = 0};
    int dims[TENSOR_RANK_MAX];

    if (sample_dims(graph, input, text, &sample, err) < 0)
        return -1;
    for (int i = 0; i < sample.rank; i++)
        dims[i] = (int)sample.dims[i];
    input->tensor = network_add_tensor(graph->network, input->name, sample.rank, dims);
    graph->network->tensors[input->tensor].element = element;
    network_add_input(graph->network, input->tensor, text);
    return 0;
}

static int read_input(struct onnx_graph *graph, struct onnx_value *input,
                      struct error *err)
{
    const Onnx__TensorShapeProto *shape = shape_of(input->input);
    enum element element;
    char *text;
    int status;

    if (!shape)
        return onnx_error(err, graph->path, "input \"%s\" is no tensor with a shape",
                          input->name);
    if (find_element(graph, input, &element, err) < 0 ||
        check_rank(graph, input, element, err) < 0)
        return -1;
    input->batch.axis = batch_axis_of(shape);
    if (note_batch(graph, input, err) < 0)
        return -1;
    text = shape_text(shape);
    status = give_tensor(graph, input, element, text, err);
    free(text);
    return status;
}

/* Those that nothing reads are none; an initialiser of the same name is a constant. */
static int read_inputs(struct onnx_graph *graph, struct error *err)
{
    size_t given = 0;

    for (size_t i = 0; i < graph->proto->n_input; i++) {
        struct onnx_value *input = onnx_graph_find(graph, graph->proto->input[i]->name);

        given += input->input != NULL;
        if (!input->input || !input->is_read)
            continue;
        if (graph->network->input_count == NETWORK_INPUTS_MAX)
            return onnx_error(err, graph->path,
                              "the network reads more than %d inputs; calq takes no "
                              "more",
                              NETWORK_INPUTS_MAX);
        if (read_input(graph, input, err) < 0)
            return -1;
    }
    return given > 0 ? 0
                     : onnx_error(err, graph->path,
                                  "the network has 0 inputs; calq needs one");
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
    }
    return 0;
}

/* Name and shape as the file has them; a shape that it does not tell is what calq finds. */
static void note_output(struct onnx_graph *graph, const struct tensor *tensor)
{
    const Onnx__ValueInfoProto *output = graph->proto->output[0];
    const Onnx__TensorShapeProto *proto = shape_of(output);
    struct onnx_shape shape = onnx_shape_of_tensor(tensor);
    char text[ONNX_SHAPE_TEXT_BYTES];

    graph->network->output_name = memory_text(output->name);
    graph->network->output_shape = proto && proto->n_dim > 0
                                       ? shape_text(proto)
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

/* The first type of floats that is none, of inputs and initialisers; NULL: there is none. */
static const char *other_floats(const Onnx__GraphProto *graph)
{
    for (size_t i = 0; i < graph->n_input + graph->n_initializer; i++) {
        bool is_input = i < graph->n_input;
        const Onnx__ValueInfoProto *input = is_input ? graph->input[i] : NULL;
        int32_t number = is_input
                             ? shape_of(input) ? input->type->tensor_type->elem_type : 0
                             : graph->initializer[i - graph->n_input]->data_type;

        if (is_of_floats(number) && number != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
            return onnx_type_find(number)->name;
    }
    return NULL;
}

static int read_graph(struct reader *reader, int64_t opset, struct error *err)
{
    size_t nodes = reader->graph.proto->n_node;

    reader->graph.opset = opset;
    reader->graph.network->other_floats = other_floats(reader->graph.proto);
    reader->is_needed = memory_zeroed(nodes, sizeof *reader->is_needed);
    if (find_needed(reader, err) < 0 || check_operators(reader, err) < 0 ||
        read_inputs(&reader->graph, err) < 0 || read_nodes(reader, err) < 0)
        return -1;
    return read_output(&reader->graph, err);
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
    int64_t opset = 0;
    char *others;

    if (onnx_file_open(path, &file, err) < 0)
        return NULL;
    others = choices->output ? onnx_choices_other_outputs(file.model, choices->output)
                             : NULL;
    if (onnx_choices_apply(path, choices, file.model, err) == 0 &&
        find_opset(path, file.model, &opset, err) == 0 &&
        onnx_graph_init(&reader.graph, &file, err) == 0 &&
        read_graph(&reader, opset, err) == 0) {
        network = reader.graph.network;
        network->other_outputs = others;
        others = NULL;
        reader.graph.network = NULL;
    }
    free(others);
    onnx_graph_clear(&reader.graph);
    free(reader.is_needed);
    onnx_lacks_clear(&reader.lacks);
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
