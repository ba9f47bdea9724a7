#include "core/export/onnx_in_float.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_external.h"
#include "core/onnx/onnx_tensor.h"

#include <stdlib.h>
#include <string.h>

#define TYPE(name) ONNX__TENSOR_PROTO__DATA_TYPE__##name

struct turning {
    const char *path;
    bool has_double; /* double becomes float, too */
};

static bool is_other_float(const struct turning *turning, int64_t type)
{
    return type == TYPE(FLOAT16) || type == TYPE(BFLOAT16) ||
           (turning->has_double && type == TYPE(DOUBLE));
}

static Onnx__TypeProto__Tensor *type_of(const Onnx__ValueInfoProto *value)
{
    if (!value->type || value->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
        return NULL;
    return value->type->tensor_type;
}

static bool is_double(const Onnx__ValueInfoProto *value)
{
    const Onnx__TypeProto__Tensor *type = type_of(value);

    return type && type->elem_type == TYPE(DOUBLE);
}

static void turn_values(const struct turning *turning, Onnx__ValueInfoProto **values,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Onnx__TypeProto__Tensor *type = type_of(values[i]);

        if (type && is_other_float(turning, type->elem_type))
            type->elem_type = TYPE(FLOAT);
    }
}

static void forget_lists(Onnx__TensorProto *tensor)
{
    free(tensor->int32_data);
    free(tensor->double_data);
    free(tensor->raw_data.data);
    tensor->int32_data = NULL;
    tensor->double_data = NULL;
    tensor->n_int32_data = 0;
    tensor->n_double_data = 0;
}

static int turn_tensor(const struct turning *turning, Onnx__TensorProto *tensor,
                       struct error *err)
{
    const struct onnx_type *type;
    struct onnx_constant *constant;
    struct onnx_shape shape;

    if (!is_other_float(turning, tensor->data_type) || onnx_external_is(tensor))
        return 0;
    if (onnx_tensor_check(turning->path, tensor->name ? tensor->name : "", tensor,
                          &type, &shape, err) < 0)
        return -1;
    constant = onnx_tensor_constant("", tensor, type, &shape);
    onnx_tensor_load(NULL, constant, err); /* it is in memory */
    forget_lists(tensor);
    tensor->data_type = TYPE(FLOAT);
    tensor->has_raw_data = 1;
    tensor->raw_data.len = constant->count * sizeof(float);
    tensor->raw_data.data = memory_copy(constant->reals, tensor->raw_data.len);
    onnx_constant_destroy(constant);
    return 0;
}

static int turn_node(const struct turning *turning, Onnx__NodeProto *node,
                     struct error *err)
{
    bool is_cast = node->op_type && strcmp(node->op_type, "Cast") == 0;

    for (size_t i = 0; i < node->n_attribute; i++) {
        Onnx__AttributeProto *attribute = node->attribute[i];

        if (is_cast && attribute->name && strcmp(attribute->name, "to") == 0 &&
            is_other_float(turning, attribute->i))
            attribute->i = TYPE(FLOAT);
        if (attribute->t && turn_tensor(turning, attribute->t, err) < 0)
            return -1;
    }
    return 0;
}

int onnx_in_float(const char *path, Onnx__ModelProto *model, struct error *err)
{
    Onnx__GraphProto *graph = model->graph;
    struct turning turning = {.path = path};

    for (size_t i = 0; i < graph->n_input; i++)
        turning.has_double = turning.has_double || is_double(graph->input[i]);
    for (size_t i = 0; i < graph->n_output; i++)
        turning.has_double = turning.has_double || is_double(graph->output[i]);
    for (size_t i = 0; i < graph->n_initializer; i++)
        if (turn_tensor(&turning, graph->initializer[i], err) < 0)
            return -1;
    for (size_t i = 0; i < graph->n_node; i++)
        if (turn_node(&turning, graph->node[i], err) < 0)
            return -1;
    turn_values(&turning, graph->input, graph->n_input);
    turn_values(&turning, graph->output, graph->n_output);
    turn_values(&turning, graph->value_info, graph->n_value_info);
    return 0;
}
