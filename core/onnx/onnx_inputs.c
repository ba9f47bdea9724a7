#include "core/onnx/onnx_inputs.h"

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/onnx/onnx_error.h"
#include "core/onnx/onnx_tensor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SHOWN_BYTES = 100 };

const Onnx__TensorShapeProto *onnx_inputs_shape(const Onnx__ValueInfoProto *value)
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

char *onnx_inputs_shape_text(const Onnx__TensorShapeProto *shape)
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
    size_t rank = onnx_inputs_shape(input->input)->n_dim;

    if (rank == 0 && element == ELEMENT_INT32)
        return onnx_error(
            err, graph->path,
            "input \"%s\" is one number, which no sample has; the setting "
            "shape of the model fixes it, e.g. shape: {%.*s: 1}, or "
            "--shape of calq inspect",
            input->name, NAME_SHOWN_BYTES, input->name);
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
    int64_t batch = fixed_dim(onnx_inputs_shape(input->input)->dim[input->batch.axis]);

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
    const Onnx__TensorShapeProto *shape = onnx_inputs_shape(input->input);
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
    const Onnx__TensorShapeProto *shape = onnx_inputs_shape(input->input);
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
    text = onnx_inputs_shape_text(shape);
    status = give_tensor(graph, input, element, text, err);
    free(text);
    return status;
}

int onnx_inputs_read(struct onnx_graph *graph, struct error *err)
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

const char *onnx_inputs_other_floats(const Onnx__GraphProto *graph)
{
    for (size_t i = 0; i < graph->n_input + graph->n_initializer; i++) {
        bool is_input = i < graph->n_input;
        const Onnx__ValueInfoProto *input = is_input ? graph->input[i] : NULL;
        int32_t number =
            is_input
                ? onnx_inputs_shape(input) ? input->type->tensor_type->elem_type : 0
                : graph->initializer[i - graph->n_input]->data_type;

        if (is_of_floats(number) && number != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
            return onnx_type_find(number)->name;
    }
    return NULL;
}
