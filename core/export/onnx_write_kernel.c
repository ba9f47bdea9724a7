/* A layer as ONNX Runtime makes integer kernels of it: batch norm in steps and bias, Gemm where
 * floats may come out. */
#include "core/export/onnx_write_parts.h"

#include "core/base/memory.h"
#include "core/export/coded_weights.h"
#include "core/export/onnx_runtime_kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_operator(const Onnx__NodeProto *node, const char *op)
{
    return strcmp(node->op_type, op) == 0;
}

static bool has_no_shift(const struct layer *layer)
{
    for (int channel = 0; channel < layer->weights->outputs; channel++)
        if (layer->conv.shift[channel] != 0)
            return false;
    return true;
}

static char *add_scales(const struct place *place, const struct coded_weights *weights,
                        float input_step, const int32_t *integers)
{
    int64_t channels = place->layer->weights->outputs;
    const char *base = place->node->output[0];
    float *steps = memory_get((size_t)channels * sizeof *steps);
    char *values = onnx_edit_fresh_name(place->edit, base, "_bias");
    char *codes = onnx_edit_fresh_name(place->edit, values, "_quantized");
    char *scale = onnx_edit_fresh_name(place->edit, values, "_scale");
    Onnx__NodeProto *node;

    for (int64_t i = 0; i < channels; i++)
        steps[i] = input_step * weights->steps[i];
    onnx_edit_add_int32s(place->edit, codes, channels, integers);
    onnx_edit_add_floats(place->edit, scale, &channels, 1, steps);
    node = onnx_edit_add_node(place->edit, place->layer->node - 1, "DequantizeLinear",
                              (const char *[]){codes, scale}, 2, values);
    onnx_edit_set_integer(node, "axis", 0);
    free(steps);
    free(codes);
    free(scale);
    return values;
}

/* A bias of 32-bit integers, which is what ONNX Runtime makes of others, too, but where the output
 * is in float. */
static void write_integer_bias(struct place *place, const struct coded_weights *weights,
                               float input_step)
{
    size_t channels = (size_t)place->layer->weights->outputs;
    int32_t *integers;
    char *bias;

    if (place->node->n_input <= 2 && has_no_shift(place->layer))
        return;
    integers = memory_get(channels * sizeof *integers);
    for (size_t i = 0; i < channels; i++)
        integers[i] = coded_shift(weights, &place->layer->conv, input_step, i);
    bias = add_scales(place, weights, input_step, integers);
    if (is_operator(place->node, "MatMul"))
        onnx_place_put_behind(place, "Add", bias);
    else
        onnx_place_bias(place, bias);
    free(bias);
    free(integers);
}

static void drop_attributes_of_conv(Onnx__NodeProto *node)
{
    static const char *const names[] = {"auto_pad",     "dilations", "group",
                                        "kernel_shape", "pads",      "strides"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        onnx_edit_drop_attribute(node, names[i]);
}

/* The node reads rows in place of images of one pixel. */
static void read_rows(const struct onnx_calibrated *calibrated, struct place *place)
{
    int before = place->layer->node - 1;
    char *rows = onnx_edit_fresh_name(place->edit, place->node->output[0], "_rows");
    char *values;

    onnx_edit_add_node(place->edit, before, "Flatten",
                       (const char *[]){place->node->input[0]}, 1, rows);
    values = onnx_write_activation(place->edit, calibrated,
                                   calibrated->held[place->layer->inputs[0]], rows,
                                   before, false);
    onnx_edit_set_input(place->node, 0, values);
    free(values);
    free(rows);
}

/* Who reads the rows that the node gives reads images of one pixel. */
static void give_images(struct place *place)
{
    const int64_t shape[] = {0, place->layer->weights->outputs, 1, 1}, four = 4;
    const char *output = place->node->output[0];
    char *dims = onnx_edit_fresh_name(place->edit, output, "_shape");
    char *images = onnx_edit_fresh_name(place->edit, output, "_images");

    onnx_edit_add_tensor(place->edit, dims, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, &four,
                         1, shape, sizeof shape);
    onnx_edit_read_instead(place->edit, output, images);
    onnx_edit_add_node(place->edit, place->layer->node, "Reshape",
                       (const char *[]){output, dims}, 2, images);
    free(images);
    free(dims);
}

/* Whether what a layer gives, or a view of its name, is rounded. */
static bool is_rounded(const struct onnx_calibrated *calibrated,
                       const struct layer *layer)
{
    const struct placement *placement = calibrated->placement;
    const char *name = calibrated->network->tensors[layer->output].name;

    for (int item = 0; item < placement->count; item++)
        if (!placement->items[item].is_weight &&
            strcmp(placement->items[item].name, name) == 0)
            return true;
    return calibrated->held[layer->output] >= 0;
}

/* A convolution of single pixels that gives floats is Gemm, before its weights are placed. */
static bool become_gemm_of_pixels(const struct onnx_calibrated *calibrated,
                                  struct place *place)
{
    const struct layer *layer = place->layer;

    if (!place->is_conv || is_rounded(calibrated, layer) ||
        !runtime_kernels_take_as_gemm(calibrated->network, layer))
        return false;
    onnx_edit_set_operator(place->node, "Gemm");
    drop_attributes_of_conv(place->node);
    onnx_edit_set_integer(place->node, "transB", 1);
    read_rows(calibrated, place);
    place->is_conv = false;
    return true;
}

/* A product of rows with a bias is Gemm: what ONNX Runtime makes of MatMul and Add is in float. */
static void become_gemm(const struct onnx_calibrated *calibrated, struct place *place)
{
    const struct network *network = calibrated->network;

    if (is_operator(place->node, "MatMul") &&
        network->tensors[place->layer->output].rank == 1 &&
        !onnx_is_moved(place->edit, network, place->layer))
        onnx_edit_set_operator(place->node, "Gemm");
}

/* The layer with scale and shift in steps and bias. */
static void write_shift(const struct onnx_calibrated *calibrated, struct place *place,
                        const struct coded_weights *weights, float input_step)
{
    onnx_place_take_scales(place);
    become_gemm(calibrated, place);
    if (onnx_rounds_like_kernel(calibrated, place->layer))
        write_integer_bias(place, weights, input_step);
    else
        onnx_place_shift(place);
}

bool onnx_write_kernel(const struct onnx_calibrated *calibrated, struct place *place,
                       struct coded_weights *weights)
{
    int item = calibrated->held[place->layer->inputs[0]];
    float input_step = item < 0 ? 0 : calibrated->choices[item].step;
    bool gives_rows;

    if (!calibrated->for_integer_kernels || item < 0 ||
        !coded_weights_fold(weights, place->layer, input_step))
        return false;
    gives_rows = become_gemm_of_pixels(calibrated, place);
    onnx_place_weights(place, weights);
    write_shift(calibrated, place, weights, input_step);
    if (gives_rows)
        give_images(place);
    return true;
}
