/* Sums, differences, products, quotients, powers and limits of two operands. */
#include "core/onnx/onnx_operators.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_affine.h"
#include "core/onnx/onnx_binary.h"
#include "core/onnx/onnx_broadcast.h"
#include "core/onnx/onnx_mask.h"
#include "core/onnx/onnx_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The scale and the shift of x that a constant c makes. */
typedef void apply_fn(float c, float *scale, float *shift);

struct arithmetic {
    enum binary_operation operation;
    /* Of x and c; of c and x. NULL where that is not scale and shift. */
    apply_fn *constant_last, *constant_first;
};

static void shift_by(float c, float *scale, float *shift)
{
    (void)scale;
    *shift = c;
}

static void shift_down_by(float c, float *scale, float *shift)
{
    (void)scale;
    *shift = -c;
}

static void subtract_from(float c, float *scale, float *shift)
{
    *scale = -1.f;
    *shift = c;
}

static void scale_by(float c, float *scale, float *shift)
{
    (void)shift;
    *scale = c;
}

static void divide_by(float c, float *scale, float *shift)
{
    (void)shift;
    *scale = (float)(1. / (double)c);
}

static const struct arithmetic add = {BINARY_ADD, shift_by, shift_by};
static const struct arithmetic sub = {BINARY_SUB, shift_down_by, subtract_from};
static const struct arithmetic mul = {BINARY_MUL, scale_by, scale_by};
static const struct arithmetic divide = {BINARY_DIV, divide_by, NULL};
static const struct arithmetic raise = {BINARY_POW, NULL, NULL};

/* The constant as a value for each channel [channels], for the caller to free; NULL where it is neither that
 * nor a single value. */
static float *channels_of(const struct onnx_constant *constant,
                          const struct tensor *tensor)
{
    float *values = memory_zeroed((size_t)tensor->channels, sizeof *values);

    if (onnx_broadcast_channels(constant, tensor, values))
        return values;
    free(values);
    return NULL;
}

/* Gives scale * x + shift of the values [channels], which become the layer's. */
static int give_affine(const struct onnx_node *node, int input, float *values,
                       apply_fn *apply, struct error *err)
{
    size_t channels = (size_t)node->graph->network->tensors[input].channels;
    float *scale = memory_zeroed(channels, sizeof *scale);

    for (size_t i = 0; i < channels; i++) {
        float c = values[i];

        scale[i] = 1.f;
        values[i] = 0.f;
        apply(c, &scale[i], &values[i]);
    }
    return onnx_affine_give(node, input, scale, values, err) ? 0 : -1;
}

/* Whether a constant has a value for each index of an image's last dimension, its columns. */
static bool is_one_a_column(const struct onnx_constant *constant,
                            const struct tensor *image)
{
    const struct onnx_shape *shape = &constant->shape;

    if (image->rank != 3 || constant->count == 1 || shape->rank < 1 ||
        shape->rank > image->rank + 1)
        return false;
    return constant->count == (size_t)shape->dims[shape->rank - 1] &&
           constant->count == (size_t)image->dims[2];
}

/* Gives scale * x + shift along the columns of an image, as rows of them. */
static int give_columns(const struct onnx_node *node, int input,
                        const struct onnx_constant *constant, apply_fn *apply,
                        struct error *err)
{
    size_t columns = constant->count;
    struct onnx_shape sample =
        onnx_shape_of_sample(&node->graph->network->tensors[input]);
    float *values = memory_copy(constant->reals, columns * sizeof *values);

    if (onnx_rows_give(node, &input, err) < 0) {
        free(values);
        return -1;
    }
    if (give_affine(node, input, values, apply, err) < 0)
        return -1;
    return onnx_rows_give_back(node, &sample, err);
}

/* Where a constant divides, no result may be infinite. */
static int check_divisor(const struct onnx_node *node,
                         const struct arithmetic *arithmetic,
                         const struct onnx_constant *divisor, struct error *err)
{
    if (arithmetic->operation != BINARY_DIV || !divisor)
        return 0;
    for (size_t i = 0; i < divisor->count; i++)
        if (divisor->reals[i] == 0)
            return onnx_node_error(node, err, "it divides by zero: value %zu of \"%s\"",
                                   i, divisor->name);
    return 0;
}

static int give_binary(const struct onnx_node *node,
                       const struct arithmetic *arithmetic,
                       const struct onnx_source sources[2], struct error *err)
{
    if (check_divisor(node, arithmetic, sources[1].constant, err) < 0)
        return -1;
    return onnx_binary_give(node, arithmetic->operation, &sources[0], &sources[1], err)
               ? 0
               : -1;
}

/* What is added may be a mask. */
static int check_constant(const struct onnx_node *node,
                          const struct arithmetic *arithmetic,
                          const struct onnx_constant *constant, struct error *err)
{
    return arithmetic->operation == BINARY_ADD
               ? onnx_mask_check(node, constant, err)
               : onnx_node_check_reals(node, constant, err);
}

static int with_constant(const struct onnx_node *node,
                         const struct arithmetic *arithmetic,
                         const struct onnx_source sources[2], int constant_at,
                         struct error *err)
{
    apply_fn *apply =
        constant_at == 1 ? arithmetic->constant_last : arithmetic->constant_first;
    int input = sources[1 - constant_at].tensor;
    const struct tensor *tensor = &node->graph->network->tensors[input];
    const struct onnx_constant *constant = sources[constant_at].constant;
    size_t looked_at = constant->count > 1 ? tensor->count : 0;
    float *values;

    if (check_constant(node, arithmetic, constant, err) < 0)
        return -1;
    if (!apply || onnx_mask_is_infinite(constant))
        return give_binary(node, arithmetic, sources, err);
    if (onnx_node_unfold(node, 2 * (size_t)tensor->channels + looked_at, err) < 0)
        return -1;
    if (is_one_a_column(constant, tensor))
        return give_columns(node, input, constant, apply, err);
    values = channels_of(constant, tensor);
    return values ? give_affine(node, input, values, apply, err)
                  : give_binary(node, arithmetic, sources, err);
}

static int with_tensor(const struct onnx_node *node,
                       const struct arithmetic *arithmetic,
                       const struct onnx_source sources[2], struct error *err)
{
    const int inputs[2] = {sources[0].tensor, sources[1].tensor};

    if (arithmetic == &add && onnx_shape_equal(&sources[0].shape, &sources[1].shape))
        return onnx_node_give_same(node, LAYER_ADD, inputs, 2, err) ? 0 : -1;
    return give_binary(node, arithmetic, sources, err);
}

static int give_pair(const struct onnx_node *node, const struct arithmetic *arithmetic,
                     const struct onnx_source sources[2], struct error *err)
{
    if (sources[0].constant && sources[1].constant)
        return onnx_broadcast_fold(node, arithmetic->operation, sources[0].constant,
                                   sources[1].constant, err);
    if (sources[0].constant || sources[1].constant)
        return with_constant(node, arithmetic, sources, sources[0].constant ? 0 : 1,
                             err);
    return with_tensor(node, arithmetic, sources, err);
}

static int read_pair(const struct onnx_node *node, struct onnx_source sources[2],
                     struct error *err)
{
    return onnx_node_source(node, 0, &sources[0], err) < 0 ||
                   onnx_node_source(node, 1, &sources[1], err) < 0
               ? -1
               : 0;
}

static int read_arithmetic(const struct onnx_node *node,
                           const struct arithmetic *arithmetic, struct error *err)
{
    struct onnx_source sources[2];

    return read_pair(node, sources, err) < 0
               ? -1
               : give_pair(node, arithmetic, sources, err);
}

static int read_add(const struct onnx_node *node, struct error *err)
{
    return read_arithmetic(node, &add, err);
}

static int read_sub(const struct onnx_node *node, struct error *err)
{
    return read_arithmetic(node, &sub, err);
}

static int read_mul(const struct onnx_node *node, struct error *err)
{
    return read_arithmetic(node, &mul, err);
}

static int read_div(const struct onnx_node *node, struct error *err)
{
    return read_arithmetic(node, &divide, err);
}

/* ---- powers ---- */

static bool is_integer(const struct onnx_source *source)
{
    return source->constant && source->constant->is_integer;
}

static bool is_square(const struct onnx_source *base,
                      const struct onnx_source *exponent)
{
    return !base->constant && exponent->constant && exponent->constant->count == 1 &&
           exponent->constant->reals[0] == 2 &&
           exponent->shape.rank <= base->shape.rank;
}

/* The exponent may be of another type than the base. A square is a product, which is exact and quick. */
static int read_pow(const struct onnx_node *node, struct error *err)
{
    struct onnx_source sources[2], *exponent = &sources[1];

    if (read_pair(node, sources, err) < 0)
        return -1;
    if (is_integer(exponent) && !is_integer(&sources[0])) {
        if (onnx_node_unfold(node, exponent->constant->count, err) < 0)
            return -1;
        exponent->constant = onnx_node_as_reals(node, exponent->constant);
    }
    if (!is_square(&sources[0], exponent))
        return give_pair(node, &raise, sources, err);
    sources[1] = sources[0];
    return give_pair(node, &mul, sources, err);
}

/* ---- slopes ---- */

static bool is_one_slope(const struct onnx_source *x, const struct onnx_source *slope)
{
    return !x->constant && slope->constant && slope->constant->count == 1 &&
           slope->shape.rank <= x->shape.rank;
}

static int give_leaky_relu(const struct onnx_node *node, int input, float slope,
                           struct error *err)
{
    struct layer *layer = onnx_node_give_same(node, LAYER_UNARY, &input, 1, err);

    if (!layer)
        return -1;
    layer->unary = (struct unary){.operation = UNARY_LEAKY_RELU, .alpha = slope};
    return 0;
}

/* They repeat to the shape of x, never x to that of slopes. */
static int check_slopes(const struct onnx_node *node, const struct onnx_source *x,
                        const struct onnx_source *slopes, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES], other_text[ONNX_SHAPE_TEXT_BYTES];
    const struct tensor *tensors = node->graph->network->tensors;
    struct onnx_value *value;

    if (onnx_node_output(node, &value, err) < 0)
        return -1;
    if (x->constant || tensors[value->tensor].count == tensors[x->tensor].count)
        return 0;
    return onnx_node_error(node, err, "slopes %s do not fit a tensor %s",
                           onnx_shape_text(&slopes->shape, text),
                           onnx_shape_text(&x->shape, other_text));
}

static int read_prelu(const struct onnx_node *node, struct error *err)
{
    static const struct arithmetic prelu = {BINARY_PRELU, NULL, NULL};
    struct onnx_source sources[2];

    if (read_pair(node, sources, err) < 0 ||
        (sources[1].constant &&
         onnx_node_check_reals(node, sources[1].constant, err) < 0))
        return -1;
    if (is_one_slope(&sources[0], &sources[1]))
        return give_leaky_relu(node, sources[0].tensor, sources[1].constant->reals[0],
                               err);
    if (give_pair(node, &prelu, sources, err) < 0)
        return -1;
    return check_slopes(node, &sources[0], &sources[1], err);
}

/* ---- any number of operands ---- */

static const struct arithmetic minimum = {BINARY_MIN, NULL, NULL};
static const struct arithmetic maximum = {BINARY_MAX, NULL, NULL};

/* Whether the smallest or largest of a tensor and a constant is the tensor between limits. */
static bool is_limit(const struct arithmetic *arithmetic,
                     const struct onnx_source sources[2])
{
    const struct onnx_source *limit = &sources[sources[0].constant ? 0 : 1];
    const struct onnx_source *other = &sources[sources[0].constant ? 1 : 0];

    return arithmetic->operation != BINARY_ADD && limit->constant && !other->constant &&
           limit->constant->count == 1 && limit->shape.rank <= other->shape.rank;
}

static int give_limit(const struct onnx_node *node, const struct arithmetic *arithmetic,
                      const struct onnx_source sources[2], struct error *err)
{
    int at = sources[0].constant ? 0 : 1;
    const struct onnx_constant *limit = sources[at].constant;
    int input = sources[1 - at].tensor;

    if (onnx_node_check_reals(node, limit, err) < 0)
        return -1;
    if (arithmetic->operation == BINARY_MIN)
        return onnx_affine_give_clamp(node, input, -INFINITY, limit->reals[0], err);
    return onnx_affine_give_clamp(node, input, limit->reals[0], INFINITY, err);
}

/* Tensors first: what is given stays a tensor then. */
static int order_operands(const struct onnx_node *node, struct onnx_source *sources,
                          struct error *err)
{
    int count = (int)node->proto->n_input, next = 0;

    for (int constants = 0; constants < 2; constants++)
        for (int i = 0; i < count; i++) {
            if (onnx_node_source(node, i, &sources[next], err) < 0)
                return -1;
            next += (sources[next].constant != NULL) == constants;
        }
    return 0;
}

static int give_all(const struct onnx_node *node, const struct arithmetic *arithmetic,
                    const struct onnx_source *sources, struct error *err)
{
    struct onnx_source pair[2] = {sources[0]};

    for (size_t i = 1; i < node->proto->n_input; i++) {
        pair[1] = sources[i];
        if ((i > 1 && onnx_node_take_back(node, &pair[0], err) < 0) ||
            (is_limit(arithmetic, pair) ? give_limit(node, arithmetic, pair, err)
                                        : give_pair(node, arithmetic, pair, err)) < 0)
            return -1;
    }
    return 0;
}

static int read_all(const struct onnx_node *node, const struct arithmetic *arithmetic,
                    struct error *err)
{
    struct onnx_source *sources;
    int status;

    if (node->proto->n_input == 1)
        return onnx_node_give_input(node, 0, err);
    if (node->proto->n_input == 0)
        return onnx_node_error(node, err, "input 0 is missing");
    sources = memory_get((node->proto->n_input + 1) * sizeof *sources);
    status = order_operands(node, sources, err) < 0
                 ? -1
                 : give_all(node, arithmetic, sources, err);
    free(sources);
    return status;
}

static int read_min(const struct onnx_node *node, struct error *err)
{
    return read_all(node, &minimum, err);
}

static int read_max(const struct onnx_node *node, struct error *err)
{
    return read_all(node, &maximum, err);
}

/* Gives the sum of all inputs at once, where they are tensors of one shape. */
static int try_sum(const struct onnx_node *node, bool *is_given, struct error *err)
{
    size_t count = node->proto->n_input;
    int *inputs = memory_get(count * sizeof *inputs);
    struct onnx_source source, first;
    int status = 0;

    *is_given = true;
    for (size_t i = 0; i < count && status == 0; i++) {
        status = onnx_node_source(node, (int)i, &source, err);
        if (status < 0)
            break;
        first = i == 0 ? source : first;
        inputs[i] = source.tensor;
        *is_given = *is_given && !source.constant &&
                    onnx_shape_equal(&source.shape, &first.shape);
    }
    if (status == 0 && *is_given)
        status = onnx_node_give_same(node, LAYER_ADD, inputs, (int)count, err) ? 0 : -1;
    free(inputs);
    return status;
}

static int read_sum(const struct onnx_node *node, struct error *err)
{
    static const struct arithmetic partial_sum = {BINARY_ADD, NULL, NULL};
    bool is_given;

    if (node->proto->n_input == 2)
        return read_add(node, err);
    if (node->proto->n_input > 2 && try_sum(node, &is_given, err) < 0)
        return -1;
    return node->proto->n_input > 2 && is_given ? 0 : read_all(node, &partial_sum, err);
}

const struct onnx_operator onnx_add = {"Add", 2, ONNX_ON_ELEMENTS, read_add, NULL};
const struct onnx_operator onnx_div = {"Div", 2, ONNX_ON_ELEMENTS, read_div, NULL};
const struct onnx_operator onnx_max = {"Max", SIZE_MAX, ONNX_ON_ELEMENTS, read_max,
                                       NULL};
const struct onnx_operator onnx_min = {"Min", SIZE_MAX, ONNX_ON_ELEMENTS, read_min,
                                       NULL};
const struct onnx_operator onnx_mul = {"Mul", 2, ONNX_ON_ELEMENTS, read_mul, NULL};
const struct onnx_operator onnx_prelu = {"PRelu", 2, ONNX_ON_ELEMENTS, read_prelu,
                                         NULL};
const struct onnx_operator onnx_sub = {"Sub", 2, ONNX_ON_ELEMENTS, read_sub, NULL};
const struct onnx_operator onnx_pow = {"Pow", 2, ONNX_ON_ELEMENTS, read_pow, NULL};
const struct onnx_operator onnx_sum = {"Sum", SIZE_MAX, ONNX_ON_ELEMENTS, read_sum,
                                       NULL};
