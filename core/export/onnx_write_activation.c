/* A tensor that is rounded: QuantizeLinear and DequantizeLinear, and what cuts before them. */
#include "core/export/onnx_write_parts.h"

#include "core/base/memory.h"
#include "core/export/onnx_carriers.h"
#include "core/export/onnx_opset.h"

#include <math.h>
#include <stdlib.h>

/* Adds a scalar named after the tensor; the name is the caller's. */
static char *add_scalar(struct onnx_edit *edit, const char *base, const char *suffix,
                        float value)
{
    char *name = onnx_edit_fresh_name(edit, base, suffix);

    onnx_edit_add_floats(edit, name, NULL, 0, &value);
    return name;
}

/* Whether codes of two tensors are multiplied. */
static bool multiplies_codes(const struct onnx_calibrated *calibrated)
{
    const struct network *network = calibrated->network;

    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        if (layer->kind == LAYER_MATMUL && calibrated->held[layer->inputs[0]] >= 0 &&
            calibrated->held[layer->inputs[1]] >= 0)
            return true;
    }
    return false;
}

/* Whether all codes of 8 bits are unsigned ones, with zero in the middle where they have a sign. ONNX Runtime
 * (1.30) makes no integer kernels of mixed types, and the change itself only where one node reads a tensor; from
 * opset 21 on it makes no session where Reshape or Transpose hand on codes that it has changed. Products of two
 * tensors it multiplies as they are, and int8 saturates where a CPU has AVX2 without VNNI. */
static bool has_unsigned_codes(const struct onnx_edit *edit,
                               const struct onnx_calibrated *calibrated)
{
    return calibrated->for_integer_kernels ||
           (!calibrated->keeps_signs &&
            (onnx_opset(edit->model) >= 21 || multiplies_codes(calibrated)));
}

static char *add_zero_point(struct onnx_edit *edit,
                            const struct onnx_calibrated *calibrated, const char *base,
                            const struct container *container)
{
    static const uint8_t middle[1] = {128};
    const uint8_t zero[2] = {(uint8_t)container->zero_point, 0};
    bool is_shifted = has_unsigned_codes(edit, calibrated) &&
                      container->type == ONNX__TENSOR_PROTO__DATA_TYPE__INT8;
    char *name = onnx_edit_fresh_name(edit, base, "_zero_point");

    onnx_edit_add_tensor(
        edit, name, is_shifted ? ONNX__TENSOR_PROTO__DATA_TYPE__UINT8 : container->type,
        NULL, 0, is_shifted ? middle : zero, container->bits == 16 ? 2 : 1);
    return name;
}

/* Adds a node with one constant behind it; returns the name of the output. */
static char *add_limit(struct onnx_edit *edit, int after, const char *op,
                       const char *from, const char *suffix, float limit)
{
    char *constant = add_scalar(edit, from, suffix, limit);
    char *output = onnx_edit_fresh_name(edit, constant, "_output");

    onnx_edit_add_node(edit, after, op, (const char *[]){from, constant}, 2, output);
    free(constant);
    return output;
}

/* `from` cut to the values of the codes by Min, and by Max where the type has lower integers. */
static char *add_min_and_max(struct onnx_edit *edit, int after, const char *from,
                             const struct container *container, float step)
{
    char *below =
        add_limit(edit, after, "Min", from, "_most", (float)container->highest * step);
    char *output;

    if (container->lowest == container->least)
        return below;
    output =
        add_limit(edit, after, "Max", below, "_least", (float)container->lowest * step);
    free(below);
    return output;
}

/* The same by Clip. */
static char *add_clip(struct onnx_edit *edit, int after, const char *from,
                      const struct container *container, float step)
{
    char *low = add_scalar(edit, from, "_clip_low", (float)container->lowest * step);
    char *high = add_scalar(edit, from, "_clip_high", (float)container->highest * step);
    char *output = onnx_edit_fresh_name(edit, from, "_clipped");

    onnx_edit_add_node(edit, after, "Clip", (const char *[]){from, low, high}, 3,
                       output);
    free(low);
    free(high);
    return output;
}

static bool has_bias(const struct layer *layer)
{
    for (int channel = 0; channel < layer->weights->outputs; channel++)
        if (layer->conv.shift[channel] != 0)
            return true;
    return false;
}

/* Whether products of the steps of input and weights are no fine grid beside the codes of an output, as where
 * all weights are zero, and their step is any. */
static bool is_coarse(const struct onnx_calibrated *calibrated, int input, int weights,
                      float output_step)
{
    float unit = calibrated->choices[input].step * calibrated->choices[weights].step;

    return unit > output_step / 16;
}

/* The layer whose values are rounded in a tensor; pools and rearrangements hand them on. */
static const struct layer *maker_of(const struct network *network, int tensor)
{
    const struct layer *layer = NULL;

    for (int at = network->tensors[tensor].producer; at >= 0;
         at = network->tensors[layer->inputs[0]].producer) {
        layer = &network->layers[at];
        if (layer->kind != LAYER_MAX_POOL && layer->kind != LAYER_REARRANGE)
            return layer;
    }
    return NULL;
}

/* Whether a tensor is rounded to 16 bits. */
static bool is_wide(const struct onnx_calibrated *calibrated, int tensor)
{
    int item = calibrated->placement->of_tensor[tensor];

    return item >= 0 && bits_are_wide(calibrated->choices[item].bits);
}

/* Whether ONNX Runtime (1.30, with optimisations: WeightBiasQuantization) would round more than the
 * file says. Where a layer stands between DequantizeLinear and QuantizeLinear with at most Relu and
 * Clip behind it, it rounds float weights to 8 bits and a bias to multiples of the product of both
 * steps, which is little with 8 bits, where it makes one integer kernel of all, and much with
 * fewer. Beside an input of 16 bits weights are floats, too. With Min behind it, it leaves both. */
static bool would_be_rounded(const struct onnx_calibrated *calibrated, int tensor,
                             float step)
{
    const struct placement *placement = calibrated->placement;
    const struct network *network = calibrated->network;
    const struct layer *layer = maker_of(network, tensor);
    int weights, input;

    if (!layer || layer->kind != LAYER_CONV || layer->conv.has_residual)
        return false;
    if (is_wide(calibrated, layer->inputs[0]))
        return true;
    weights = placement_of_weights(placement, (int)(layer - network->layers), 0);
    input = calibrated->held[layer->inputs[0]];
    if (input < 0)
        return false;
    if (weights < 0)
        return true;
    if (layer->batchnorm && !calibrated->for_integer_kernels)
        return false;
    return has_bias(layer) && !(choice_fills_8_bits(calibrated->choices, input) &&
                                (calibrated->for_integer_kernels ||
                                 (choice_fills_8_bits(calibrated->choices, weights) &&
                                  !is_coarse(calibrated, input, weights, step))));
}

/* Whether ONNX Runtime would pull QuantizeLinear in front of a max pool that is faster in float;
 * not past Min. */
static bool would_be_pooled_as_codes(const struct onnx_calibrated *calibrated,
                                     int tensor)
{
    const struct network *network = calibrated->network;
    int producer = network->tensors[tensor].producer;

    return calibrated->for_integer_kernels && producer >= 0 &&
           network->layers[producer].kind == LAYER_MAX_POOL &&
           onnx_carriers_pool_floats(network, calibrated->placement,
                                     network->layers[producer].inputs[0]);
}

/* Whether ONNX Runtime would make a pool of codes of one with dilations, which it then does not know. It moves
 * QuantizeLinear in front of what hands on codes. */
static bool would_be_dilated(const struct onnx_calibrated *calibrated, int tensor)
{
    const struct layer *layer = maker_of(calibrated->network, tensor);

    return layer && layer->kind == LAYER_AVERAGE_POOL &&
           (layer->window.dilation_height > 1 || layer->window.dilation_width > 1);
}

/* The step of the codes that a layer reads; 0: it reads floats. */
static double step_read(const struct onnx_calibrated *calibrated,
                        const struct layer *layer, int input)
{
    int item = calibrated->held[layer->inputs[input]];

    return item < 0 ? 0 : (double)calibrated->choices[item].step;
}

/* How large a sum or product of codes may be, in values; 0: of another layer. */
static double most_of_codes(const struct onnx_calibrated *calibrated,
                            const struct layer *layer)
{
    if (layer->kind == LAYER_ADD ||
        (layer->kind == LAYER_BINARY && layer->binary.operation == BINARY_ADD))
        return UINT8_MAX * (step_read(calibrated, layer, 0) +
                            step_read(calibrated, layer, layer->input_count - 1));
    if (layer->kind == LAYER_BINARY && layer->binary.operation == BINARY_MUL)
        return UINT8_MAX * step_read(calibrated, layer, 0) * UINT8_MAX *
               step_read(calibrated, layer, 1);
    return 0;
}

/* Whether kernels of ONNX Runtime (1.30) would leave the range of their integers: QLinearAdd and QLinearMul give
 * the lowest code where a result is 2^31 of its steps or more, and QLinearAveragePool alike;
 * QLinearGlobalAveragePool ends the run where a step is not between 2^-32 and 256 of its steps, by the pixels that
 * it averages. None of them is made past Min. */
static bool would_leave_integers(const struct onnx_calibrated *calibrated, int tensor,
                                 float step)
{
    const struct layer *layer = maker_of(calibrated->network, tensor);
    double ratio;

    if (!layer)
        return false;
    if (layer->kind != LAYER_AVERAGE_POOL)
        return most_of_codes(calibrated, layer) / (double)step >= 0x1p30;
    ratio = step_read(calibrated, layer, 0) / (double)step;
    return ratio >= 128 || (ratio > 0 && ratio / (layer->window.kernel_height *
                                                  layer->window.kernel_width) <
                                             0x1p-31);
}

/* What QuantizeLinear reads of tensor `name`: the values `from`, cut where they must be; the
 * caller's. */
static char *add_cut(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                     const char *name, const char *from, int after,
                     const struct container *container, float step)
{
    int tensor = network_find_tensor(calibrated->network, name);

    if (tensor >= 0 && (would_be_rounded(calibrated, tensor, step) ||
                        would_be_dilated(calibrated, tensor) ||
                        would_leave_integers(calibrated, tensor, step) ||
                        would_be_pooled_as_codes(calibrated, tensor)))
        return add_min_and_max(edit, after, from, container, step);
    if (container_is_wider(container))
        return add_clip(edit, after, from, container, step);
    return memory_text(from);
}

/* ---- rounding ----------------------------------------------------------------------------- */

/* Whether a clamp ends at the highest code although that is worth more. ONNX Runtime 1.30 makes two
 * nodes of one name of Clip and QuantizeLinear then, and no session; not where the scale has the
 * shape [1]. */
static bool ends_at_highest_code(const struct onnx_calibrated *calibrated,
                                 const char *name, const struct container *container,
                                 float step)
{
    const struct network *network = calibrated->network;
    int tensor = network_find_tensor(network, name);
    int producer = tensor < 0 ? -1 : network->tensors[tensor].producer;
    float high = producer < 0 ? INFINITY : network->layers[producer].high;

    return high < (float)container->highest * step &&
           rintf(high / step) == (float)container->highest;
}

/* What the file's nodes read under `name` from now on is what comes out; the network's own output
 * keeps its name, and what was rounded gets another. Returns the name of what comes out, `*from`
 * what goes in. */
static char *name_values(struct onnx_edit *edit, const char *name, char **from)
{
    char *values;

    if (!onnx_edit_is_output(edit, name)) {
        values = onnx_edit_fresh_name(edit, name, "_dequantized");
        onnx_edit_read_instead(edit, name, values);
        *from = memory_text(name);
        return values;
    }
    *from = onnx_edit_fresh_name(edit, name, "_unrounded");
    onnx_edit_rename_output(edit, name, *from);
    return memory_text(name);
}

char *onnx_write_activation(struct onnx_edit *edit,
                            const struct onnx_calibrated *calibrated, int item,
                            const char *name, int after, bool is_in_steps)
{
    static const int64_t one = 1;
    struct quantizer quantizer = onnx_quantizer_of(calibrated, item);
    struct container container = onnx_container_of(calibrated, item);
    float unit = container_step(&container, quantizer.step);
    bool has_shape = ends_at_highest_code(calibrated, name, &container, unit);
    char *step = onnx_edit_fresh_name(edit, name, "_scale");
    char *from, *values, *unit_step, *zero, *codes, *cut;

    onnx_edit_add_floats(edit, step, has_shape ? &one : NULL, has_shape, &unit);
    unit_step = is_in_steps ? add_scalar(edit, name, "_scale", 1) : memory_text(step);
    zero = add_zero_point(edit, calibrated, name, &container);
    codes = onnx_edit_fresh_name(edit, name, "_quantized");
    values = name_values(edit, name, &from);
    cut = is_in_steps ? memory_text(from)
                      : add_cut(edit, calibrated, name, from, after, &container, unit);
    onnx_edit_add_node(edit, after, "QuantizeLinear",
                       (const char *[]){cut, unit_step, zero}, 3, codes);
    onnx_edit_add_node(edit, after, "DequantizeLinear",
                       (const char *[]){codes, step, zero}, 3, values);
    free(from);
    free(step);
    free(unit_step);
    free(zero);
    free(codes);
    free(cut);
    return values;
}

char *onnx_write_moved(struct onnx_edit *edit, const char *from, int after,
                       const char *values)
{
    const Onnx__NodeProto *dequantize = onnx_edit_added(edit, values);
    const char *step = dequantize->input[1], *zero = dequantize->input[2];
    char *codes = onnx_edit_fresh_name(edit, from, "_quantized");
    char *moved = onnx_edit_fresh_name(edit, from, "_dequantized");

    onnx_edit_add_node(edit, after, "QuantizeLinear",
                       (const char *[]){from, step, zero}, 3, codes);
    onnx_edit_add_node(edit, after, "DequantizeLinear",
                       (const char *[]){codes, step, zero}, 3, moved);
    free(codes);
    return moved;
}
