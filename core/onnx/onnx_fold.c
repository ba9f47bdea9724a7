/* Shape arithmetic: operators whose results are constants. */
#include "core/onnx/onnx_operators.h"

#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_tensor.h"
#include "core/onnx/onnx_truth.h"

#include <math.h>
#include <string.h>

/* Gives `proto` as the node's output. */
static int give_tensor(const struct onnx_node *node, const Onnx__TensorProto *proto,
                       struct error *err)
{
    struct onnx_value *output;

    if (onnx_node_output(node, &output, err) < 0 ||
        onnx_graph_give_stored(node->graph, output, proto, err) < 0)
        return -1;
    return onnx_node_unfold(node, output->constant->count, err);
}

static int give_list(const struct onnx_node *node, const Onnx__AttributeProto *list,
                     bool is_integer, int rank, size_t count, struct error *err)
{
    struct onnx_shape shape = {.rank = rank, .dims = {rank ? (int64_t)count : 0}};
    struct onnx_constant *result =
        onnx_node_give_constant(node, is_integer, &shape, err);

    if (!result)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (is_integer)
            result->integers[i] = rank ? list->ints[i] : list->i;
        else
            result->reals[i] = rank ? list->floats[i] : list->f;
    }
    return 0;
}

static int fold_constant(const struct onnx_node *node, struct error *err)
{
    const Onnx__AttributeProto *value;
    const Onnx__TensorProto *tensor;

    if (onnx_attribute_tensor(node, "value", &tensor, err) < 0)
        return -1;
    if (tensor)
        return give_tensor(node, tensor, err);
    if ((value = onnx_attribute_find(node, "value_int")))
        return give_list(node, value, true, 0, 1, err);
    if ((value = onnx_attribute_find(node, "value_float")))
        return give_list(node, value, false, 0, 1, err);
    if ((value = onnx_attribute_find(node, "value_ints")))
        return give_list(node, value, true, 1, value->n_ints, err);
    if ((value = onnx_attribute_find(node, "value_floats")))
        return give_list(node, value, false, 1, value->n_floats, err);
    return onnx_node_error(node, err, "its value is missing or of an unsupported kind");
}

/* Turns a start or end of Shape into a position among `rank` dimensions. */
static int shape_bound(int64_t bound, int rank)
{
    if (bound < 0)
        bound += rank;
    return bound < 0 ? 0 : bound > rank ? rank : (int)bound;
}

static int fold_shape(const struct onnx_node *node, struct error *err)
{
    struct onnx_shape shape = {.rank = 1};
    struct onnx_constant *result;
    struct onnx_source source;
    int64_t start, end;
    int first, last;

    if (onnx_node_moved(node, 0, &source, err) < 0 ||
        onnx_attribute_integer(node, "start", 0, &start, err) < 0 ||
        onnx_attribute_integer(node, "end", ONNX_RANK_MAX, &end, err) < 0)
        return -1;
    first = shape_bound(start, source.shape.rank);
    last = shape_bound(end, source.shape.rank);
    shape.dims[0] = last > first ? last - first : 0;
    result = onnx_node_give_constant(node, true, &shape, err);
    if (!result)
        return -1;
    for (size_t i = 0; i < result->count; i++)
        result->integers[i] = source.shape.dims[first + (int)i];
    return 0;
}

/* What `from` is as `type`; false where it does not fit. */
static bool cast(const struct onnx_constant *from, const struct onnx_type *type,
                 size_t i, struct onnx_constant *to)
{
    double real = from->is_integer ? (double)from->integers[i] : (double)from->reals[i];
    bool is_batch = from->is_integer && onnx_batch_factor(from->integers[i]) > 0;

    if (!type->is_integer) {
        to->reals[i] = (float)real;
        return !is_batch;
    }
    if (type->number == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL) {
        to->integers[i] = real != 0; /* there is a sample in each batch */
        return true;
    }
    if (from->is_integer) {
        to->integers[i] = from->integers[i];
        return is_batch ||
               (to->integers[i] >= type->low && to->integers[i] <= type->high);
    }
    if (!(real > -0x1p63 && real < 0x1p63))
        return false;
    to->integers[i] = (int64_t)real;
    return to->integers[i] >= type->low && to->integers[i] <= type->high;
}

static int read_type(const struct onnx_node *node, const struct onnx_type **type,
                     struct error *err)
{
    int64_t number;

    if (onnx_attribute_integer(node, "to", 0, &number, err) < 0)
        return -1;
    *type = number > 0 && number < INT32_MAX ? onnx_type_find((int32_t)number) : NULL;
    return *type ? 0
                 : onnx_node_error(node, err, "casts to type %lld are not supported",
                                   (long long)number);
}

static int fold_cast(const struct onnx_node *node, const struct onnx_type *type,
                     struct error *err)
{
    const struct onnx_constant *from;
    struct onnx_constant *result;
    char text[32];

    if (onnx_node_constant(node, 0, &from, err) < 0)
        return -1;
    result = onnx_node_give_constant(node, type->is_integer, &from->shape, err);
    if (!result)
        return -1;
    for (size_t i = 0; i < from->count; i++)
        if (!cast(from, type, i, result))
            return onnx_node_error(node, err, "value %zu does not fit into %s", i,
                                   onnx_type_text(type->number, text));
    return 0;
}

/* A constant list of integers as a shape. */
static int read_shape(const struct onnx_node *node, int input, struct onnx_shape *shape,
                      struct error *err)
{
    const struct onnx_constant *list;

    if (onnx_node_integers(node, input, "the shape", &list, err) < 0)
        return -1;
    if (list->count > ONNX_RANK_MAX)
        return onnx_node_error(node, err, "more than %d dimensions", ONNX_RANK_MAX);
    *shape = (struct onnx_shape){.rank = (int)list->count};
    if (list->count)
        memcpy(shape->dims, list->integers, list->count * sizeof *shape->dims);
    return 0;
}

static int fold_constant_of_shape(const struct onnx_node *node, struct error *err)
{
    struct onnx_shape shape, value_shape;
    const Onnx__TensorProto *tensor;
    const struct onnx_type *type;
    struct onnx_constant *value, *result;

    if (read_shape(node, 0, &shape, err) < 0 ||
        onnx_attribute_tensor(node, "value", &tensor, err) < 0)
        return -1;
    if (!tensor) /* zeros of type float */
        return onnx_node_give_constant(node, false, &shape, err) ? 0 : -1;
    if (onnx_tensor_check(node->graph->path, "value", tensor, &type, &value_shape,
                          err) < 0)
        return -1;
    result = onnx_node_give_constant(node, type->is_integer, &shape, err);
    if (!result)
        return -1;
    value = onnx_tensor_constant("value", tensor, type, &value_shape);
    if (value->count != 1) {
        onnx_constant_destroy(value);
        return onnx_node_error(node, err, "its value must be a single one");
    }
    if (onnx_tensor_load(node->graph->file, value, err) < 0) {
        onnx_constant_destroy(value);
        return -1;
    }
    for (size_t i = 0; i < result->count; i++)
        onnx_constant_copy(result, i, value, 0);
    onnx_constant_destroy(value);
    return 0;
}

/* Of floats all types are one, and of integers those that samples hold. */
static bool hold_the_same(enum element element, const struct onnx_type *type)
{
    return element == ELEMENT_FLOAT
               ? !type->is_integer
               : type->number == ONNX__TENSOR_PROTO__DATA_TYPE__INT32 ||
                     type->number == ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
}

static bool is_bool(const struct onnx_type *type)
{
    return type->number == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
}

/* Floats become a condition, or a condition floats: a tensor of its own, as the file has one type for each. */
static bool changes_truth(const struct onnx_node *node, enum element element,
                          const struct onnx_type *type)
{
    return element == ELEMENT_FLOAT && (is_bool(type) || !type->is_integer) &&
           is_bool(type) != onnx_truth_is(node, 0);
}

static int read_cast(const struct onnx_node *node, struct error *err)
{
    const struct onnx_type *type;
    struct onnx_source source;
    struct onnx_value *value;
    enum element element;

    if (onnx_node_value(node, 0, &value, err) < 0 || read_type(node, &type, err) < 0)
        return -1;
    if (value->tensor < 0)
        return fold_cast(node, type, err);
    element = node->graph->network->tensors[value->tensor].element;
    if (changes_truth(node, element, type))
        return onnx_node_source(node, 0, &source, err) < 0
                   ? -1
                   : onnx_truth_give(node, &source, true, err);
    if (hold_the_same(element, type) || (element == ELEMENT_FLOAT && is_bool(type)))
        return onnx_node_give_input(node, 0, err);
    return onnx_node_error(
        node, err, "it makes %s of %s, which calq does with constants alone",
        type->name, element == ELEMENT_FLOAT ? "floats" : "integers");
}

static int fold_size(const struct onnx_node *node, struct error *err)
{
    static const struct onnx_shape one = {.rank = 0};
    struct onnx_constant *result;
    struct onnx_source source;
    size_t count;
    int64_t size;

    if (onnx_node_moved(node, 0, &source, err) < 0)
        return -1;
    if (!onnx_shape_count(&source.shape, &count))
        return onnx_node_error(node, err, "its input is too large");
    size = (int64_t)count;
    if (onnx_shape_has_batch(&source.shape) &&
        !onnx_batch_multiply(ONNX_BATCH, (int64_t)count, &size))
        return onnx_node_error(node, err, "its input is too large");
    result = onnx_node_give_constant(node, true, &one, err);
    if (!result)
        return -1;
    result->integers[0] = size;
    return 0;
}

static bool is_zero(const struct onnx_constant *constant, size_t i)
{
    return constant->is_integer ? constant->integers[i] == 0 : constant->reals[i] == 0;
}

/* [dimensions, found]: where the elements are that are not zero. */
static int fold_non_zero(const struct onnx_node *node, struct error *err)
{
    struct onnx_shape shape = {.rank = 2};
    const struct onnx_constant *from;
    struct onnx_constant *result;
    int64_t found = 0;

    if (onnx_node_constant(node, 0, &from, err) < 0)
        return -1;
    for (size_t i = 0; i < from->count; i++)
        found += !is_zero(from, i);
    shape.dims[0] = from->shape.rank;
    shape.dims[1] = found;
    result = onnx_node_give_constant(node, true, &shape, err);
    if (!result)
        return -1;
    for (size_t i = 0, at = 0; i < from->count; i++) {
        size_t left = i;

        if (is_zero(from, i))
            continue;
        for (int axis = from->shape.rank - 1; axis >= 0; axis--) {
            result->integers[(size_t)axis * (size_t)found + at] =
                (int64_t)(left % (size_t)from->shape.dims[axis]);
            left /= (size_t)from->shape.dims[axis];
        }
        at++;
    }
    return 0;
}

enum { RANGE_START, RANGE_LIMIT, RANGE_DELTA, RANGE_INPUTS };

static int fold_range(const struct onnx_node *node, struct error *err)
{
    struct onnx_shape shape = {.rank = 1};
    const struct onnx_constant *input;
    struct onnx_constant *result;
    int64_t values[RANGE_INPUTS];

    for (int i = 0; i < RANGE_INPUTS; i++) {
        if (onnx_node_integers(node, i, "a limit", &input, err) < 0)
            return -1;
        if (input->count != 1 || input->integers[0] > INT32_MAX ||
            input->integers[0] < INT32_MIN)
            return onnx_node_error(node, err, "\"%s\" must be one small integer",
                                   input->name);
        values[i] = input->integers[0];
    }
    if (values[RANGE_DELTA] == 0)
        return onnx_node_error(node, err, "its delta is zero");
    /* Rounded up; a range in the wrong direction is empty. */
    shape.dims[0] = (values[RANGE_LIMIT] - values[RANGE_START] + values[RANGE_DELTA] -
                     (values[RANGE_DELTA] > 0 ? 1 : -1)) /
                    values[RANGE_DELTA];
    if (shape.dims[0] < 0)
        shape.dims[0] = 0;
    result = onnx_node_give_constant(node, true, &shape, err);
    if (!result)
        return -1;
    for (size_t i = 0; i < result->count; i++)
        result->integers[i] = values[RANGE_START] + (int64_t)i * values[RANGE_DELTA];
    return 0;
}

const struct onnx_operator onnx_cast = {"Cast", 1, ONNX_ON_ELEMENTS, read_cast,
                                        "round_mode saturate to"};
const struct onnx_operator onnx_constant = {
    "Constant", 0, ONNX_ON_SHAPES, fold_constant,
    "sparse_value value value_float value_floats value_int value_ints value_string "
    "value_strings"};
const struct onnx_operator onnx_constant_of_shape = {
    "ConstantOfShape", 1, ONNX_ON_CONSTANTS, fold_constant_of_shape, "value"};
const struct onnx_operator onnx_non_zero = {"NonZero", 1, ONNX_ON_CONSTANTS,
                                            fold_non_zero, NULL};
const struct onnx_operator onnx_range = {"Range", 3, ONNX_ON_CONSTANTS, fold_range,
                                         NULL};
const struct onnx_operator onnx_shape = {"Shape", 1, ONNX_ON_SHAPES, fold_shape,
                                         "end start"};
const struct onnx_operator onnx_size = {"Size", 1, ONNX_ON_SHAPES, fold_size, NULL};
