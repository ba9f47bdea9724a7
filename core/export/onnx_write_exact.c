/* A convolution of codes whose sums are integers, and whose epilogue is that of the evaluator.
 *
 * Floats hold integers below 2^24 exactly, in whatever order they are added. The epilogue, sums that are
 * rounded once, is done in double precision, in which products of floats are exact. */
#include "core/export/onnx_write_parts.h"

#include "core/base/memory.h"
#include "core/layer/channel_epilogue.h"
#include "core/layer/weight_codes.h"
#include "core/layer/weight_ratios.h"
#include "core/network/layer_kind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FLOAT = 1, DOUBLE = 11 };
static const double exact_below = 1 << 24;

/* ---- which layers ------------------------------------------------------------------------- */

/* What the evaluator stores for the code 0; the file has the codes themselves. */
static int zero_code_of(const struct quantizer *quantizer)
{
    return -quantizer_lowest(quantizer);
}

static bool needs_window_sums(const struct onnx_calibrated *calibrated,
                              const struct quantizer *weights)
{
    return weight_codes_of_grid(weights).centre != 0 ||
           calibrated->rules.corrects_mean || calibrated->rules.corrects_variance;
}

static int code_of(const struct coded_weights *weights, size_t at)
{
    return (weights->integers[at] - weights->container.offset) /
           weights->container.factor;
}

/* The largest sum of the magnitudes of a channel's codes. */
static long largest_sum(const struct layer *layer, const struct coded_weights *weights)
{
    size_t count = weights_per_output(layer->weights);
    long largest = 0, sum = 0;

    for (size_t i = 0; i < (size_t)layer->weights->outputs * count; i++) {
        sum = (i % count == 0 ? 0 : sum) + abs(code_of(weights, i));
        largest = sum > largest ? sum : largest;
    }
    return largest;
}

/* Whether all sums of the codes' products, and those of windows, are floats, whatever the input. */
static bool sums_are_floats(const struct onnx_calibrated *calibrated,
                            const struct layer *layer, const struct quantizer *input,
                            const struct quantizer *quantizer)
{
    struct weight_rules rules = onnx_weight_rules(calibrated, layer);
    double most = (1 << input->bits) - 1,
           windows = (double)weights_per_output(layer->weights);
    struct coded_weights weights;
    double products;

    coded_weights_init(&weights, layer->weights, &rules, quantizer, 8);
    products = (double)largest_sum(layer, &weights);
    coded_weights_clear(&weights);
    return most * products < exact_below && most * windows < exact_below;
}

/* Whether a node of the file adds a tensor to what a layer gives, and not what others move of it. */
static bool is_added(const struct onnx_edit *edit, int from, int to, const char *name)
{
    for (int i = from + 1; i <= to; i++) {
        const Onnx__NodeProto *node = edit->model->graph->node[i];

        for (size_t k = 0; k < node->n_input; k++)
            if (strcmp(node->op_type, "Add") == 0 && strcmp(node->input[k], name) == 0)
                return true;
    }
    return false;
}

/* Whether a residual is codes, in a shape that can be added: what is rounded may have been moved. */
static bool has_residual_codes(const struct onnx_edit *edit,
                               const struct onnx_calibrated *calibrated,
                               const struct layer *layer)
{
    const struct tensor *tensors = calibrated->network->tensors;

    return calibrated->placement->of_tensor[layer->inputs[1]] >= 0 &&
           is_added(edit, layer->node,
                    onnx_edit_producer(edit, tensors[layer->output].name),
                    tensors[layer->inputs[1]].name);
}

static bool moves(const Onnx__NodeProto *node)
{
    static const char *const movers[] = {"Expand",  "Flatten",   "Gather",   "Reshape",
                                         "Squeeze", "Transpose", "Unsqueeze"};

    for (size_t i = 0; i < sizeof movers / sizeof *movers; i++)
        if (strcmp(node->op_type, movers[i]) == 0)
            return true;
    return false;
}

/* Whether what node `from` gives reaches the tensor `name`, and is moved on the way. Nodes of a file stand behind
 * those that they read. */
static bool is_moved(const struct onnx_edit *edit, int from, const char *name,
                     bool is_moved_later)
{
    int producer = onnx_edit_producer(edit, name);
    const Onnx__NodeProto *node;

    if (producer <= from)
        return producer == from && is_moved_later;
    node = edit->model->graph->node[producer];
    for (size_t i = 0; i < node->n_input; i++)
        if (is_moved(edit, from, node->input[i], is_moved_later || moves(node)))
            return true;
    return false;
}

bool onnx_is_moved(const struct onnx_edit *edit, const struct network *network,
                   const struct layer *layer)
{
    return is_moved(edit, layer->node, network->tensors[layer->output].name, false);
}

bool onnx_is_exact(const struct onnx_edit *edit,
                   const struct onnx_calibrated *calibrated, int index,
                   const struct quantizer *quantizer)
{
    const struct network *network = calibrated->network;
    const struct layer *layer = &network->layers[index];
    struct quantizer input;

    if (layer->kind != LAYER_CONV || calibrated->held[layer->inputs[0]] < 0 ||
        layer_is_of_recurrence(network, layer) || onnx_is_moved(edit, network, layer))
        return false;
    input = onnx_quantizer_of(calibrated, calibrated->held[layer->inputs[0]]);
    if (layer->conv.has_residual && !has_residual_codes(edit, calibrated, layer))
        return false;
    if (needs_window_sums(calibrated, quantizer) && layer->weights->groups > 1 &&
        layer->weights->groups != layer->weights->outputs)
        return false;
    return sums_are_floats(calibrated, layer, &input, quantizer);
}

/* ---- arithmetic --------------------------------------------------------------------------- */

/* A layer that is being written; constants are named after its output. */
struct exact {
    struct place place;
    const char *name; /* of its output tensor; borrowed */
    int after;        /* number of the node behind which new ones stand */
    struct quantizer input, residual;
    const char *residual_values; /* what the residual is dequantized to, or NULL */
};

/* Adds a node of two inputs; returns the name of its output, the caller's. */
static char *compute(const struct exact *exact, const char *op, const char *left,
                     const char *right)
{
    char *output = onnx_edit_fresh_name(exact->place.edit, exact->name, "_exact");

    onnx_edit_add_node(exact->place.edit, exact->after, op,
                       (const char *[]){left, right}, 2, output);
    return output;
}

static char *cast(const struct exact *exact, const char *from, int type)
{
    char *output = onnx_edit_fresh_name(exact->place.edit, exact->name, "_exact");
    Onnx__NodeProto *node = onnx_edit_add_node(exact->place.edit, exact->after, "Cast",
                                               (const char *[]){from}, 1, output);

    onnx_edit_set_integer(node, "to", type);
    return output;
}

/* A constant for each channel. */
static char *add_channels(const struct exact *exact, const char *suffix,
                          const double *values)
{
    size_t channels = (size_t)exact->place.layer->weights->outputs;
    char *name = onnx_edit_fresh_name(exact->place.edit, exact->name, suffix);
    int64_t dims[4];
    size_t rank = onnx_place_channel_dims(&exact->place, dims);

    onnx_edit_add_tensor(exact->place.edit, name, DOUBLE, dims, rank, values,
                         channels * sizeof *values);
    return name;
}

/* `sums` times `factors`, and `addend` to it, all in double precision, rounded once; `sums` and `addend` are
 * freed. */
static char *fused(const struct exact *exact, char *sums, const char *factors,
                   char *addend)
{
    char *product = compute(exact, "Mul", sums, factors);
    char *sum = compute(exact, "Add", product, addend);
    char *rounded = cast(exact, sum, FLOAT);

    free(sums);
    free(product);
    free(sum);
    free(addend);
    return rounded;
}

/* ---- codes -------------------------------------------------------------------------------- */

/* The codes of a tensor as floats; `values` is what they are dequantized to. */
static char *add_codes(const struct exact *exact, int after, const char *values)
{
    static const float one = 1;
    struct onnx_edit *edit = exact->place.edit;
    const Onnx__NodeProto *dequantize = onnx_edit_added(edit, values);
    char *unit = onnx_edit_fresh_name(edit, exact->name, "_unit");
    char *codes = onnx_edit_fresh_name(edit, exact->name, "_codes");

    onnx_edit_add_floats(edit, unit, NULL, 0, &one);
    onnx_edit_add_node(
        edit, after, "DequantizeLinear",
        (const char *[]){dequantize->input[0], unit, dequantize->input[2]}, 3, codes);
    free(unit);
    return codes;
}

/* The codes of what the layer reads: `values`, or those behind nodes that move them, whose codes come of
 * rounding them once more. */
static char *add_input_codes(const struct exact *exact, const char *values)
{
    struct onnx_edit *edit = exact->place.edit;
    const char *from = exact->place.node->input[0];
    int after = exact->place.layer->node - 1;
    char *moved, *codes;

    if (strcmp(from, values) == 0)
        return add_codes(exact, after, values);
    moved = onnx_write_moved(edit, from, after, values);
    codes = add_codes(exact, after, moved);
    onnx_edit_drop_added(edit, moved);
    free(moved);
    return codes;
}

/* The codes of the weights: midrise ones too are as the kernels have them. */
static void write_codes(const struct exact *exact, const struct coded_weights *weights,
                        const struct quantizer *quantizer)
{
    struct quantizer grid = *quantizer;
    struct coded_weights bare = *weights;
    size_t count = weights_count(exact->place.layer->weights);

    grid.grid = GRID_MIDTREAD;
    if (weights->container.factor != 1)
        bare.container = container_of(&grid, 8);
    bare.integers = memory_get(count * sizeof *bare.integers);
    for (size_t i = 0; i < count; i++)
        bare.integers[i] = (int16_t)code_of(weights, i);
    onnx_place_integers(&exact->place, &bare);
    free(bare.integers);
}

/* ---- the epilogue --------------------------------------------------------------------------- */

/* What the sums of the layer are multiplied with and what is added, by channel. */
struct epilogue_constants {
    double *scale, *correction, *shift; /* floats, [out_channels] each */
    double
        *addend; /* integers: what zero codes and the bias add to the sum of products */
};

static int sum_of_codes(const struct coded_weights *weights, size_t first, size_t count)
{
    int sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += code_of(weights, first + i);
    return sum;
}

static bool are_zero(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] != 0)
            return false;
    return true;
}

static struct epilogue_constants constants_of(const struct exact *exact,
                                              const struct coded_weights *weights,
                                              float output_step, bool in_integers)
{
    const struct layer *layer = exact->place.layer;
    size_t channels = (size_t)layer->weights->outputs;
    size_t count = weights_per_output(layer->weights);
    double *values = memory_get(4 * channels * sizeof *values);
    struct epilogue_constants constants = {
        values, values + channels, values + 2 * channels, values + 3 * channels};
    struct epilogue_terms terms = {
        .input_step = exact->input.step,
        .output_step = output_step,
        .input_zero = zero_code_of(&exact->input),
        .offset = weights->container.offset / (double)weights->container.factor,
        .window_count = (int)count,
        .in_integers = in_integers,
    };

    if (exact->residual_values)
        terms.residual_zero =
            (double)exact->residual.step * zero_code_of(&exact->residual);
    for (size_t i = 0; i < channels; i++) {
        struct channel_epilogue epilogue;

        terms.weight_step = weights->steps[i] * (float)weights->container.factor;
        terms.correction = weights->corrections ? weights->corrections[i] : 0;
        terms.code_sum = sum_of_codes(weights, i * count, count);
        epilogue = channel_epilogue_of(&layer->conv, (int)i, &terms);
        constants.addend[i] = terms.input_zero * terms.code_sum + epilogue.bias;
        constants.scale[i] = epilogue.scale;
        constants.correction[i] = epilogue.correction;
        constants.shift[i] = epilogue.shift;
    }
    return constants;
}

/* Adds an integer to integers, which are freed. */
static char *add_exactly(const struct exact *exact, char *integers, float addend)
{
    char *constant, *sum;

    if (addend == 0)
        return integers;
    constant = onnx_edit_fresh_name(exact->place.edit, exact->name, "_zero");
    onnx_edit_add_floats(exact->place.edit, constant, NULL, 0, &addend);
    sum = compute(exact, "Add", integers, constant);
    free(constant);
    free(integers);
    return sum;
}

/* The sums of products with stored codes and of biases, in double precision. */
static char *stored_sums(const struct exact *exact,
                         const struct epilogue_constants *constants)
{
    char *sums = cast(exact, exact->place.node->output[0], DOUBLE);
    char *addends, *stored;

    if (are_zero(constants->addend, (size_t)exact->place.layer->weights->outputs))
        return sums;
    addends = add_channels(exact, "_zero", constants->addend);
    stored = compute(exact, "Add", sums, addends);
    free(addends);
    free(sums);
    return stored;
}

/* correction * the sums of the windows + shift, in double precision. */
static char *add_offsets(const struct exact *exact,
                         const struct epilogue_constants *constants, bool has_windows)
{
    char *shift = add_channels(exact, "_shift", constants->shift);
    char *windows, *correction, *rounded, *offsets;

    if (!has_windows)
        return shift;
    windows = add_exactly(exact, onnx_place_window_sums(&exact->place),
                          zero_code_of(&exact->input) *
                              (float)weights_per_output(exact->place.layer->weights));
    correction = add_channels(exact, "_correction", constants->correction);
    rounded = fused(exact, cast(exact, windows, DOUBLE), correction, shift);
    offsets = cast(exact, rounded, DOUBLE);
    free(windows);
    free(correction);
    free(rounded);
    return offsets;
}

/* Adds the residual, if there is one, to `values`, which are freed. */
static char *add_residual(const struct exact *exact, float output_step, char *values)
{
    double factor = exact->residual.step / output_step;
    char *codes, *name, *sum;

    if (!exact->residual_values)
        return values;
    codes = add_exactly(exact, add_codes(exact, exact->after, exact->residual_values),
                        (float)zero_code_of(&exact->residual));
    name = onnx_edit_fresh_name(exact->place.edit, exact->name, "_residual_scale");
    onnx_edit_add_tensor(exact->place.edit, name, DOUBLE, NULL, 0, &factor,
                         sizeof factor);
    sum = fused(exact, cast(exact, codes, DOUBLE), name, cast(exact, values, DOUBLE));
    free(codes);
    free(name);
    free(values);
    return sum;
}

struct limits {
    float low, high;
};

/* In units of the output's step; of codes not beyond them. */
static struct limits limits_of(const struct layer *layer,
                               const struct quantizer *output)
{
    float lowest, highest;

    if (!output)
        return (struct limits){layer->low, layer->high};
    lowest = (float)quantizer_lowest(output);
    highest = (float)quantizer_highest(output);
    return (struct limits){
        fminf(fmaxf(layer->low / output->step, lowest), highest),
        fminf(fmaxf(layer->high / output->step, lowest), highest),
    };
}

/* What the layer gives is its values in the limits, instead of what the node `last` gave. */
static void finish(const struct exact *exact, const char *values, struct limits limits)
{
    struct onnx_edit *edit = exact->place.edit;
    char *low = onnx_edit_fresh_name(edit, exact->name, "_low");
    char *high = onnx_edit_fresh_name(edit, exact->name, "_high");

    onnx_edit_add_floats(edit, low, NULL, 0, &limits.low);
    onnx_edit_add_floats(edit, high, NULL, 0, &limits.high);
    onnx_edit_add_node(edit, exact->after, "Clip", (const char *[]){values, low, high},
                       3, exact->name);
    free(low);
    free(high);
}

/* The node gives sums, also to who reads but the shape of them; the name of the layer's output is free. Returns what
 * the last node of the layer gives now, which nothing reads; it is the caller's. */
static char *give_sums(const struct exact *exact)
{
    struct onnx_edit *edit = exact->place.edit;
    char *given = memory_text(exact->place.node->output[0]);
    char *sums = onnx_edit_fresh_name(edit, exact->name, "_sums");
    char *gone = onnx_edit_fresh_name(edit, exact->name, "_gone");

    onnx_edit_set_output(edit->model->graph->node[exact->after], gone);
    onnx_edit_set_output(exact->place.node, sums);
    if (strcmp(given, exact->name) != 0) {
        onnx_edit_read_instead(edit, given, sums);
        onnx_edit_drop_unread(edit, given);
    }
    free(given);
    free(sums);
    return gone;
}

static void write_epilogue(const struct exact *exact, bool has_windows,
                           const struct epilogue_constants *constants,
                           const struct quantizer *output)
{
    char *scale = add_channels(exact, "_scale", constants->scale);
    char *offsets = add_offsets(exact, constants, has_windows);
    char *values = fused(exact, stored_sums(exact, constants), scale, offsets);

    values = add_residual(exact, output ? output->step : 1, values);
    finish(exact, values, limits_of(exact->place.layer, output));
    free(scale);
    free(values);
}

/* ---- a layer -------------------------------------------------------------------------------- */

static struct exact exact_of(struct onnx_edit *edit,
                             const struct onnx_calibrated *calibrated, int index,
                             char *const *values)
{
    const struct network *network = calibrated->network;
    const struct layer *layer = &network->layers[index];
    const char *name = network->tensors[layer->output].name;
    struct exact exact = {
        .place = onnx_place_of(edit, layer),
        .name = name,
        .after = onnx_edit_producer(edit, name),
        .input = onnx_quantizer_of(calibrated, calibrated->held[layer->inputs[0]]),
    };

    if (layer->conv.has_residual) {
        int item = calibrated->placement->of_tensor[layer->inputs[1]];

        exact.residual = onnx_quantizer_of(calibrated, item);
        exact.residual_values = values[item];
    }
    return exact;
}

void onnx_write_exact_layer(struct onnx_edit *edit,
                            const struct onnx_calibrated *calibrated, int index,
                            const struct quantizer *quantizer,
                            const struct quantizer *output, char *const *values)
{
    const struct layer *layer = &calibrated->network->layers[index];
    int input = calibrated->held[layer->inputs[0]];
    struct exact exact = exact_of(edit, calibrated, index, values);
    struct weight_rules rules = onnx_weight_rules(calibrated, layer);
    struct epilogue_constants constants;
    struct coded_weights coded;
    char *codes = add_input_codes(&exact, values[input]), *gone;

    coded_weights_init(&coded, layer->weights, &rules, quantizer, 8);
    constants = constants_of(&exact, &coded, output ? output->step : 1,
                             onnx_rounds_like_kernel(calibrated, layer));
    onnx_edit_set_input(exact.place.node, 0, codes);
    onnx_place_bias(&exact.place, "");
    write_codes(&exact, &coded, quantizer);
    gone = give_sums(&exact);
    write_epilogue(&exact, coded.container.offset != 0 || coded.corrections, &constants,
                   output);
    onnx_edit_drop_unread(edit, gone);
    free(gone);
    free(constants.scale);
    free(codes);
    coded_weights_clear(&coded);
}
