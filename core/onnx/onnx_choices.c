#include "core/onnx/onnx_choices.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_decision.h"
#include "core/onnx/onnx_error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_BYTES = 600, NAME_SHOWN_BYTES = 100 };

bool onnx_choices_parse(const char *text, size_t *name_bytes, int64_t *size)
{
    const char *equals = strrchr(text, '=');
    char *end;

    if (!equals || equals == text)
        return false;
    *name_bytes = (size_t)(equals - text);
    *size = strtoll(equals + 1, &end, 10);
    return end != equals + 1 && *end == '\0' && *size >= 1 && *size <= INT32_MAX;
}

/* ---- open dimensions ---- */

static Onnx__TensorShapeProto *shape_of(const Onnx__ValueInfoProto *value)
{
    if (!value->type || value->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
        return NULL;
    return value->type->tensor_type->shape;
}

/* The name of an open dimension, written to `text` [bytes]; NULL: it is fixed. */
static const char *name_of(const Onnx__ValueInfoProto *input, size_t index, char *text,
                           size_t bytes)
{
    const Onnx__TensorShapeProto__Dimension *dim = shape_of(input)->dim[index];

    if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE &&
        dim->dim_value > 0)
        return NULL;
    if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM &&
        dim->dim_param && *dim->dim_param)
        return dim->dim_param;
    snprintf(text, bytes, "%s.%zu", input->name ? input->name : "", index);
    return text;
}

static bool is_called(const Onnx__ValueInfoProto *input, size_t index, const char *name,
                      size_t name_bytes)
{
    char text[NAMES_BYTES], numbered[NAMES_BYTES];
    const char *own = name_of(input, index, text, sizeof text);

    if (!own)
        return false;
    snprintf(numbered, sizeof numbered, "%s.%zu", input->name ? input->name : "",
             index);
    return (strlen(own) == name_bytes && memcmp(own, name, name_bytes) == 0) ||
           (strlen(numbered) == name_bytes && memcmp(numbered, name, name_bytes) == 0);
}

static void fix(Onnx__TensorShapeProto__Dimension *dim, int64_t size)
{
    if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM &&
        dim->dim_param && dim->dim_param != protobuf_c_empty_string)
        free(dim->dim_param);
    dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    dim->dim_value = size;
}

/* The names of all open dimensions, as far as there is room. */
static const char *list_open(const Onnx__GraphProto *graph, char *text)
{
    char own[NAMES_BYTES];
    size_t used = 0;

    *text = '\0';
    for (size_t i = 0; i < graph->n_input; i++) {
        const Onnx__TensorShapeProto *shape = shape_of(graph->input[i]);

        for (size_t k = 0; shape && k < shape->n_dim; k++) {
            const char *name = name_of(graph->input[i], k, own, sizeof own);

            if (name && used + NAME_SHOWN_BYTES + 4 < NAMES_BYTES)
                used += (size_t)snprintf(text + used, NAMES_BYTES - used, "%s%.*s",
                                         used ? ", " : "", NAME_SHOWN_BYTES, name);
        }
    }
    return used ? text : "none";
}

static int refuse(struct error *err, int status)
{
    err->code = EXIT_CONFIG;
    return status;
}

static int fix_named(const char *path, Onnx__GraphProto *graph, const char *text,
                     struct error *err)
{
    size_t name_bytes, fixed = 0;
    char names[NAMES_BYTES];
    int64_t size;

    if (!onnx_choices_parse(text, &name_bytes, &size))
        return refuse(err, onnx_error(err, path,
                                      "shape: \"%.*s\" must be a dimension's name and "
                                      "its size, 1 or more, as in {height: 224}",
                                      NAME_SHOWN_BYTES, text));
    for (size_t i = 0; i < graph->n_input; i++) {
        const Onnx__TensorShapeProto *shape = shape_of(graph->input[i]);

        for (size_t k = 0; shape && k < shape->n_dim; k++)
            if (is_called(graph->input[i], k, text, name_bytes)) {
                fix(shape->dim[k], size);
                fixed++;
            }
    }
    if (fixed > 0 || onnx_decision_number(graph, text, name_bytes))
        return 0;
    return refuse(
        err,
        onnx_error(err, path,
                   "shape: no input has an open dimension \"%.*s\"; open are %s",
                   (int)(name_bytes < NAME_SHOWN_BYTES ? name_bytes : NAME_SHOWN_BYTES),
                   text, list_open(graph, names)));
}

void onnx_choices_decide(const struct onnx_choices *choices,
                         const Onnx__ModelProto *model, struct network *network)
{
    for (int i = 0; i < choices->shape_count; i++) {
        const Onnx__ValueInfoProto *input;
        size_t name_bytes;
        int64_t number;

        if (!onnx_choices_parse(choices->shape[i], &name_bytes, &number))
            continue;
        input = onnx_decision_number(model->graph, choices->shape[i], name_bytes);
        if (input)
            network_add_decision(network, DECIDED_NUMBER, input->name, number);
    }
}

/* ---- the output ---- */

static bool has_output(const Onnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_output; i++)
        if (graph->output[i]->name && strcmp(graph->output[i]->name, name) == 0)
            return true;
    return false;
}

void onnx_choices_keep_output(Onnx__ModelProto *model, const char *name)
{
    Onnx__GraphProto *graph = model->graph;
    size_t kept = 0;

    if (!has_output(graph, name))
        return;
    for (size_t i = 0; i < graph->n_output; i++)
        if (kept == 0 && graph->output[i]->name &&
            strcmp(graph->output[i]->name, name) == 0)
            graph->output[kept++] = graph->output[i];
        else
            onnx__value_info_proto__free_unpacked(graph->output[i], NULL);
    graph->n_output = kept;
}

/* The names of all outputs but one, as far as there is room; NULL: there are no others. */
static const char *list_outputs(const Onnx__GraphProto *graph, const char *but,
                                char *text)
{
    size_t used = 0;

    for (size_t i = 0; i < graph->n_output; i++) {
        const char *name = graph->output[i]->name;

        if (name && strcmp(name, but) != 0 && used + NAME_SHOWN_BYTES + 6 < NAMES_BYTES)
            used += (size_t)snprintf(text + used, NAMES_BYTES - used, "%s\"%.*s\"",
                                     used ? ", " : "", NAME_SHOWN_BYTES, name);
    }
    return used ? text : NULL;
}

char *onnx_choices_other_outputs(const Onnx__ModelProto *model, const char *name)
{
    char names[NAMES_BYTES];
    const char *others = list_outputs(model->graph, name, names);

    return others ? memory_text(others) : NULL;
}

static int choose_output(const char *path, const char *name, Onnx__ModelProto *model,
                         struct error *err)
{
    char names[NAMES_BYTES];
    const char *others = list_outputs(model->graph, name, names);

    if (has_output(model->graph, name)) {
        onnx_choices_keep_output(model, name);
        return 0;
    }
    return refuse(err, onnx_error(err, path,
                                  "outputs: the network has no output \"%.*s\"; it has "
                                  "%s",
                                  NAME_SHOWN_BYTES, name, others ? others : "none"));
}

int onnx_choices_apply(const char *path, const struct onnx_choices *choices,
                       Onnx__ModelProto *model, struct error *err)
{
    for (int i = 0; i < choices->shape_count; i++)
        if (fix_named(path, model->graph, choices->shape[i], err) < 0)
            return -1;
    return choices->output ? choose_output(path, choices->output, model, err) : 0;
}
