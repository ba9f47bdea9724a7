#include "core/onnx/onnx_node.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_error.h"
#include "core/onnx/onnx_tensor.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODE_NAME_BYTES = 2 * ONNX_NAME_BYTES_MAX + 2 };

const char *onnx_node_name(const struct onnx_node *node, char *text, size_t bytes)
{
    const Onnx__NodeProto *proto = node->proto;

    if (proto->name && *proto->name)
        snprintf(text, bytes, "%s", proto->name);
    else
        snprintf(text, bytes, "%s %s", proto->op_type,
                 proto->n_output ? proto->output[0] : "");
    return text;
}

int onnx_node_error(const struct onnx_node *node, struct error *err, const char *format,
                    ...)
{
    char name[NODE_NAME_BYTES], sentence[ERROR_TEXT_BYTES];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return onnx_error(err, node->graph->path, "node \"%s\" (%s): %s",
                      onnx_node_name(node, name, sizeof name), node->proto->op_type,
                      sentence);
}

bool onnx_node_has_input(const struct onnx_node *node, int input)
{
    return (size_t)input < node->proto->n_input && *node->proto->input[input];
}

/* How many nodes read a value, and the last of them. */
static int count_readers(const Onnx__GraphProto *graph, const char *name,
                         const Onnx__NodeProto **reader)
{
    int count = 0;

    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t j = 0; j < graph->node[i]->n_input; j++)
            if (strcmp(graph->node[i]->input[j], name) == 0) {
                *reader = graph->node[i];
                count++;
            }
    return count;
}

/* Whether the node gives the values that it reads, perhaps in another shape. */
static bool is_view(const Onnx__NodeProto *node)
{
    static const char *const views[] = {"Dropout", "Flatten", "Identity",
                                        "Reshape", "Squeeze", "Unsqueeze"};

    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        if (strcmp(node->op_type, views[i]) == 0)
            return node->n_output > 0;
    return false;
}

bool onnx_node_is_last(const struct onnx_node *node)
{
    const Onnx__GraphProto *graph = node->graph->proto;
    const char *name = node->proto->n_output ? node->proto->output[0] : "";
    const Onnx__NodeProto *reader = NULL;

    for (size_t steps = 0; steps <= graph->n_node; steps++) {
        int count = count_readers(graph, name, &reader);

        if (count == 0)
            return strcmp(name, graph->output[0]->name) == 0;
        if (count > 1 || !is_view(reader))
            return false;
        name = reader->output[0];
    }
    return false;
}

int onnx_node_value(const struct onnx_node *node, int input, struct onnx_value **value,
                    struct error *err)
{
    struct onnx_value *found;

    if (!onnx_node_has_input(node, input))
        return onnx_node_error(node, err, "input %d is missing", input);
    found = onnx_graph_find(node->graph, node->proto->input[input]);
    assert(found); /* no node is read before all of its inputs were looked for */
    if (found->is_codes)
        return onnx_node_error(node, err,
                               "its input \"%s\" is codes; calq knows only "
                               "DequantizeLinear to read them",
                               found->name);
    if (!found->constant && !found->initialiser && found->tensor < 0)
        return onnx_node_error(
            node, err, "its input \"%s\" is an output that calq does not compute",
            found->name);
    *value = found;
    return 0;
}

static int check_float(const struct onnx_node *node, const struct onnx_value *value,
                       struct error *err)
{
    const Onnx__ValueInfoProto *input = value->input;
    char text[32];

    if (node->graph->network->tensors[value->tensor].element != ELEMENT_FLOAT)
        return onnx_node_error(
            node, err, "its input \"%s\" is %s; calq computes with float", value->name,
            input ? onnx_type_text(input->type->tensor_type->elem_type, text)
                  : "of integers");
    return 0;
}

/* Whether the batch of a tensor is where it is of all tensors of the node. */
static int check_batch(const struct onnx_node *node, const struct onnx_value *value,
                       struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_shape shape;

    if (onnx_batch_is_same(&value->batch, &node->batch))
        return 0;
    shape =
        onnx_batch_shape(&value->batch, &node->graph->network->tensors[value->tensor]);
    if (onnx_batch_is_plain(&node->batch) && onnx_batch_folds(&value->batch) == 0)
        return onnx_node_error(node, err,
                               "its input \"%s\" has the batch as dimension %d; calq "
                               "needs it first, as a Transpose makes it",
                               value->name, value->batch.axis);
    return onnx_node_error(
        node, err,
        "its input \"%s\" is %s, N being the batch: calq cannot "
        "compute it where the batch is folded with other dimensions, "
        "or lies elsewhere than in its other inputs",
        value->name, onnx_shape_text(&shape, text));
}

/* Whether a tensor is what operators compute with. */
static int check_tensor(const struct onnx_node *node, const struct onnx_value *value,
                        struct error *err)
{
    return check_float(node, value, err) < 0 ? -1 : check_batch(node, value, err);
}

int onnx_node_tensor(const struct onnx_node *node, int input, int *tensor,
                     struct error *err)
{
    struct onnx_value *value;

    if (onnx_node_value(node, input, &value, err) < 0)
        return -1;
    if (value->tensor < 0)
        return onnx_node_error(
            node, err,
            "its input \"%s\" is a constant; it must be computed from "
            "the network's input",
            value->name);
    *tensor = value->tensor;
    return check_tensor(node, value, err);
}

static int must_be_constant(const struct onnx_node *node,
                            const struct onnx_value *value, struct error *err)
{
    return onnx_node_error(node, err, "its input \"%s\" must be a constant",
                           value->name);
}

int onnx_node_repeated(const struct onnx_node *node, int input,
                       const struct onnx_constant **constant, struct error *err)
{
    struct onnx_value *value;

    if (onnx_node_value(node, input, &value, err) < 0 ||
        onnx_graph_constant(node->graph, value, constant, err) < 0)
        return -1;
    return *constant ? 0 : must_be_constant(node, value, err);
}

/* A constant that is the same for each sample, its first dimension the batch, repeats as well with one
 * element there. */
static void repeat_as_one(const struct onnx_node *node,
                          const struct onnx_constant **constant)
{
    struct onnx_shape shape = (*constant)->shape;
    struct onnx_constant *one;

    if (onnx_shape_batch_axis(&shape) != 0)
        return;
    shape.dims[0] = 1;
    one = onnx_constant_create((*constant)->name, (*constant)->is_integer, &shape);
    for (size_t i = 0; i < one->count; i++)
        onnx_constant_copy(one, i, *constant, i);
    *constant = onnx_graph_keep(node->graph, one);
}

int onnx_node_constant(const struct onnx_node *node, int input,
                       const struct onnx_constant **constant, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];

    if (onnx_node_repeated(node, input, constant, err) < 0)
        return -1;
    repeat_as_one(node, constant);
    if (onnx_shape_has_batch(&(*constant)->shape))
        return onnx_node_error(node, err,
                               "its input \"%s\" is %s, the same for each sample: calq "
                               "cannot compute it with a batch",
                               (*constant)->name,
                               onnx_shape_text(&(*constant)->shape, text));
    return 0;
}

static int check_is_real(const struct onnx_node *node,
                         const struct onnx_constant *constant, struct error *err)
{
    if (constant->is_integer)
        return onnx_node_error(node, err, "its input \"%s\" must be of a float type",
                               constant->name);
    return 0;
}

/* Values from number `first` on. */
static int check_finite(const struct onnx_node *node,
                        const struct onnx_constant *constant, const float *values,
                        size_t first, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return onnx_node_error(node, err, "value %zu of \"%s\" is not finite",
                                   first + i, constant->name);
    return 0;
}

int onnx_node_check_reals(const struct onnx_node *node,
                          const struct onnx_constant *constant, struct error *err)
{
    return check_is_real(node, constant, err) < 0
               ? -1
               : check_finite(node, constant, constant->reals, 0, constant->count, err);
}

int onnx_node_reals(const struct onnx_node *node, int input,
                    const struct onnx_constant **constant, struct error *err)
{
    return onnx_node_constant(node, input, constant, err) < 0
               ? -1
               : onnx_node_check_reals(node, *constant, err);
}

int onnx_node_weights(const struct onnx_node *node, int input,
                      const struct onnx_constant **weights, struct error *err)
{
    struct onnx_value *value;

    if (onnx_node_value(node, input, &value, err) < 0 ||
        onnx_graph_look(node->graph, value, weights, err) < 0)
        return -1;
    if (!*weights)
        return must_be_constant(node, value, err);
    return check_is_real(node, *weights, err);
}

int onnx_node_weight_values(const struct onnx_node *node,
                            const struct onnx_constant *weights, size_t first,
                            size_t count, float *to, struct error *err)
{
    if (onnx_tensor_reals(node->graph->file, weights, first, count, to, err) < 0)
        return -1;
    return check_finite(node, weights, to, first, count, err);
}

int onnx_node_integers(const struct onnx_node *node, int input, const char *what,
                       const struct onnx_constant **constant, struct error *err)
{
    if (onnx_node_constant(node, input, constant, err) < 0)
        return -1;
    if (!(*constant)->is_integer || (*constant)->shape.rank > 1)
        return onnx_node_error(node, err, "%s (\"%s\") must be a list of integers",
                               what, (*constant)->name);
    return 0;
}

int onnx_node_scalar(const struct onnx_node *node, int input, float *value,
                     struct error *err)
{
    const struct onnx_constant *constant;

    if (onnx_node_reals(node, input, &constant, err) < 0)
        return -1;
    if (constant->count != 1)
        return onnx_node_error(node, err, "its input \"%s\" must be a single value",
                               constant->name);
    *value = constant->reals[0];
    return 0;
}

int onnx_node_moved(const struct onnx_node *node, int input, struct onnx_source *source,
                    struct error *err)
{
    struct onnx_value *value;

    if (onnx_node_value(node, input, &value, err) < 0 ||
        onnx_graph_constant(node->graph, value, &source->constant, err) < 0 ||
        (!source->constant && check_float(node, value, err) < 0))
        return -1;
    source->tensor = value->tensor;
    source->batch = value->batch;
    source->shape =
        source->constant
            ? source->constant->shape
            : onnx_batch_shape(&value->batch,
                               &node->graph->network->tensors[value->tensor]);
    return 0;
}

int onnx_node_source(const struct onnx_node *node, int input,
                     struct onnx_source *source, struct error *err)
{
    struct onnx_value *value;

    if (onnx_node_moved(node, input, source, err) < 0)
        return -1;
    if (source->constant) {
        repeat_as_one(node, &source->constant);
        source->shape = source->constant->shape;
        return 0;
    }
    value = onnx_graph_find(node->graph, node->proto->input[input]);
    source->batch = (struct onnx_batch){0};
    source->shape = onnx_shape_of_tensor(&node->graph->network->tensors[value->tensor]);
    return check_batch(node, value, err);
}

bool onnx_node_axis(const struct onnx_node *node, int64_t axis, int rank,
                    int *from_front)
{
    int seen;

    if (!onnx_shape_axis(axis, rank - onnx_batch_folds(&node->batch), &seen))
        return false;
    *from_front = onnx_batch_sample_axis(&node->batch, seen);
    return true;
}

int onnx_node_mark_axes(const struct onnx_node *node, const int64_t *axes, size_t count,
                        int rank, bool *marked, struct error *err)
{
    for (int i = 0; i < ONNX_RANK_MAX; i++)
        marked[i] = false;
    for (size_t i = 0; i < count; i++) {
        int axis;

        if (!onnx_shape_axis(axes[i], rank, &axis))
            return onnx_node_error(node, err, "there is no axis %lld in %d dimensions",
                                   (long long)axes[i], rank);
        if (marked[axis])
            return onnx_node_error(node, err, "axis %d is named twice", axis);
        marked[axis] = true;
    }
    return 0;
}

int onnx_node_unfold(const struct onnx_node *node, size_t elements, struct error *err)
{
    struct onnx_graph *graph = node->graph;
    size_t most = ONNX_UNFOLDED_MAX + graph->external;

    if (elements > most - graph->unfolded)
        return onnx_node_error(
            node, err,
            "the network is too large: more than %zu weights, rearranged "
            "elements and computed constants",
            most);
    graph->unfolded += elements;
    return 0;
}

static bool has_output(const struct onnx_node *node, int output)
{
    return (size_t)output < node->proto->n_output && *node->proto->output[output];
}

struct onnx_node onnx_node_for_output(const struct onnx_node *node, int output)
{
    struct onnx_node other = *node;

    other.output = output;
    return other;
}

bool onnx_node_needs_output(const struct onnx_node *node, int output)
{
    return has_output(node, output) &&
           onnx_graph_find(node->graph, node->proto->output[output])->is_read;
}

int onnx_node_output(const struct onnx_node *node, struct onnx_value **value,
                     struct error *err)
{
    if (!has_output(node, node->output))
        return onnx_node_error(node, err, "its output %d has no name", node->output);
    *value = onnx_graph_find(node->graph, node->proto->output[node->output]);
    assert(*value);
    return 0;
}

static int check_sample(const struct onnx_node *node, const struct onnx_shape *sample,
                        struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];
    size_t count;

    if (sample->rank > TENSOR_RANK_MAX)
        return onnx_node_error(node, err, "its output has more than %d dimensions",
                               TENSOR_RANK_MAX + 1);
    if (!onnx_shape_count(sample, &count) || count == 0)
        return onnx_node_error(node, err, "its output would have the shape %s a sample",
                               onnx_shape_text(sample, text));
    return 0;
}

struct layer *onnx_node_give_layer(const struct onnx_node *node, enum layer_kind kind,
                                   const int *inputs, int input_count,
                                   const struct onnx_shape *sample, struct error *err)
{
    struct network *network = node->graph->network;
    char name[NODE_NAME_BYTES];
    int dims[TENSOR_RANK_MAX];
    struct onnx_value *value;
    struct layer *layer;

    if (onnx_node_output(node, &value, err) < 0 || check_sample(node, sample, err) < 0)
        return NULL;
    for (int i = 0; i < sample->rank; i++)
        dims[i] = (int)sample->dims[i];
    value->tensor = network_add_tensor(network, value->name, sample->rank, dims);
    value->batch = node->batch;
    layer = network_add_layer(network, kind, onnx_node_name(node, name, sizeof name),
                              inputs, input_count, value->tensor);
    layer->node = node->index;
    layer->op = memory_text(node->proto->op_type);
    return layer;
}

struct layer *onnx_node_give_same(const struct onnx_node *node, enum layer_kind kind,
                                  const int *inputs, int input_count, struct error *err)
{
    struct onnx_shape shape =
        onnx_shape_of_sample(&node->graph->network->tensors[inputs[0]]);

    return onnx_node_give_layer(node, kind, inputs, input_count, &shape, err);
}

/* A constant may be the same for all samples: one dimension is the batch. */
static bool repeats_once(const struct onnx_shape *shape)
{
    int repeats = 0;

    for (int i = 0; i < shape->rank; i++)
        if (onnx_batch_factor(shape->dims[i]) > 0)
            repeats += shape->dims[i] == ONNX_BATCH ? 1 : 2;
    return repeats <= 1;
}

struct onnx_constant *onnx_node_give_constant(const struct onnx_node *node,
                                              bool is_integer,
                                              const struct onnx_shape *shape,
                                              struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_value *value;
    size_t count;

    if (onnx_node_output(node, &value, err) < 0)
        return NULL;
    if (!onnx_shape_count(shape, &count) || !repeats_once(shape)) {
        onnx_node_error(node, err, "a constant cannot have the shape %s",
                        onnx_shape_text(shape, text));
        return NULL;
    }
    if (onnx_node_unfold(node, count, err) < 0)
        return NULL;
    value->constant = onnx_graph_keep(
        node->graph, onnx_constant_create(value->name, is_integer, shape));
    return value->constant;
}

int onnx_node_give_input(const struct onnx_node *node, int input, struct error *err)
{
    struct onnx_value *from, *to;
    const struct onnx_constant *constant;

    if (onnx_node_value(node, input, &from, err) < 0 ||
        onnx_graph_look(node->graph, from, &constant, err) < 0 ||
        onnx_node_output(node, &to, err) < 0)
        return -1;
    to->tensor = from->tensor;
    to->batch = from->batch;
    to->constant = from->constant;
    return 0;
}

int onnx_node_take_back(const struct onnx_node *node, struct onnx_source *source,
                        struct error *err)
{
    char name[ONNX_NAME_BYTES_MAX + 16];
    struct onnx_value *value;
    struct tensor *tensor;

    if (onnx_node_output(node, &value, err) < 0)
        return -1;
    if (value->constant) {
        *source = (struct onnx_source){
            .constant = value->constant, .tensor = -1, .shape = value->constant->shape};
        return 0;
    }
    tensor = &node->graph->network->tensors[value->tensor];
    *source = (struct onnx_source){.tensor = value->tensor,
                                   .shape = onnx_shape_of_tensor(tensor)};
    snprintf(name, sizeof name, "%s (part)", value->name);
    free(tensor->name);
    tensor->name = memory_text(name);
    return 0;
}

const struct onnx_constant *onnx_node_as_reals(const struct onnx_node *node,
                                               const struct onnx_constant *constant)
{
    struct onnx_constant *reals =
        onnx_constant_create(constant->name, false, &constant->shape);

    for (size_t i = 0; i < constant->count; i++)
        reals->reals[i] = (float)constant->integers[i];
    return onnx_graph_keep(node->graph, reals);
}
