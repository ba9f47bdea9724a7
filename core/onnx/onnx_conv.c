/* Conv, and what is a 1x1 convolution: Gemm, and products with constant weights. */
#include "core/onnx/onnx_operators.h"

#include "core/base/memory.h"
#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_image.h"
#include "core/onnx/onnx_product.h"
#include "core/onnx/onnx_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a convolution is made of, before it becomes a layer. */
struct plan {
    int input; /* tensor */
    const struct onnx_constant *weights, *bias;
    int64_t groups;
    bool is_turned;          /* of a ConvTranspose */
    struct onnx_window over; /* as the file has it */
    struct window window;
    struct onnx_shape output; /* a sample */
};

static int read_bias(const struct onnx_node *node, int64_t channels,
                     const struct onnx_constant **bias, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES];

    *bias = NULL;
    if (!onnx_node_has_input(node, 2))
        return 0;
    if (onnx_node_reals(node, 2, bias, err) < 0)
        return -1;
    if ((*bias)->shape.rank != 1 || (*bias)->shape.dims[0] != channels)
        return onnx_node_error(
            node, err, "bias \"%s\" %s does not fit %lld output channels",
            (*bias)->name, onnx_shape_text(&(*bias)->shape, text), (long long)channels);
    return 0;
}

/* Channels that the weights of all groups make, and read of one group. */
static int64_t outputs_of(const struct plan *plan)
{
    const int64_t *dims = plan->weights->shape.dims;

    return plan->is_turned ? dims[1] * plan->groups : dims[0];
}

static int64_t inputs_of(const struct plan *plan)
{
    const int64_t *dims = plan->weights->shape.dims;

    return plan->is_turned ? dims[0] / plan->groups : dims[1];
}

static int check_conv(const struct onnx_node *node, const struct plan *plan,
                      const struct tensor *input, struct error *err)
{
    const struct onnx_shape *shape = &plan->weights->shape;
    char text[ONNX_SHAPE_TEXT_BYTES], input_text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_shape of_input = onnx_shape_of_tensor(input);

    if (shape->rank < 3 || shape->rank > 2 + ONNX_WINDOW_AXES_MAX ||
        input->rank != shape->rank - 1 || plan->weights->count == 0)
        return onnx_node_error(
            node, err,
            "the weights %s do not fit an input %s; calq needs windows of one to %d "
            "dimensions",
            onnx_shape_text(shape, text), onnx_shape_text(&of_input, input_text),
            ONNX_WINDOW_AXES_MAX);
    if (plan->groups < 1 || plan->groups > input->dims[0] ||
        input->dims[0] % plan->groups != 0 || shape->dims[0] % plan->groups != 0)
        return onnx_node_error(node, err,
                               "%lld groups do not divide %d input channels and the "
                               "weights %s",
                               (long long)plan->groups, input->dims[0],
                               onnx_shape_text(shape, text));
    if (inputs_of(plan) != input->dims[0] / plan->groups)
        return onnx_node_error(
            node, err,
            "the weights %s do not fit an input of %d channels in %lld "
            "groups",
            onnx_shape_text(shape, text), input->dims[0], (long long)plan->groups);
    return 0;
}

static int plan_conv(const struct onnx_node *node, struct plan *plan, struct error *err)
{
    const struct tensor *input;
    const struct onnx_shape *shape;

    if (onnx_node_tensor(node, 0, &plan->input, err) < 0 ||
        onnx_node_weights(node, 1, &plan->weights, err) < 0 ||
        onnx_attribute_integer(node, "group", 1, &plan->groups, err) < 0)
        return -1;
    input = &node->graph->network->tensors[plan->input];
    shape = &plan->weights->shape;
    if (check_conv(node, plan, input, err) < 0 ||
        read_bias(node, outputs_of(plan), &plan->bias, err) < 0)
        return -1;
    return (plan->is_turned ? onnx_window_read_transposed : onnx_window_read)(
        node, shape->dims + 2, shape->rank - 2, input->dims + 1, &plan->over, err);
}

/* Adds the layer; its weights are zero, its scale is one, its shift zero. */
static struct layer *give_conv(const struct onnx_node *node, const struct plan *plan,
                               int64_t outputs, int64_t inputs, struct error *err)
{
    struct layer *layer;
    struct conv *conv;

    if (onnx_node_unfold(node, plan->weights->count + 2 * (size_t)outputs, err) < 0)
        return NULL;
    layer = onnx_node_give_layer(node, LAYER_CONV, &plan->input, 1, &plan->output, err);
    if (!layer)
        return NULL;
    layer->window = plan->window;
    layer_add_weights(
        layer, (struct weights){
                   .name = memory_text(plan->weights->name),
                   .values = memory_zeroed(plan->weights->count, sizeof(float)),
                   .groups = (int)plan->groups,
                   .outputs = (int)outputs,
                   .inputs = (int)inputs,
                   .window = plan->window.kernel_height * plan->window.kernel_width,
               });
    conv = &layer->conv;
    conv->scaled_by = -1;
    conv->scale = memory_zeroed((size_t)outputs, sizeof *conv->scale);
    conv->shift = memory_zeroed((size_t)outputs, sizeof *conv->shift);
    for (int64_t i = 0; i < outputs; i++)
        conv->scale[i] = 1.f;
    return layer;
}

/* Weights are read by pieces, so that a network takes little more memory than its weights. */
enum { PIECE_MOST = 1 << 18 };

/* What becomes of `count` weights from `first` on as the file has them. */
typedef void place_fn(const int64_t *dims, const float *from, size_t first,
                      size_t count, float *to);

static int read_weights(const struct onnx_node *node,
                        const struct onnx_constant *weights, const int64_t *dims,
                        place_fn *place, float *to, struct error *err)
{
    size_t most = weights->count < PIECE_MOST ? weights->count : PIECE_MOST;
    float *piece = memory_get(most * sizeof *piece);
    int status = 0;

    for (size_t first = 0; status == 0 && first < weights->count; first += most) {
        size_t left = weights->count - first, count = left < most ? left : most;

        status = onnx_node_weight_values(node, weights, first, count, piece, err);
        if (status == 0)
            place(dims, piece, first, count, to);
    }
    free(piece);
    return status;
}

/* ONNX has [out, in/groups, slice, window], `dims`; `to` is [out, window, slice, in/groups]. */
static void place_conv(const int64_t *dims, const float *from, size_t first,
                       size_t count, float *to)
{
    size_t area = (size_t)dims[3], slices = (size_t)dims[2], ins = (size_t)dims[1];
    size_t span = slices * area;
    size_t at = first % span, in = first / span % ins, out = first / span / ins;

    for (size_t i = 0; i < count; i++) {
        to[((out * area + at % area) * slices + at / area) * ins + in] = from[i];
        if (++at == span) {
            at = 0;
            if (++in == ins) {
                in = 0;
                out++;
            }
        }
    }
}

/* ONNX has [group, in, out, slice, window], `dims`; `to` is [group, out, window, slice, in], the window back
 * to front. */
static void place_turned(const int64_t *dims, const float *from, size_t first,
                         size_t count, float *to)
{
    size_t ins = (size_t)dims[1], outs = (size_t)dims[2], slices = (size_t)dims[3];
    size_t area = (size_t)dims[4], span = slices * area;

    for (size_t i = first; i < first + count; i++) {
        size_t at = span - 1 - i % span, out = i / span % outs;
        size_t in = i / span / outs % ins, group = i / span / outs / ins;

        to[(((group * outs + out) * area + at % area) * slices + at / area) * ins +
           in] = from[i - first];
    }
}

/* The steps of blocks along input channels stand as weights of so many inputs would. */
static void take_conv_blocks(const struct plan *plan, const int64_t *dims,
                             struct weights *weights)
{
    bool is_turned = plan->is_turned;
    const float *steps = onnx_constant_blocks(plan->weights, is_turned ? 0 : 1);
    int64_t of_steps[5];

    if (!steps || (is_turned && plan->groups > 1))
        return;
    memcpy(of_steps, dims, (is_turned ? 5 : 4) * sizeof *dims);
    of_steps[1] = (dims[1] + plan->weights->block - 1) / plan->weights->block;
    weights->steps = memory_get(plan->weights->step_count * sizeof *weights->steps);
    weights->block = plan->weights->block;
    (is_turned ? place_turned : place_conv)(of_steps, steps, 0,
                                            plan->weights->step_count, weights->steps);
}

static int read_conv_weights(const struct onnx_node *node, const struct plan *plan,
                             struct weights *weights, struct error *err)
{
    int64_t slices = weights->slices, area = weights->window;
    const int64_t dims[] = {weights->outputs, weights->inputs / slices, slices, area};
    const int64_t turned[] = {weights->groups, weights->inputs / slices,
                              weights->outputs / weights->groups, slices, area};

    weights->steps = onnx_constant_steps(plan->weights, plan->is_turned ? 1 : 0,
                                         (size_t)weights->outputs);
    take_conv_blocks(plan, plan->is_turned ? turned : dims, weights);
    return read_weights(node, plan->weights, plan->is_turned ? turned : dims,
                        plan->is_turned ? place_turned : place_conv, weights->values,
                        err);
}

/* The layer of a plan whose window is known. */
static struct layer *give_planned(const struct onnx_node *node, struct plan *plan,
                                  struct onnx_image *image, struct error *err)
{
    struct layer *layer;

    if (onnx_image_give(node, &plan->input, &plan->over, (int)plan->groups, image,
                        err) < 0)
        return NULL;
    plan->window = image->window;
    plan->output = onnx_image_products(image, outputs_of(plan));
    layer =
        give_conv(node, plan, outputs_of(plan), inputs_of(plan) * image->slices, err);
    if (!layer)
        return NULL;
    layer->weights->axes = plan->over.axes;
    layer->weights->slices = (int)image->slices;
    layer->weights->is_turned = plan->is_turned;
    return layer;
}

static int read_convolution(const struct onnx_node *node, bool is_turned,
                            struct error *err)
{
    struct plan plan = {.is_turned = is_turned};
    struct onnx_image image;
    struct layer *layer;

    if (plan_conv(node, &plan, err) < 0)
        return -1;
    layer = give_planned(node, &plan, &image, err);
    if (!layer || read_conv_weights(node, &plan, layer->weights, err) < 0)
        return -1;
    if (plan.bias)
        memcpy(layer->conv.shift, plan.bias->reals,
               (size_t)layer->weights->outputs * sizeof(float));
    return onnx_image_give_back(node, &image, layer->weights->outputs, err);
}

static int read_conv(const struct onnx_node *node, struct error *err)
{
    return read_convolution(node, false, err);
}

static int read_conv_transpose(const struct onnx_node *node, struct error *err)
{
    return read_convolution(node, true, err);
}

/* The last two dimensions of weights; those before them are one. */
static const int64_t *matrix_of(const struct onnx_constant *weights)
{
    return weights->shape.dims + weights->shape.rank - 2;
}

/* Whether weights multiply the last dimension of `input`: the same for every sample and row. */
static bool is_matrix(const struct onnx_constant *weights, bool is_transposed,
                      const struct tensor *input)
{
    const struct onnx_shape *shape = &weights->shape;

    if (input->rank < 1 || shape->rank < 2 || shape->rank > input->rank + 1 ||
        weights->count == 0)
        return false;
    for (int i = 0; i < shape->rank - 2; i++)
        if (shape->dims[i] != 1)
            return false;
    return matrix_of(weights)[is_transposed ? 1 : 0] == input->dims[input->rank - 1];
}

/* Plans y = x * weights for x [batch, ..., features], plan->input and plan->weights. */
static int plan_product(const struct onnx_node *node, bool is_transposed,
                        struct plan *plan, struct error *err)
{
    char text[ONNX_SHAPE_TEXT_BYTES], weights_text[ONNX_SHAPE_TEXT_BYTES];
    const struct tensor *input = &node->graph->network->tensors[plan->input];

    if (!is_matrix(plan->weights, is_transposed, input)) {
        struct onnx_shape shape = onnx_shape_of_tensor(input);

        return onnx_node_error(node, err, "weights %s%s do not fit an input %s",
                               onnx_shape_text(&plan->weights->shape, weights_text),
                               is_transposed ? " (transposed)" : "",
                               onnx_shape_text(&shape, text));
    }
    plan->output = onnx_shape_of_sample(input);
    plan->bias = NULL;
    plan->groups = 1;
    plan->window = window_of_one();
    plan->output.dims[plan->output.rank - 1] =
        matrix_of(plan->weights)[is_transposed ? 0 : 1];
    return 0;
}

/* As they are; `dims` is [out, in]. */
static void place_rows(const int64_t *dims, const float *from, size_t first,
                       size_t count, float *to)
{
    (void)dims;
    memcpy(to + first, from, count * sizeof *to);
}

/* Columns become rows: `dims` is [in, out], `to` [out, in]. */
static void place_columns(const int64_t *dims, const float *from, size_t first,
                          size_t count, float *to)
{
    size_t ins = (size_t)dims[0], outs = (size_t)dims[1];
    size_t in = first / outs, out = first % outs;

    for (size_t i = 0; i < count; i++) {
        to[out * ins + in] = from[i];
        if (++out == outs) {
            out = 0;
            in++;
        }
    }
}

/* The same of a matrix, whose inputs are on the other axis than `axis`. */
static void take_matrix_blocks(const struct onnx_constant *matrix, bool is_transposed,
                               int axis, struct weights *weights)
{
    int of_inputs = is_transposed ? axis + 1 : axis - 1;
    const float *steps = onnx_constant_blocks(matrix, of_inputs);
    int64_t dims[] = {0, weights->outputs};

    if (!steps || matrix->is_turned)
        return;
    dims[0] = (weights->inputs + matrix->block - 1) / matrix->block;
    weights->steps = memory_get(matrix->step_count * sizeof *steps);
    weights->block = matrix->block;
    (is_transposed ? place_rows : place_columns)(dims, steps, 0, matrix->step_count,
                                                 weights->steps);
}

static struct layer *give_product(const struct onnx_node *node, const struct plan *plan,
                                  bool is_transposed, float factor, struct error *err)
{
    const int64_t *dims = matrix_of(plan->weights);
    int64_t outs = dims[is_transposed ? 0 : 1], ins = dims[is_transposed ? 1 : 0];
    bool is_turned = plan->weights->is_turned;
    const int64_t in_file[] = {dims[is_turned ? 1 : 0], dims[is_turned ? 0 : 1]};
    int axis = plan->weights->shape.rank - (is_transposed ? 2 : 1);
    struct layer *layer = give_conv(node, plan, outs, ins, err);

    if (!layer)
        return NULL;
    if (factor == 1) {
        layer->weights->steps = onnx_constant_steps(plan->weights, axis, (size_t)outs);
        take_matrix_blocks(plan->weights, is_transposed, axis, layer->weights);
    }
    if (read_weights(node, plan->weights, in_file,
                     is_transposed != is_turned ? place_rows : place_columns,
                     layer->weights->values, err) < 0)
        return NULL;
    for (size_t i = 0; factor != 1 && i < plan->weights->count; i++)
        layer->weights->values[i] *= factor;
    return layer;
}

/* Images and tensors of more dimensions are multiplied as rows. */
int onnx_product_give(const struct onnx_node *node, int tensor,
                      const struct onnx_constant *weights, bool is_transposed,
                      struct error *err)
{
    struct plan plan = {.input = tensor, .weights = weights};
    struct onnx_shape sample;

    if (plan_product(node, is_transposed, &plan, err) < 0)
        return -1;
    sample = plan.output;
    if (sample.rank <= 2)
        return give_product(node, &plan, is_transposed, 1.f, err) ? 0 : -1;
    if (onnx_rows_give(node, &plan.input, err) < 0)
        return -1;
    plan.output = onnx_rows_of(&sample);
    if (!give_product(node, &plan, is_transposed, 1.f, err))
        return -1;
    return onnx_rows_give_back(node, &sample, err);
}

struct gemm {
    int64_t trans_a, trans_b;
    float alpha, beta;
};

static int read_gemm_attributes(const struct onnx_node *node, struct gemm *gemm,
                                struct error *err)
{
    if (onnx_attribute_integer(node, "transA", 0, &gemm->trans_a, err) < 0 ||
        onnx_attribute_integer(node, "transB", 0, &gemm->trans_b, err) < 0 ||
        onnx_attribute_real(node, "alpha", 1.f, &gemm->alpha, err) < 0 ||
        onnx_attribute_real(node, "beta", 1.f, &gemm->beta, err) < 0)
        return -1;
    if (gemm->trans_a)
        return onnx_node_error(node, err, "transA would turn samples into features");
    if (!isfinite(gemm->alpha) || !isfinite(gemm->beta))
        return onnx_node_error(node, err, "alpha or beta is not finite");
    return 0;
}

/* alpha and beta may have made a large number infinite. */
static int check_finite(const struct onnx_node *node, const float *values, size_t count,
                        struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return onnx_node_error(node, err, "a weight or bias is not finite");
    return 0;
}

/* C is [out] or [1, out], where out may be one for all; a longer first dimension is the batch. */
static int read_gemm_bias(const struct onnx_node *node, int64_t channels,
                          const struct onnx_constant **bias, struct error *err)
{
    const struct onnx_shape *shape;
    char text[ONNX_SHAPE_TEXT_BYTES];
    int64_t width;

    *bias = NULL;
    if (!onnx_node_has_input(node, 2))
        return 0;
    if (onnx_node_reals(node, 2, bias, err) < 0)
        return -1;
    shape = &(*bias)->shape;
    width = shape->rank == 0 ? 1 : shape->dims[shape->rank - 1];
    if (shape->rank == 2 && shape->dims[0] > 1)
        return onnx_node_error(node, err,
                               "its C \"%s\" %s holds a row for each sample of the "
                               "batch; calq adds the same to every sample",
                               (*bias)->name, onnx_shape_text(shape, text));
    if (shape->rank > 2 || (shape->rank == 2 && shape->dims[0] != 1) ||
        (width != 1 && width != channels))
        return onnx_node_error(
            node, err, "its C \"%s\" %s does not fit an output of %lld columns",
            (*bias)->name, onnx_shape_text(shape, text), (long long)channels);
    return 0;
}

static int read_gemm(const struct onnx_node *node, struct error *err)
{
    struct plan plan;
    struct gemm gemm;
    struct layer *layer;

    if (read_gemm_attributes(node, &gemm, err) < 0 ||
        onnx_node_tensor(node, 0, &plan.input, err) < 0 ||
        onnx_node_weights(node, 1, &plan.weights, err) < 0 ||
        plan_product(node, gemm.trans_b, &plan, err) < 0)
        return -1;
    if (plan.output.rank - onnx_batch_folds(&node->batch) != 1 ||
        plan.output.rank > 2 || plan.weights->shape.rank != 2)
        return onnx_node_error(node, err,
                               "its input must be [N, features], its weights a matrix");
    if (read_gemm_bias(node, plan.output.dims[plan.output.rank - 1], &plan.bias, err) <
        0)
        return -1;
    layer = give_product(node, &plan, gemm.trans_b, gemm.alpha, err);
    if (!layer)
        return -1;
    for (int i = 0; plan.bias && i < layer->weights->outputs; i++)
        layer->conv.shift[i] =
            gemm.beta * plan.bias->reals[plan.bias->count == 1 ? 0 : (size_t)i];
    if (check_finite(node, layer->weights->values, plan.weights->count, err) < 0)
        return -1;
    return check_finite(node, layer->conv.shift, (size_t)layer->weights->outputs, err);
}

const struct onnx_operator onnx_conv = {
    "Conv", 3, ONNX_ON_TENSORS, read_conv,
    "auto_pad dilations group kernel_shape pads strides"};
const struct onnx_operator onnx_conv_transpose = {
    "ConvTranspose", 3, ONNX_ON_TENSORS, read_conv_transpose,
    "auto_pad dilations group kernel_shape output_padding output_shape pads strides"};
const struct onnx_operator onnx_gemm = {"Gemm", 3, ONNX_ON_ROWS, read_gemm,
                                        "alpha beta transA transB"};
