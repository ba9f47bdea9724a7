/* What happens to each number by itself. */
#include "tests/fuzz/operators.h"

#include "core/base/memory.h"

#include <float.h>
#include <math.h>
#include <string.h>

struct number {
    double value, error;
};

typedef struct number pair_fn(struct number a, struct number b, bool are_integers);

static struct number sum(struct number a, struct number b, bool are_integers)
{
    (void)are_integers;
    return (struct number){a.value + b.value, a.error + b.error};
}

static struct number difference(struct number a, struct number b, bool are_integers)
{
    (void)are_integers;
    return (struct number){a.value - b.value, a.error + b.error};
}

static struct number product(struct number a, struct number b, bool are_integers)
{
    (void)are_integers;
    return (struct number){a.value * b.value, fabs(a.value) * b.error +
                                                  fabs(b.value) * a.error +
                                                  a.error * b.error};
}

static struct number quotient(struct number a, struct number b, bool are_integers)
{
    double value = a.value / b.value;

    return (struct number){are_integers ? trunc(value) : value,
                           (a.error + fabs(value) * b.error) / fabs(b.value)};
}

static struct number smaller(struct number a, struct number b, bool are_integers)
{
    (void)are_integers;
    return (struct number){fmin(a.value, b.value), fmax(a.error, b.error)};
}

static struct number larger(struct number a, struct number b, bool are_integers)
{
    (void)are_integers;
    return (struct number){fmax(a.value, b.value), fmax(a.error, b.error)};
}

static struct number at(const struct array *array, size_t index)
{
    return (struct number){array->values[index], array->errors[index]};
}

static struct array *paired(const struct trial *trial, const struct array *left,
                            const struct array *right, pair_fn *pair, bool rounds)
{
    struct array *result = array_stretched(left, right);
    bool are_integers = array_is_integer(left);

    for (size_t i = 0; i < result->count; i++) {
        struct number a = at(left, array_stretched_index(left, result, i));
        struct number b = at(right, array_stretched_index(right, result, i));
        struct number c = pair(a, b, are_integers);
        double rounding = fabs(a.value) + fabs(b.value) + fabs(c.value);

        result->values[i] = c.value;
        result->errors[i] = c.error;
        if (rounds && !are_integers)
            result->errors[i] +=
                trial->unit *
                (pair == sum || pair == difference ? rounding : fabs(c.value));
        if (trial->rounds_biases && pair == sum) /* a product and its bias */
            result->errors[i] += fmax(left->unit, right->unit) / 2;
    }
    return result;
}

struct array *op_add(struct trial *trial, const struct node *node,
                     const struct array *const *inputs)
{
    (void)node;
    return paired(trial, inputs[0], inputs[1], sum, true);
}

struct array *op_sub(struct trial *trial, const struct node *node,
                     const struct array *const *inputs)
{
    (void)node;
    return paired(trial, inputs[0], inputs[1], difference, true);
}

struct array *op_mul(struct trial *trial, const struct node *node,
                     const struct array *const *inputs)
{
    (void)node;
    return paired(trial, inputs[0], inputs[1], product, true);
}

struct array *op_div(struct trial *trial, const struct node *node,
                     const struct array *const *inputs)
{
    (void)node;
    return paired(trial, inputs[0], inputs[1], quotient, true);
}

struct array *op_min(struct trial *trial, const struct node *node,
                     const struct array *const *inputs)
{
    (void)node;
    return paired(trial, inputs[0], inputs[1], smaller, false);
}

struct array *op_max(struct trial *trial, const struct node *node,
                     const struct array *const *inputs)
{
    (void)node;
    return paired(trial, inputs[0], inputs[1], larger, false);
}

static struct array *clamped(const struct array *from, double low, double high)
{
    struct array *result = array_copy(from);

    for (size_t i = 0; i < result->count; i++) {
        double value = result->values[i], error = result->errors[i];

        /* What is cut for certain has no error. */
        if (value + error < low || value - error > high)
            result->errors[i] = 0;
        result->values[i] = fmin(fmax(value, low), high);
    }
    return result;
}

struct array *op_relu(struct trial *trial, const struct node *node,
                      const struct array *const *inputs)
{
    (void)trial;
    (void)node;
    return clamped(inputs[0], 0, INFINITY);
}

struct array *op_clip(struct trial *trial, const struct node *node,
                      const struct array *const *inputs)
{
    double low = node_real(node, "min", -INFINITY);
    double high = node_real(node, "max", INFINITY);

    (void)trial;
    if (node->input_count > 1 && inputs[1])
        low = inputs[1]->values[0];
    if (node->input_count > 2 && inputs[2])
        high = inputs[2]->values[0];
    return clamped(inputs[0], low, high);
}

/* Runtimes approximate it, to within some units of what is near 1. */
struct array *op_sigmoid(struct trial *trial, const struct node *node,
                         const struct array *const *inputs)
{
    struct array *result = array_copy(inputs[0]);

    (void)node;
    for (size_t i = 0; i < result->count; i++) {
        double value = 1 / (1 + exp(-result->values[i]));

        result->values[i] = value;
        result->errors[i] = result->errors[i] / 4 + 8 * trial->unit;
    }
    return result;
}

struct array *op_hard_sigmoid(struct trial *trial, const struct node *node,
                              const struct array *const *inputs)
{
    double alpha = node_real(node, "alpha", 0.2f);
    double beta = node_real(node, "beta", 0.5f);
    struct array *line = array_copy(inputs[0]), *result;

    for (size_t i = 0; i < line->count; i++) {
        double product = alpha * line->values[i];

        line->errors[i] = fabs(alpha) * line->errors[i] +
                          trial->unit * (2 * fabs(product) + fabs(beta));
        line->values[i] = product + beta;
    }
    result = clamped(line, 0, 1);
    array_destroy(line);
    return result;
}

/* Runtimes round each of its steps: near -3 the sum loses what the two numbers have in common. */
struct array *op_hard_swish(struct trial *trial, const struct node *node,
                            const struct array *const *inputs)
{
    struct array *result = array_copy(inputs[0]);

    (void)node;
    for (size_t i = 0; i < result->count; i++) {
        double x = result->values[i];

        result->values[i] = x * fmin(fmax(x / 6 + 0.5, 0), 1);
        result->errors[i] = 1.5 * result->errors[i] + 4 * trial->unit * fabs(x);
    }
    return result;
}

struct array *op_leaky_relu(struct trial *trial, const struct node *node,
                            const struct array *const *inputs)
{
    double alpha = node_real(node, "alpha", 0.01f);
    struct array *result = array_copy(inputs[0]);

    for (size_t i = 0; i < result->count; i++) {
        double x = result->values[i];

        if (x - result->errors[i] >= 0)
            continue;
        result->values[i] = x < 0 ? alpha * x : x;
        result->errors[i] =
            fmax(fabs(alpha), 1) * result->errors[i] + trial->unit * fabs(alpha * x);
    }
    return result;
}

/* Runtimes approximate it, to within some units of what alpha is. */
struct array *op_elu(struct trial *trial, const struct node *node,
                     const struct array *const *inputs)
{
    double alpha = node_real(node, "alpha", 1);
    struct array *result = array_copy(inputs[0]);

    for (size_t i = 0; i < result->count; i++) {
        double x = result->values[i];

        if (x - result->errors[i] >= 0)
            continue;
        result->values[i] = x < 0 ? alpha * expm1(x) : x;
        result->errors[i] =
            fmax(fabs(alpha), 1) * result->errors[i] + 8 * trial->unit * fabs(alpha);
    }
    return result;
}

/* Runtimes approximate it, to within some units of what is near 1. */
struct array *op_tanh(struct trial *trial, const struct node *node,
                      const struct array *const *inputs)
{
    struct array *result = array_copy(inputs[0]);

    (void)node;
    for (size_t i = 0; i < result->count; i++) {
        result->values[i] = tanh(result->values[i]);
        result->errors[i] += 8 * trial->unit;
    }
    return result;
}

/* Runtimes approximate it, to within some units of itself, or of what is near 1. */
struct array *op_softplus(struct trial *trial, const struct node *node,
                          const struct array *const *inputs)
{
    struct array *result = array_copy(inputs[0]);

    (void)node;
    for (size_t i = 0; i < result->count; i++) {
        double x = result->values[i];

        result->values[i] = fmax(x, 0) + log1p(exp(-fabs(x)));
        result->errors[i] += 8 * trial->unit * fmax(x, 1);
    }
    return result;
}

struct array *op_batch_normalization(struct trial *trial, const struct node *node,
                                     const struct array *const *inputs)
{
    double epsilon = node_real(node, "epsilon", 1e-5f);
    struct array *result = array_copy(inputs[0]);
    size_t area = array_span(result, 2, result->rank);

    for (size_t i = 0; i < result->count; i++) {
        size_t channel = i / area % (size_t)result->dims[1];
        double deviation = sqrt(inputs[4]->values[channel] + epsilon);
        double scale = inputs[1]->values[channel] / deviation;
        double mean = inputs[3]->values[channel], x = result->values[i];

        result->values[i] = (x - mean) * scale + inputs[2]->values[channel];
        result->errors[i] = fabs(scale) * result->errors[i] +
                            4 * trial->unit *
                                (fabs(scale) * (fabs(x) + fabs(mean)) +
                                 fabs(inputs[2]->values[channel]));
    }
    return result;
}

struct array *op_cast(struct trial *trial, const struct node *node,
                      const struct array *const *inputs)
{
    struct array *result = array_copy(inputs[0]);

    (void)trial;
    result->type = (int)node_integer(node, "to", 1);
    for (size_t i = 0; array_is_integer(result) && i < result->count; i++)
        result->values[i] = trunc(result->values[i]);
    return result;
}

/* ---- codes ---------------------------------------------------------------------------------- */

double nearest_code(struct trial *trial, double number, double error, double least,
                    double most)
{
    double low = fmin(fmax(number - error, least), most);
    double high = fmin(fmax(number + error, least), most);

    if (isnan(number) || rint(low) != rint(high))
        trial->is_near = true;
    return rint(fmin(fmax(number, least), most));
}

/* The ends of an integer type. */
static void ends_of(int type, double *least, double *most)
{
    static const struct {
        int type;
        double least, most;
    } ends[] = {{ONNX__TENSOR_PROTO__DATA_TYPE__UINT8, 0, 255},
                {ONNX__TENSOR_PROTO__DATA_TYPE__INT8, -128, 127},
                {ONNX__TENSOR_PROTO__DATA_TYPE__UINT16, 0, 65535},
                {ONNX__TENSOR_PROTO__DATA_TYPE__INT16, -32768, 32767},
                {21, 0, 15},
                {22, -8, 7}};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends[i].type == type) {
            *least = ends[i].least;
            *most = ends[i].most;
            return;
        }
    give_up("codes of a type that is not known", NULL);
}

/* Which scale a number has: one for all, or one of an axis, or of so many next to each other along it. */
static size_t scale_of(const struct node *node, const struct array *scales,
                       const struct array *numbers, size_t index)
{
    int axis = array_axis(numbers, node_integer(node, "axis", 1));
    size_t block = (size_t)node_integer(node, "block_size", 0), inner, dim, at;

    if (scales->count == 1)
        return 0;
    inner = array_span(numbers, axis + 1, numbers->rank);
    dim = (size_t)numbers->dims[axis];
    at = index / inner % dim;
    if (block == 0)
        return at;
    at = index / (inner * dim) * (size_t)scales->dims[axis] + at / block;
    return at * inner + index % inner;
}

struct array *op_quantize_linear(struct trial *trial, const struct node *node,
                                 const struct array *const *inputs)
{
    const struct array *zero = node->input_count > 2 ? inputs[2] : NULL;
    struct array *result = array_copy(inputs[0]);
    double least, most;

    result->type = zero ? zero->type
                        : (int)node_integer(node, "output_dtype",
                                            ONNX__TENSOR_PROTO__DATA_TYPE__UINT8);
    ends_of(result->type, &least, &most);
    for (size_t i = 0; i < result->count; i++) {
        size_t at_scale = scale_of(node, inputs[1], result, i);
        double scale = inputs[1]->values[at_scale];
        double point = zero ? zero->values[at_scale] : 0,
               number = result->values[i] / scale;
        double error = result->errors[i] / scale + trial->unit * fabs(number);

        result->values[i] =
            point + nearest_code(trial, number, error, least - point, most - point);
        result->errors[i] = 0;
    }
    return result;
}

struct array *op_dequantize_linear(struct trial *trial, const struct node *node,
                                   const struct array *const *inputs)
{
    const struct array *zero = node->input_count > 2 ? inputs[2] : NULL;
    struct array *result = array_copy(inputs[0]);

    result->type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    for (size_t i = 0; i < result->count; i++) {
        size_t at_scale = scale_of(node, inputs[1], result, i);
        double code = result->values[i] - (zero ? zero->values[at_scale] : 0);

        result->values[i] = code * inputs[1]->values[at_scale];
        result->errors[i] = trial->unit * fabs(result->values[i]);
        result->step = fmax(result->step, inputs[1]->values[at_scale]);
    }
    return result;
}
