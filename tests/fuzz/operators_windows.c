/* Convolutions, products and pools. */
#include "tests/fuzz/operators.h"

#include <math.h>
#include <string.h>

/* ---- windows -------------------------------------------------------------------------------- */

/* A window over height and width: what the attributes of a node come to. */
struct slide {
    int64_t kernel[2], stride[2], dilation[2], pad[2], output[2];
    int64_t padded[2]; /* size with the pads of the file, without what ceil_mode adds */
};

static void two_numbers(const struct node *node, const char *name, int64_t absent,
                        int64_t numbers[2])
{
    const Onnx__AttributeProto *attribute = node_attribute(node, name);

    for (int i = 0; i < 2; i++)
        numbers[i] = attribute && attribute->n_ints ? attribute->ints[i] : absent;
}

static void place_along(const struct node *node, struct slide *slide, int axis,
                        int64_t size)
{
    const Onnx__AttributeProto *automatic = node_attribute(node, "auto_pad");
    const Onnx__AttributeProto *pads = node_attribute(node, "pads");
    int64_t reach = slide->dilation[axis] * (slide->kernel[axis] - 1) + 1;
    int64_t stride = slide->stride[axis], begin = 0, end = 0, free;

    if (automatic && strncmp((const char *)automatic->s.data, "SAME_", 5) == 0) {
        int64_t all = ((size + stride - 1) / stride - 1) * stride + reach - size;

        all = all > 0 ? all : 0;
        begin = automatic->s.data[5] == 'U' ? all / 2 : (all + 1) / 2;
        end = all - begin;
    } else if (pads && (!automatic || automatic->s.data[0] == 'N')) {
        begin = pads->ints[axis];
        end = pads->ints[axis + 2];
    }
    free = size + begin + end - reach;
    slide->pad[axis] = begin;
    slide->padded[axis] = size + begin + end;
    slide->output[axis] = free / stride + 1;
    if (node_integer(node, "ceil_mode", 0) && free % stride != 0 &&
        slide->output[axis] * stride < size + begin)
        slide->output[axis]++;
}

static struct slide slide_of(const struct node *node, const struct array *x,
                             const struct array *weights)
{
    struct slide slide;

    two_numbers(node, "kernel_shape", 1, slide.kernel);
    if (weights)
        memcpy(slide.kernel, weights->dims + 2, sizeof slide.kernel);
    two_numbers(node, "strides", 1, slide.stride);
    two_numbers(node, "dilations", 1, slide.dilation);
    for (int i = 0; i < 2; i++)
        place_along(node, &slide, i, x->dims[2 + i]);
    return slide;
}

/* Where a tap of a window lies on the input; false: beside it. */
static bool tap(const struct slide *slide, const struct array *x, const int64_t out[2],
                const int64_t at[2], size_t *place, bool *is_in_pads)
{
    int64_t y = out[0] * slide->stride[0] - slide->pad[0] + at[0] * slide->dilation[0];
    int64_t z = out[1] * slide->stride[1] - slide->pad[1] + at[1] * slide->dilation[1];

    *is_in_pads =
        y + slide->pad[0] < slide->padded[0] && z + slide->pad[1] < slide->padded[1];
    if (y < 0 || z < 0 || y >= x->dims[2] || z >= x->dims[3])
        return false;
    *place = (size_t)(y * x->dims[3] + z);
    return true;
}

/* ---- sums of products ------------------------------------------------------------------------ */

struct products {
    double sum, error, magnitude;
    size_t count;
};

static void add_product(struct products *products, const struct array *x, size_t x_at,
                        const struct array *weights, size_t weight_at)
{
    double a = x->values[x_at], b = weights->values[weight_at];

    products->sum += a * b;
    products->magnitude += fabs(a * b);
    products->error += fabs(b) * x->errors[x_at] +
                       (fabs(a) + x->errors[x_at]) * weights->errors[weight_at];
    products->count++;
}

/* Floats that are added up lose the more, the more there are. */
static double error_of(const struct trial *trial, const struct products *products)
{
    return products->error +
           trial->unit * (2 + .25 * (double)products->count) * products->magnitude;
}

struct array *weights_turned(const struct array *weights, int64_t groups)
{
    int64_t ins = weights->dims[0] / groups, outs = weights->dims[1];
    const int64_t dims[] = {outs * groups, ins, weights->dims[2], weights->dims[3]};
    struct array *turned = array_create(weights->type, 4, dims);
    int64_t window = dims[2] * dims[3];

    for (int64_t i = 0; i < (int64_t)turned->count; i++) {
        int64_t out = i / window / ins, in = i / window % ins + out / outs * ins;
        int64_t from = (in * outs + out % outs) * window + i % window;

        turned->values[i] = weights->values[from];
        turned->errors[i] = weights->errors[from];
    }
    turned->step = weights->step;
    turned->unit = weights->unit;
    return turned;
}

/* Where the element lies that a tap of the window brings to an output; -1: there is none. */
static int64_t brought(const struct node *node, int axis, int64_t size, int64_t out,
                       int64_t at)
{
    const Onnx__AttributeProto *pads = node_attribute(node, "pads");
    int64_t strides[2], dilations[2], place;

    two_numbers(node, "strides", 1, strides);
    two_numbers(node, "dilations", 1, dilations);
    place = out + (pads ? pads->ints[axis] : 0) - at * dilations[axis];
    return place < 0 || place % strides[axis] != 0 || place / strides[axis] >= size
               ? -1
               : place / strides[axis];
}

static int64_t spread_outputs(const struct node *node, int axis, int64_t size,
                              int64_t kernel)
{
    const Onnx__AttributeProto *pads = node_attribute(node, "pads");
    int64_t strides[2], dilations[2], padding[2];

    two_numbers(node, "strides", 1, strides);
    two_numbers(node, "dilations", 1, dilations);
    two_numbers(node, "output_padding", 0, padding);
    return (size - 1) * strides[axis] + dilations[axis] * (kernel - 1) + 1 +
           padding[axis] - (pads ? pads->ints[axis] + pads->ints[axis + 2] : 0);
}

/* What a ConvTranspose gives; weights [out, in, height, width]. */
static struct array *spread(const struct trial *trial, const struct node *node,
                            const struct array *x, const struct array *weights)
{
    int64_t groups = node_integer(node, "group", 1), inputs = weights->dims[1];
    const int64_t *kernel = weights->dims + 2;
    const int64_t dims[] = {x->dims[0], weights->dims[0],
                            spread_outputs(node, 0, x->dims[2], kernel[0]),
                            spread_outputs(node, 1, x->dims[3], kernel[1])};
    struct array *result = array_create(x->type, 4, dims);

    for (int64_t i = 0; i < (int64_t)result->count; i++) {
        int64_t column = i % dims[3], row = i / dims[3] % dims[2];
        int64_t out = i / dims[3] / dims[2] % dims[1],
                sample = i / (dims[3] * dims[2] * dims[1]);
        struct products products = {.sum = 0};

        for (int64_t k = 0; k < inputs * kernel[0] * kernel[1]; k++) {
            int64_t in = k / kernel[1] / kernel[0];
            int64_t channel = out / (dims[1] / groups) * inputs + in;
            int64_t y = brought(node, 0, x->dims[2], row, k / kernel[1] % kernel[0]);
            int64_t z = brought(node, 1, x->dims[3], column, k % kernel[1]);

            if (y >= 0 && z >= 0)
                add_product(
                    &products, x,
                    (size_t)(((sample * x->dims[1] + channel) * x->dims[2] + y) *
                                 x->dims[3] +
                             z),
                    weights, (size_t)(out * inputs * kernel[0] * kernel[1] + k));
        }
        result->values[i] = products.sum;
        result->errors[i] = error_of(trial, &products);
    }
    return result;
}

struct array *convolved(const struct trial *trial, const struct node *node,
                        const struct array *x, const struct array *weights)
{
    struct slide slide;
    int64_t groups = node_integer(node, "group", 1);
    int64_t inputs = weights->dims[1], outputs = weights->dims[0];
    int64_t dims[] = {x->dims[0], outputs, 0, 0};
    struct array *result;
    size_t window = array_span(weights, 2, 4), area = array_span(x, 2, 4);

    if (strcmp(node->op, "ConvTranspose") == 0)
        return spread(trial, node, x, weights);
    slide = slide_of(node, x, weights);
    dims[2] = slide.output[0];
    dims[3] = slide.output[1];
    result = array_create(x->type, 4, dims);
    for (size_t i = 0; i < result->count; i++) {
        const int64_t at[] = {(int64_t)i / dims[3] % dims[2], (int64_t)i % dims[3]};
        int64_t channel = (int64_t)i / (dims[2] * dims[3]) % outputs;
        int64_t sample = (int64_t)i / (dims[1] * dims[2] * dims[3]);
        int64_t first = channel / (outputs / groups) * inputs;
        struct products products = {.sum = 0};

        for (int64_t in = 0; in < inputs; in++)
            for (size_t k = 0; k < window; k++) {
                const int64_t taps[] = {(int64_t)k / slide.kernel[1],
                                        (int64_t)k % slide.kernel[1]};
                size_t plane = (size_t)(sample * x->dims[1] + first + in) * area, place;
                bool is_in_pads;

                if (tap(&slide, x, at, taps, &place, &is_in_pads))
                    add_product(&products, x, plane + place, weights,
                                (size_t)(channel * inputs + in) * window + k);
            }
        result->values[i] = products.sum;
        result->errors[i] = error_of(trial, &products);
    }
    return result;
}

/* Adds a constant to each channel, which is dimension 1. */
static void add_bias(const struct trial *trial, struct array *to,
                     const struct array *bias, double unit_of_codes)
{
    size_t area = array_span(to, 2, to->rank);

    for (size_t i = 0; i < to->count; i++) {
        double c = bias->values[i / area % (size_t)to->dims[1]];

        to->errors[i] += trial->unit * (fabs(to->values[i]) + fabs(c));
        if (trial->rounds_biases)
            to->errors[i] += unit_of_codes / 2;
        to->values[i] += c;
    }
}

struct array *op_conv(struct trial *trial, const struct node *node,
                      const struct array *const *inputs)
{
    struct array *result = convolved(trial, node, inputs[0], inputs[1]);

    if (node->input_count > 2 && inputs[2])
        add_bias(trial, result, inputs[2], inputs[0]->step * inputs[1]->step);
    return result;
}

/* The dimensions before the last two, stretched, and those of the product. */
static int product_dims(const struct array *x, const struct array *weights,
                        int64_t outputs, int64_t dims[ARRAY_RANK_MAX])
{
    int rank = x->rank > weights->rank ? x->rank : weights->rank;

    for (int i = 0; i < rank; i++) {
        int in_x = i - (rank - x->rank), in_weights = i - (rank - weights->rank);

        dims[i] = in_x >= 0 ? x->dims[in_x] : 1;
        if (in_weights >= 0 && i < rank - 2 && weights->dims[in_weights] > 1)
            dims[i] = weights->dims[in_weights];
    }
    dims[rank - 1] = outputs;
    return rank;
}

/* Which matrix of `from` meets in product number `product` of `to`. */
static size_t matrix_of(const struct array *from, const struct array *to,
                        size_t product)
{
    size_t matrix = 0, stride = 1;

    for (int i = to->rank - 3; i >= 0; i--) {
        int own = i - (to->rank - from->rank);
        size_t index = product % (size_t)to->dims[i];

        product /= (size_t)to->dims[i];
        if (own < 0)
            continue;
        matrix += index % (size_t)from->dims[own] * stride;
        stride *= (size_t)from->dims[own];
    }
    return matrix;
}

struct array *op_conv_transpose(struct trial *trial, const struct node *node,
                                const struct array *const *inputs)
{
    struct array *weights = weights_turned(inputs[1], node_integer(node, "group", 1));
    struct array *result = convolved(trial, node, inputs[0], weights);

    if (node->input_count > 2 && inputs[2])
        add_bias(trial, result, inputs[2], inputs[0]->step * weights->step);
    array_destroy(weights);
    return result;
}

struct array *multiplied(const struct trial *trial, const struct array *x,
                         const struct array *weights, bool is_transposed)
{
    size_t inner = (size_t)x->dims[x->rank - 1];
    size_t outputs = (size_t)weights->dims[weights->rank - (is_transposed ? 2 : 1)];
    size_t rows = array_span(x, x->rank - 2, x->rank - 1);
    int64_t dims[ARRAY_RANK_MAX];
    int rank = product_dims(x, weights, (int64_t)outputs, dims);
    struct array *result = array_create(x->type, rank, dims);

    for (size_t i = 0; i < result->count; i++) {
        size_t row = i / outputs % rows, column = i % outputs;
        size_t product = i / outputs / rows;
        size_t left = (matrix_of(x, result, product) * rows + row) * inner;
        size_t right = matrix_of(weights, result, product) * inner * outputs;
        struct products products = {.sum = 0};

        for (size_t k = 0; k < inner; k++)
            add_product(
                &products, x, left + k, weights,
                right + (is_transposed ? column * inner + k : k * outputs + column));
        result->values[i] = products.sum;
        result->errors[i] = error_of(trial, &products);
    }
    return result;
}

struct array *op_mat_mul(struct trial *trial, const struct node *node,
                         const struct array *const *inputs)
{
    struct array *result = multiplied(trial, inputs[0], inputs[1], false);

    (void)node;
    result->unit = inputs[0]->step * inputs[1]->step;
    return result;
}

struct array *op_gemm(struct trial *trial, const struct node *node,
                      const struct array *const *inputs)
{
    double alpha = node_real(node, "alpha", 1), beta = node_real(node, "beta", 1);
    struct array *result =
        multiplied(trial, inputs[0], inputs[1], node_integer(node, "transB", 0) != 0);
    const struct array *bias = node->input_count > 2 ? inputs[2] : NULL;

    if (node_integer(node, "transA", 0))
        give_up("transA", node->name);
    for (size_t i = 0; i < result->count; i++) {
        double c =
            bias ? beta * bias->values[array_stretched_index(bias, result, i)] : 0;

        result->values[i] = alpha * result->values[i] + c;
        result->errors[i] = fabs(alpha) * result->errors[i] +
                            2 * trial->unit * (fabs(result->values[i]) + fabs(c));
        if (bias && trial->rounds_biases)
            result->errors[i] += inputs[0]->step * inputs[1]->step / 2;
    }
    return result;
}

/* ---- pools ---------------------------------------------------------------------------------- */

struct pooled {
    double most, most_error, sum, error, magnitude;
    size_t on_input, in_pads;
};

static struct pooled pool_window(const struct slide *slide, const struct array *x,
                                 size_t plane, const int64_t at[2])
{
    struct pooled pooled = {.most = -INFINITY};

    for (int64_t k = 0; k < slide->kernel[0] * slide->kernel[1]; k++) {
        const int64_t taps[] = {k / slide->kernel[1], k % slide->kernel[1]};
        bool is_in_pads;
        size_t place;
        bool is_on_input = tap(slide, x, at, taps, &place, &is_in_pads);

        pooled.in_pads += is_in_pads;
        if (!is_on_input)
            continue;
        pooled.on_input++;
        pooled.most = fmax(pooled.most, x->values[plane + place]);
        pooled.most_error = fmax(pooled.most_error, x->errors[plane + place]);
        pooled.sum += x->values[plane + place];
        pooled.magnitude += fabs(x->values[plane + place]);
        pooled.error += x->errors[plane + place];
    }
    return pooled;
}

/* A maximum, or an average over what is on the input or not beyond the pads. */
static struct array *pool(const struct trial *trial, const struct slide *slide,
                          const struct array *x, bool is_maximum, bool counts_pads)
{
    const int64_t dims[] = {x->dims[0], x->dims[1], slide->output[0], slide->output[1]};
    struct array *result = array_create(x->type, 4, dims);
    size_t area = array_span(result, 2, 4);

    for (size_t i = 0; i < result->count; i++) {
        const int64_t at[] = {(int64_t)(i % area) / dims[3],
                              (int64_t)(i % area) % dims[3]};
        struct pooled found = pool_window(slide, x, i / area * array_span(x, 2, 4), at);
        double count = (double)(counts_pads ? found.in_pads : found.on_input);

        result->values[i] = is_maximum ? found.most : found.sum / count;
        result->errors[i] =
            is_maximum
                ? found.most_error
                : (found.error + trial->unit * (2 + .25 * count) * found.magnitude) /
                      count;
    }
    return result;
}

struct array *op_max_pool(struct trial *trial, const struct node *node,
                          const struct array *const *inputs)
{
    struct slide slide = slide_of(node, inputs[0], NULL);

    return pool(trial, &slide, inputs[0], true, false);
}

struct array *op_average_pool(struct trial *trial, const struct node *node,
                              const struct array *const *inputs)
{
    struct slide slide = slide_of(node, inputs[0], NULL);

    return pool(trial, &slide, inputs[0], false,
                node_integer(node, "count_include_pad", 0) != 0);
}

static struct array *pool_all(const struct trial *trial, const struct array *x,
                              bool over_height, bool over_width, bool is_maximum)
{
    struct slide slide = {.stride = {1, 1}, .dilation = {1, 1}};

    for (int i = 0; i < 2; i++) {
        bool is_over = i == 0 ? over_height : over_width;

        slide.kernel[i] = is_over ? x->dims[2 + i] : 1;
        slide.output[i] = is_over ? 1 : x->dims[2 + i];
        slide.padded[i] = x->dims[2 + i];
    }
    return pool(trial, &slide, x, is_maximum, false);
}

struct array *op_global_max_pool(struct trial *trial, const struct node *node,
                                 const struct array *const *inputs)
{
    (void)node;
    return pool_all(trial, inputs[0], true, true, true);
}

struct array *op_global_average_pool(struct trial *trial, const struct node *node,
                                     const struct array *const *inputs)
{
    (void)node;
    return pool_all(trial, inputs[0], true, true, false);
}

struct array *op_reduce_mean(struct trial *trial, const struct node *node,
                             const struct array *const *inputs)
{
    int64_t axes[ARRAY_RANK_MAX * 2];
    int count = integers_of(node, inputs, 1, "axes", axes);
    bool over[ARRAY_RANK_MAX] = {false};
    struct array *result;

    for (int i = 0; i < count; i++)
        over[array_axis(inputs[0], axes[i])] = true;
    if (inputs[0]->rank != 4 || over[1] ||
        (!node_integer(node, "keepdims", 1) && !(over[2] && over[3])))
        return op_reduce(trial, node, inputs);
    result = pool_all(trial, inputs[0], over[2], over[3], false);
    if (!node_integer(node, "keepdims", 1))
        result->rank = 2;
    return result;
}
