/* Convolutions and fully connected layers. */
#include "core/export/tflite_layers.h"

#include "core/base/memory.h"
#include "core/export/coded_weights.h"
#include "core/layer/weight_ratios.h"
#include "core/network/layer_kind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- which operator ----------------------------------------------------------------------- */

static bool is_depthwise(const struct layer *layer)
{
    return layer->weights->groups > 1 && layer->weights->inputs == 1;
}

static bool is_of_one(const struct window *window)
{
    const struct window one = window_of_one();

    return memcmp(window, &one, sizeof one) == 0;
}

/* A product of the last dimension with a matrix. */
static bool is_product(const struct network *network, const struct layer *layer)
{
    return network->tensors[layer->inputs[0]].rank != 3 && is_of_one(&layer->window) &&
           layer->weights->groups == 1;
}

static bool takes_codes(const struct tflite_build *build, int index)
{
    const struct layer *layer = &build->calibrated->network->layers[index];

    return placement_of_weights(build->calibrated->placement, index, 0) >= 0 &&
           build->held[layer->inputs[0]] >= 0;
}

static const char *lacks(const struct network *network, const struct layer *layer)
{
    const struct tensor *input = &network->tensors[layer->inputs[0]];

    if (layer_is_of_recurrence(network, layer))
        return "steps through sequences have no such operator";
    if (layer->conv.has_residual)
        return "sum with another tensor is not apart";
    if (layer->weights->is_turned && layer->weights->groups > 1)
        return "weights are those of a ConvTranspose in groups";
    return input->rank == 3 || is_product(network, layer)
               ? NULL
               : "input is no image of height, width and channels";
}

/* ---- weights ------------------------------------------------------------------------------ */

/* Where a weight [output, window, input] stands in the file: there a depthwise layer has [window, output]. */
static size_t place_of(const struct layer *layer, size_t at)
{
    size_t window = (size_t)layer->weights->window,
           outputs = (size_t)layer->weights->outputs;

    return is_depthwise(layer) ? at % window * outputs + at / window : at;
}

static int weights_dims(const struct tflite_site *site, int32_t *dims)
{
    const struct layer *layer = site->layer;
    const struct weights *weights = layer->weights;
    const int32_t image[] = {weights->outputs, layer->window.kernel_height,
                             layer->window.kernel_width, weights->inputs};

    if (is_product(site->build->calibrated->network, layer)) {
        dims[0] = weights->outputs;
        dims[1] = weights->inputs;
        return 2;
    }
    memcpy(dims, image, sizeof image);
    if (is_depthwise(layer)) {
        dims[0] = 1;
        dims[3] = weights->outputs;
    }
    return 4;
}

static void put_scales(struct tflite_tensor *tensor, float *scales, int count, int axis)
{
    tensor->scales = scales;
    tensor->scale_count = count;
    tensor->axis = axis;
}

static int add_integers(const struct tflite_site *site,
                        const struct coded_weights *weights)
{
    const struct layer *layer = site->layer;
    size_t count = weights_count(layer->weights);
    size_t outputs = (size_t)layer->weights->outputs;
    int32_t dims[TFLITE_RANK_MAX];
    int rank = weights_dims(site, dims);
    int number = tflite_add_tensor(site->build->model, layer->weights->name,
                                   TFLITE_INT8, rank, dims);
    struct tflite_tensor *tensor = &site->build->model->tensors[number];

    tensor->data = memory_get(count);
    tensor->bytes = count;
    for (size_t i = 0; i < count; i++)
        tensor->data[place_of(layer, i)] = (uint8_t)weights->integers[i];
    put_scales(tensor, memory_copy(weights->steps, outputs * sizeof(float)),
               (int)outputs, is_depthwise(layer) ? 3 : 0);
    return number;
}

static int add_integer_bias(const struct tflite_site *site,
                            const struct coded_weights *weights, float input_step)
{
    const struct layer *layer = site->layer;
    int outputs = layer->weights->outputs, number;
    int32_t *bias = memory_get((size_t)outputs * sizeof *bias);
    float *scales = memory_get((size_t)outputs * sizeof *scales);

    for (int i = 0; i < outputs; i++) {
        bias[i] = coded_shift(weights, &layer->conv, input_step, (size_t)i);
        scales[i] = input_step * weights->steps[i];
    }
    number = tflite_add_words(site->build, 1, &outputs, bias);
    put_scales(&site->build->model->tensors[number], scales, outputs, 0);
    free(bias);
    return number;
}

/* Weights and bias of integers. */
static void add_coded(const struct tflite_site *site, int32_t *inputs)
{
    const struct tflite_calibrated *calibrated = site->build->calibrated;
    int item = placement_of_weights(calibrated->placement, site->index, 0);
    const struct quantizer quantizer = choice_quantizer(calibrated->choices[item]);
    const struct weight_rules rules =
        placement_weight_rules(&calibrated->placement->items[item], &calibrated->rules);
    float input_step =
        calibrated->choices[site->build->held[site->layer->inputs[0]]].step;
    struct coded_weights weights;

    coded_weights_init(&weights, site->layer->weights, &rules, &quantizer, 8);
    coded_weights_fold(&weights, site->layer, input_step);
    inputs[1] = add_integers(site, &weights);
    inputs[2] = add_integer_bias(site, &weights, input_step);
    coded_weights_clear(&weights);
}

/* Weights and bias in float, the scale in the weights. */
static void add_plain(const struct tflite_site *site, int32_t *inputs)
{
    const struct layer *layer = site->layer;
    size_t count = weights_count(layer->weights),
           each = weights_per_output(layer->weights);
    float *values = memory_get(count * sizeof *values);
    int32_t dims[TFLITE_RANK_MAX];
    int rank = weights_dims(site, dims);

    for (size_t i = 0; i < count; i++)
        values[place_of(layer, i)] =
            layer->weights->values[i] * layer->conv.scale[i / each];
    inputs[1] = tflite_add_floats(site->build, rank, dims, values);
    inputs[2] =
        tflite_add_floats(site->build, 1, &layer->weights->outputs, layer->conv.shift);
    free(values);
}

/* ---- operators ---------------------------------------------------------------------------- */

static void put_options(const struct tflite_site *site, int padding,
                        enum tflite_activation activation, struct tflite_operator *conv)
{
    const struct window *window = &site->layer->window;
    int32_t plain[] = {padding,
                       window->stride_width,
                       window->stride_height,
                       (int32_t)activation,
                       window->dilation_width,
                       window->dilation_height};
    const struct weights *weights = site->layer->weights;
    int32_t depthwise[] = {padding,
                           window->stride_width,
                           window->stride_height,
                           weights->outputs / weights->groups,
                           (int32_t)activation,
                           window->dilation_width,
                           window->dilation_height};

    if (is_depthwise(site->layer))
        memcpy(conv->options, depthwise, sizeof depthwise);
    else
        memcpy(conv->options, plain, sizeof plain);
}

static void write_product(const struct tflite_site *site, int32_t *inputs,
                          enum tflite_activation activation, int output)
{
    struct tflite_operator *product;

    inputs[0] = tflite_read(site, 0);
    product = tflite_add_operator(site->build->model, TFLITE_FULLY_CONNECTED, inputs, 3,
                                  output);
    product->options[0] = (int32_t)activation;
    product->options[2] = true; /* the dimensions are kept */
}

static void write_window(const struct tflite_site *site, int32_t *inputs,
                         enum tflite_activation activation, int output)
{
    const struct tflite_padding padding = tflite_padding_of(
        &site->layer->window, tflite_input(site, 0), tflite_output(site));
    enum tflite_operator_kind kind =
        is_depthwise(site->layer) ? TFLITE_DEPTHWISE_CONV : TFLITE_CONV;

    inputs[0] = tflite_padded(site, &padding, false);
    put_options(site, padding.padding, activation,
                tflite_add_operator(site->build->model, kind, inputs, 3, output));
}

/* Codes end where the clamp does, or the operator has it; else floats are clamped behind it. */
static void write(const struct tflite_site *site)
{
    bool is_clamped_behind = !site->in_codes && !tflite_can_clamp(site->layer);
    enum tflite_activation activation = tflite_activation_of(site->layer);
    int32_t inputs[3], dims[TFLITE_RANK_MAX];
    int rank = tflite_dims(tflite_output(site), dims), output;

    if (site->in_codes)
        add_coded(site, inputs);
    else
        add_plain(site, inputs);
    output =
        is_clamped_behind ? tflite_between(site, -1, rank, dims) : tflite_result(site);
    if (is_product(site->build->calibrated->network, site->layer))
        write_product(site, inputs, activation, output);
    else
        write_window(site, inputs, activation, output);
    if (is_clamped_behind)
        tflite_clamp(site, output);
}

const struct tflite_layer_row tflite_conv_row = {takes_codes, lacks, write};
