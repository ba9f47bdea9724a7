/* QuantizeLinear and DequantizeLinear: what a file says of codes. */
#include "core/onnx/onnx_operators.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_tensor.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES, STEP, ZERO_POINT };

static int check_steps(const struct onnx_node *node, const struct onnx_constant *steps,
                       struct error *err)
{
    for (size_t i = 0; i < steps->count; i++)
        if (!(steps->reals[i] > 0))
            return onnx_node_error(node, err, "scale %zu of \"%s\" is not above zero",
                                   i, steps->name);
    return 0;
}

/* Neighbours along an axis that share a step; 0: there are no such blocks. */
static int read_block(const struct onnx_node *node, int *block, struct error *err)
{
    int64_t size;

    if (onnx_attribute_integer(node, "block_size", 0, &size, err) < 0)
        return -1;
    if (size < 0 || size > INT32_MAX)
        return onnx_node_error(node, err, "its block_size is %lld", (long long)size);
    *block = (int)size;
    return 0;
}

/* Activations have none. */
static int refuse_block(const struct onnx_node *node, struct error *err)
{
    int block = 0;

    if (read_block(node, &block, err) < 0)
        return -1;
    return block == 0 ? 0
                      : onnx_node_error(node, err,
                                        "steps of blocks (block_size %d) are supported "
                                        "of constants alone",
                                        block);
}

/* An attribute that names an element type, or 0; another than `wanted` is refused. */
static int check_named_type(const struct onnx_node *node, const char *attribute,
                            int32_t wanted, struct error *err)
{
    char text[32], of_calq[32];
    int64_t type;

    if (onnx_attribute_integer(node, attribute, 0, &type, err) < 0)
        return -1;
    if (type == 0 || type == wanted)
        return 0;
    return onnx_node_error(
        node, err, "its attribute %s is %s; calq can read it as %s only", attribute,
        onnx_type_text(type > 0 && type < INT32_MAX ? (int32_t)type : 0, text),
        onnx_type_text(wanted, of_calq));
}

/* ---- activations -------------------------------------------------------------------------- */

static int read_step(const struct onnx_node *node, float *step, struct error *err)
{
    if (onnx_node_scalar(node, STEP, step, err) < 0)
        return -1;
    if (!(*step > 0))
        return onnx_node_error(node, err, "its scale is not above zero");
    return 0;
}

/* The type of codes is that of the zero-point; without one they are uint8. */
static int read_type(const struct onnx_node *node, const struct onnx_type **type,
                     struct error *err)
{
    const struct onnx_value *zero;

    *type = onnx_type_find(ONNX__TENSOR_PROTO__DATA_TYPE__UINT8);
    if (!onnx_node_has_input(node, ZERO_POINT))
        return 0;
    zero = onnx_graph_find(node->graph, node->proto->input[ZERO_POINT]);
    *type = zero->initialiser ? onnx_type_find(zero->initialiser->data_type) : NULL;
    if (!*type || !(*type)->is_integer || (*type)->bytes > 2)
        return onnx_node_error(
            node, err,
            "its zero-point must be an initialiser of a type with at "
            "most 16 bits");
    return 0;
}

/* The integer that stands for zero. */
static int read_zero_point(const struct onnx_node *node, const struct onnx_type *type,
                           int *zero, struct error *err)
{
    const struct onnx_constant *constant;

    *zero = 0;
    if (!onnx_node_has_input(node, ZERO_POINT))
        return 0;
    if (onnx_node_constant(node, ZERO_POINT, &constant, err) < 0)
        return -1;
    if (!constant->is_integer || constant->count != 1 ||
        constant->integers[0] < type->low || constant->integers[0] > type->high)
        return onnx_node_error(node, err,
                               "its zero-point must be one integer of its type");
    *zero = (int)constant->integers[0];
    return 0;
}

/* Step and codes, which are the integers less the zero-point. */
static int read_file_codes(const struct onnx_node *node, struct file_codes *codes,
                           struct error *err)
{
    const struct onnx_type *type;
    int zero;

    if (read_step(node, &codes->step, err) < 0 || read_type(node, &type, err) < 0 ||
        read_zero_point(node, type, &zero, err) < 0)
        return -1;
    codes->lowest = (int)type->low - zero;
    codes->highest = (int)type->high - zero;
    codes->is_int8 = type->number == ONNX__TENSOR_PROTO__DATA_TYPE__INT8;
    return 0;
}

static int read_quantize(const struct onnx_node *node, struct error *err)
{
    struct onnx_graph *graph = node->graph;
    const struct onnx_type *type;
    struct file_codes codes;
    struct onnx_shape sample;
    struct layer *layer;
    int input;

    if (onnx_node_tensor(node, VALUES, &input, err) < 0 ||
        refuse_block(node, err) < 0 ||
        check_named_type(node, "precision", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, err) <
            0 ||
        read_type(node, &type, err) < 0 ||
        check_named_type(node, "output_dtype", type->number, err) < 0 ||
        read_file_codes(node, &codes, err) < 0)
        return -1;
    sample = onnx_shape_of_sample(&graph->network->tensors[input]);
    layer = onnx_node_give_layer(node, LAYER_QUANTIZE, &input, 1, &sample, err);
    if (!layer)
        return -1;
    layer->codes = codes;
    onnx_graph_find(graph, node->proto->output[0])->is_codes = true;
    return 0;
}

/* A tensor that the graph gives is called as there. */
static void name_output(struct onnx_graph *graph, const struct onnx_value *value)
{
    struct tensor *tensor = &graph->network->tensors[value->tensor];

    for (size_t i = 0; i < graph->proto->n_output; i++)
        if (strcmp(graph->proto->output[i]->name, value->name) == 0) {
            free(tensor->name);
            tensor->name = memory_text(value->name);
        }
}

/* Codes become the values of the tensor again. */
static int read_codes(const struct onnx_node *node, const struct onnx_value *codes,
                      struct error *err)
{
    const struct network *network = node->graph->network;
    const struct layer *layer =
        &network->layers[network->tensors[codes->tensor].producer];
    struct onnx_value *output;
    struct file_codes own;

    if (read_file_codes(node, &own, err) < 0)
        return -1;
    assert(layer->kind == LAYER_QUANTIZE);
    if (own.step != layer->codes.step)
        return onnx_node_error(
            node, err, "its scale %g is not that of the codes \"%s\", %g",
            (double)own.step, codes->name, (double)layer->codes.step);
    if (own.lowest != layer->codes.lowest || own.highest != layer->codes.highest)
        return onnx_node_error(
            node, err, "its zero-point is not that of the codes \"%s\"", codes->name);
    output = node->proto->n_output
                 ? onnx_graph_find(node->graph, node->proto->output[0])
                 : NULL;
    if (!output)
        return onnx_node_error(node, err, "its output has no name");
    output->tensor = codes->tensor;
    output->batch = codes->batch;
    name_output(node->graph, output);
    return 0;
}

/* ---- weights ------------------------------------------------------------------------------ */

/* What dequantized constants are made of: value = (code - zero) * step. */
struct dequantization {
    const struct onnx_constant *codes, *steps;
    const struct onnx_constant *zeros; /* or NULL */
    int axis;                          /* with several steps */
    int block;                         /* of these, along the axis; 0: there are none */
};

/* Whether the steps have the shape of the codes, but for one for each block along the axis. */
static bool fits_blocks(const struct dequantization *of)
{
    const struct onnx_shape *codes = &of->codes->shape, *steps = &of->steps->shape;

    if (steps->rank != codes->rank)
        return false;
    for (int i = 0; i < codes->rank; i++) {
        int64_t each = i == of->axis ? of->block : 1;

        if (steps->dims[i] != (codes->dims[i] + each - 1) / each)
            return false;
    }
    return true;
}

static int read_axis(const struct onnx_node *node, struct dequantization *of,
                     struct error *err)
{
    int rank = of->codes->shape.rank;
    int64_t axis;

    if (onnx_attribute_integer(node, "axis", 1, &axis, err) < 0)
        return -1;
    of->axis = 0;
    if (read_block(node, &of->block, err) < 0)
        return -1;
    if (of->block > 0) {
        if (!onnx_shape_axis(axis, rank, &of->axis) || !fits_blocks(of))
            return onnx_node_error(node, err,
                                   "%zu scales do not fit blocks of %d along axis %lld "
                                   "of \"%s\"",
                                   of->steps->count, of->block, (long long)axis,
                                   of->codes->name);
        return 0;
    }
    if (of->steps->count == 1)
        return 0;
    if (!onnx_shape_axis(axis, rank, &of->axis) ||
        of->codes->shape.dims[of->axis] != (int64_t)of->steps->count)
        return onnx_node_error(node, err, "%zu scales do not fit axis %lld of \"%s\"",
                               of->steps->count, (long long)axis, of->codes->name);
    return 0;
}

static int read_zeros(const struct onnx_node *node, struct dequantization *of,
                      struct error *err)
{
    of->zeros = NULL;
    if (!onnx_node_has_input(node, ZERO_POINT))
        return 0;
    if (onnx_node_constant(node, ZERO_POINT, &of->zeros, err) < 0)
        return -1;
    if (!of->zeros->is_integer || of->zeros->count != of->steps->count)
        return onnx_node_error(node, err, "its zero-points do not fit its %zu scales",
                               of->steps->count);
    return 0;
}

static int read_dequantization(const struct onnx_node *node, struct dequantization *of,
                               struct error *err)
{
    if (onnx_node_constant(node, VALUES, &of->codes, err) < 0 ||
        onnx_node_reals(node, STEP, &of->steps, err) < 0 ||
        check_steps(node, of->steps, err) < 0)
        return -1;
    if (!of->codes->is_integer || of->steps->count == 0)
        return onnx_node_error(node, err, "\"%s\" must be integers with scales",
                               of->codes->name);
    if (read_axis(node, of, err) < 0)
        return -1;
    return read_zeros(node, of, err);
}

static bool has_offset(const struct dequantization *of)
{
    for (size_t i = 0; of->zeros && i < of->zeros->count; i++)
        if (of->zeros->integers[i] != 0)
            return true;
    return false;
}

/* The number of the step of code number `code`; `inner` codes stand between two along the axis. */
static size_t step_at(const struct dequantization *of, size_t code, size_t inner)
{
    size_t along = (size_t)of->codes->shape.dims[of->axis];
    size_t outer = code / inner / along, at = code / inner % along;

    if (of->steps->count == 1)
        return 0;
    if (of->block == 0)
        return at;
    return (outer * (size_t)of->steps->shape.dims[of->axis] + at / (size_t)of->block) *
               inner +
           code % inner;
}

static void dequantize(const struct dequantization *of, float *values)
{
    size_t inner = 1;

    for (int i = of->axis + 1; i < of->codes->shape.rank; i++)
        inner *= (size_t)of->codes->shape.dims[i];
    for (size_t i = 0; i < of->codes->count; i++) {
        size_t at = step_at(of, i, inner);
        int64_t zero = of->zeros ? of->zeros->integers[at] : 0;

        values[i] = (float)(of->codes->integers[i] - zero) * of->steps->reals[at];
    }
}

static int fold(const struct onnx_node *node, struct error *err)
{
    struct dequantization of;
    struct onnx_constant *result;

    if (read_dequantization(node, &of, err) < 0)
        return -1;
    result = onnx_node_give_constant(node, false, &of.codes->shape, err);
    if (!result)
        return -1;
    dequantize(&of, result->reals);
    if (has_offset(&of))
        return 0;
    result->steps = memory_copy(of.steps->reals, of.steps->count * sizeof(float));
    result->step_count = of.steps->count;
    result->step_axis = of.axis;
    result->block = of.block;
    return 0;
}

static int read_dequantize(const struct onnx_node *node, struct error *err)
{
    const struct onnx_value *value =
        onnx_node_has_input(node, VALUES)
            ? onnx_graph_find(node->graph, node->proto->input[VALUES])
            : NULL;

    if (check_named_type(node, "output_dtype", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
                         err) < 0)
        return -1;
    if (value && value->is_codes)
        return refuse_block(node, err) < 0 ? -1 : read_codes(node, value, err);
    return fold(node, err);
}

const struct onnx_operator onnx_dequantize_linear = {"DequantizeLinear", 3,
                                                     ONNX_ON_ELEMENTS, read_dequantize,
                                                     "axis block_size output_dtype"};
const struct onnx_operator onnx_quantize_linear = {
    "QuantizeLinear", 3, ONNX_ON_ELEMENTS, read_quantize,
    "axis block_size output_dtype precision saturate"};
