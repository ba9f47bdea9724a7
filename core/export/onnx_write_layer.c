/* A convolution or fully connected layer whose weights are integers. */
#include "core/export/onnx_write_parts.h"

#include "core/base/memory.h"
#include "core/export/coded_weights.h"
#include "core/layer/weight_ratios.h"
#include "core/network/layer_kind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_operator(const Onnx__NodeProto *node, const char *op)
{
    return strcmp(node->op_type, op) == 0;
}

static bool has_set(const Onnx__NodeProto *node, const char *attribute)
{
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->name &&
            strcmp(node->attribute[i]->name, attribute) == 0)
            return node->attribute[i]->i != 0;
    return false;
}

static bool is_text(const Onnx__AttributeProto *attribute, const char *name,
                    const char *text)
{
    return attribute->name && strcmp(attribute->name, name) == 0 &&
           attribute->s.len == strlen(text) &&
           memcmp(attribute->s.data, text, attribute->s.len) == 0;
}

static struct place place_of_recurrent(struct onnx_edit *edit,
                                       const struct layer *layer, Onnx__NodeProto *node)
{
    struct place place = {
        .edit = edit,
        .layer = layer,
        .shift = layer_recurs(layer) ? NULL : layer->conv.shift,
        .node = node,
        .last = node,
        .weights_input = layer_recurs(layer) ? 2 : 1,
        .directions = 1,
    };

    for (size_t i = 0; i < node->n_attribute; i++)
        if (is_text(node->attribute[i], "direction", "bidirectional"))
            place.directions = 2;
    return place;
}

static struct place place_of_product(struct onnx_edit *edit, const struct layer *layer,
                                     Onnx__NodeProto *node)
{
    bool is_conv = is_operator(node, "Conv") || is_operator(node, "ConvTranspose");

    return (struct place){
        .edit = edit,
        .layer = layer,
        .shift = layer->conv.shift,
        .node = node,
        .last = node,
        .weights_input = 1,
        .is_conv = is_conv,
        .is_transposed =
            is_operator(node, "MatMul") || (!is_conv && !has_set(node, "transB")),
    };
}

struct place onnx_place_of(struct onnx_edit *edit, const struct layer *layer)
{
    Onnx__NodeProto *node = edit->model->graph->node[layer->node];

    if (is_operator(node, "LSTM") || is_operator(node, "GRU") ||
        is_operator(node, "RNN"))
        return place_of_recurrent(edit, layer, node);
    return place_of_product(edit, layer, node);
}

/* ---- what is added behind the layer --------------------------------------------------------- */

/* Makes the layer's output what an operator of two makes of what it has given so far and `other`. */
void onnx_place_put_behind(struct place *place, const char *op, const char *other)
{
    char *output = memory_text(place->last->output[0]);
    char *products = onnx_edit_fresh_name(place->edit, output, "_products");

    onnx_edit_set_output(place->last, products);
    place->last = onnx_edit_add_node(place->edit, place->layer->node, op,
                                     (const char *[]){products, other}, 2, output);
    free(output);
    free(products);
}

/* A layer without bias with constants `weights` [dims]; returns its output. */
static char *add_layer(const struct place *place, const char *op, const char *input,
                       const char *suffix, const int64_t *dims, size_t rank,
                       const float *weights, Onnx__NodeProto **node)
{
    const char *base = place->node->output[0];
    char *constants = onnx_edit_fresh_name(place->edit, base, suffix);
    char *output;

    onnx_edit_add_floats(place->edit, constants, dims, rank, weights);
    output = onnx_edit_fresh_name(place->edit, constants, "_product");
    *node = onnx_edit_add_node(place->edit, place->layer->node, op,
                               (const char *[]){input, constants}, 2, output);
    free(constants);
    return output;
}

char *onnx_place_window_sums(const struct place *place)
{
    const struct weights *weights = place->layer->weights;
    size_t count = weights_per_output(weights) * (size_t)weights->groups;
    int64_t of_conv[PLACE_DIMS_MOST], of_product[] = {weights_inputs(weights), 1};
    size_t rank = onnx_place_dims(place, 1, of_conv);
    float *ones = memory_get(count * sizeof *ones);
    Onnx__NodeProto *node;
    char *output;

    for (size_t i = 0; i < count; i++)
        ones[i] = 1;
    output =
        add_layer(place, place->is_conv ? place->node->op_type : "MatMul",
                  place->node->input[0], "_ones", place->is_conv ? of_conv : of_product,
                  place->is_conv ? rank : 2, ones, &node);
    if (place->is_conv)
        onnx_edit_copy_attributes(node, place->node);
    free(ones);
    return output;
}

static void write_corrections(struct place *place, const float *corrections)
{
    const struct weights *weights = place->layer->weights;
    int64_t of_conv[PLACE_DIMS_MOST] = {weights->outputs, 1, 1, 1, 1};
    int64_t of_product[] = {1, weights->outputs};
    char *sums = onnx_place_window_sums(place), *products;
    Onnx__NodeProto *node;

    products =
        add_layer(place, place->is_conv ? "Conv" : "MatMul", sums, "_correction",
                  place->is_conv ? of_conv : of_product,
                  place->is_conv ? 2 + (size_t)weights->axes : 2, corrections, &node);
    if (place->is_conv)
        onnx_edit_set_integer(node, "group", weights->groups);
    onnx_place_put_behind(place, "Add", products);
    free(sums);
    free(products);
}

/* ---- scale and shift ------------------------------------------------------------------------ */

/* Operators of which the reader makes a scale and a shift. What else stands between a layer and those that it contains
 * moves, or names, what the layer gives: the batch, a dimension of one element. */
static bool scales(const Onnx__NodeProto *node)
{
    static const char *const operators[] = {
        "Add", "BatchNormalization", "Div", "Mul", "Sub", "Sum"};

    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (is_operator(node, operators[i]))
            return true;
    return false;
}

/* Whether what node `from` gives reaches the tensor `name`. Nodes of a file stand behind those that they read. */
static bool reaches(const struct onnx_edit *edit, int from, const char *name)
{
    int producer = onnx_edit_producer(edit, name);
    const Onnx__NodeProto *node;

    if (producer <= from)
        return producer == from;
    node = edit->model->graph->node[producer];
    for (size_t i = 0; i < node->n_input; i++)
        if (reaches(edit, from, node->input[i]))
            return true;
    return false;
}

/* The input by which node `at` has what the layer's node gives; false where it does not. */
static bool find_input(const struct place *place, int at, size_t *input)
{
    const Onnx__NodeProto *node = place->edit->model->graph->node[at];

    for (*input = 0; *input < node->n_input; ++*input)
        if (reaches(place->edit, place->layer->node, node->input[*input]))
            return true;
    return false;
}

/* The node whose output node `at` reads on the way from the layer's node, at first that one. */
static int node_before(const struct place *place, int at)
{
    const Onnx__NodeProto *node = place->edit->model->graph->node[at];
    size_t input;

    return find_input(place, at, &input)
               ? onnx_edit_producer(place->edit, node->input[input])
               : place->layer->node;
}

/* Who reads what node `at` reads on the way, but itself, reads `instead`: its shape is the same. */
static void read_behind(const struct place *place, int at, const char *instead)
{
    Onnx__NodeProto *node = place->edit->model->graph->node[at];
    size_t input;
    char *name;

    if (!find_input(place, at, &input))
        return;
    name = memory_text(node->input[input]);
    onnx_edit_read_instead(place->edit, name, instead);
    onnx_edit_set_input(node, input, name);
    free(name);
}

/* Node `node` gives what node `last` gave; what only that one needed goes. */
static void give_instead(struct onnx_edit *edit, int node, int last)
{
    Onnx__NodeProto *const *nodes = edit->model->graph->node;
    char *output = memory_text(nodes[last]->output[0]);
    char *gone = onnx_edit_fresh_name(edit, output, "_gone");

    onnx_edit_set_output(nodes[last], gone);
    onnx_edit_set_output(nodes[node], output);
    onnx_edit_drop_unread(edit, gone);
    free(output);
    free(gone);
}

/* The nodes go whose scale and shift the layer contains; those between that move what it gives stay. */
void onnx_place_take_scales(const struct place *place)
{
    Onnx__NodeProto *const *nodes = place->edit->model->graph->node;
    int from = place->layer->node, last = place->layer->conv.scaled_by;

    while (last > from) {
        int at = last;

        for (; at > from && scales(nodes[at]); at = node_before(place, at))
            read_behind(place, at, nodes[last]->output[0]);
        if (at != last)
            give_instead(place->edit, at, last);
        last = at > from ? node_before(place, at) : from;
    }
}

static bool are_zero(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] != 0)
            return false;
    return true;
}

void onnx_place_bias(const struct place *place, const char *bias)
{
    char *old = memory_text(place->node->n_input > 2 ? place->node->input[2] : "");

    if (*old || *bias)
        onnx_edit_set_input(place->node, 2, bias);
    onnx_edit_drop_attribute(place->node, "beta");
    onnx_edit_drop_unread(place->edit, old);
    free(old);
}

/* The whole shift becomes the layer's bias. */
void onnx_place_shift(struct place *place)
{
    int64_t channels = place->layer->weights->outputs;
    char *bias;

    if (place->node->n_input <= 2 && are_zero(place->shift, (size_t)channels))
        return;
    bias = onnx_edit_fresh_name(place->edit, place->node->output[0], "_bias");
    onnx_edit_add_floats(place->edit, bias, &channels, 1, place->shift);
    if (is_operator(place->node, "MatMul"))
        onnx_place_put_behind(place, "Add", bias);
    else
        onnx_place_bias(place, bias);
    free(bias);
}

/* Whether scale or shift of the layer are not those of the file. */
static bool has_changed(const struct onnx_calibrated *calibrated,
                        const struct layer *layer)
{
    return onnx_has_other_shifts(calibrated) ||
           (layer->batchnorm && state_has(calibrated->state, STATE_STATISTICS));
}

/* Whether the file has a scale or shift of the layer where it cannot be changed: it is written anew. */
static bool is_written_anew(const struct onnx_calibrated *calibrated,
                            const struct layer *layer)
{
    return calibrated->is_folded ||
           (has_changed(calibrated, layer) && !onnx_batchnorm_fits(calibrated, layer));
}

static void write_constants(struct place *place)
{
    if (layer_is_unscaled(place->layer))
        onnx_place_shift(place);
    else
        onnx_place_scale_and_shift(place);
}

/* ---- a layer -------------------------------------------------------------------------------- */

/* The layer's shifts as the evaluator rounds them, to be freed by the caller; NULL: it does not. */
static float *rounded_shifts(const struct onnx_calibrated *calibrated,
                             const struct layer *layer,
                             const struct coded_weights *weights)
{
    size_t channels = (size_t)layer->weights->outputs;
    int input = calibrated->held[layer->inputs[0]];
    float *shifts;

    if (!onnx_rounds_like_kernel(calibrated, layer))
        return NULL;
    shifts = memory_get(channels * sizeof *shifts);
    for (size_t i = 0; i < channels; i++) {
        double unit = calibrated->choices[input].step *
                      (weights->steps[i] * layer->conv.scale[i]);
        double integer = rint(layer->conv.shift[i] / unit);

        shifts[i] = fabs(integer) < 0x1p30 ? (float)(integer * unit) /* no NaN */
                                           : layer->conv.shift[i];
    }
    return shifts;
}

static void write_as_searched(const struct onnx_calibrated *calibrated,
                              struct place *place, const struct coded_weights *weights)
{
    bool is_anew = is_written_anew(calibrated, place->layer) ||
                   place->shift != place->layer->conv.shift;

    if (is_anew)
        onnx_place_take_scales(place);
    if (weights->corrections && !onnx_is_plain(calibrated, place->layer))
        write_corrections(place, weights->corrections);
    if (is_anew)
        write_constants(place);
}

/* Weights whose input stays in float are floats; of others no step is too small for the bias. */
static void place_weights(const struct onnx_calibrated *calibrated,
                          const struct place *place, struct coded_weights *weights)
{
    int item = calibrated->held[place->layer->inputs[0]];

    if (onnx_is_plain(calibrated, place->layer)) {
        onnx_place_plain_weights(place, weights);
        return;
    }
    if (item >= 0 && layer_is_unscaled(place->layer))
        coded_weights_fold(weights, place->layer, calibrated->choices[item].step);
    onnx_place_weights(place, weights);
}

/* A product reads codes of its own where nodes move those of its input: ONNX Runtime (1.30, MatMulNBits) rounds to 8
 * bits by blocks what meets integers of weights and is not dequantized just before. */
static void read_moved(const struct onnx_calibrated *calibrated, struct place *place)
{
    int item = calibrated->held[place->layer->inputs[0]];
    char *from;

    if (item < 0 || place->is_conv ||
        onnx_edit_added(place->edit, place->node->input[0]))
        return;
    from = memory_text(place->node->input[0]);
    free(onnx_write_activation(place->edit, calibrated, item, from,
                               onnx_edit_producer(place->edit, from), false));
    free(from);
}

void onnx_write_layer(struct onnx_edit *edit, const struct onnx_calibrated *calibrated,
                      const struct layer *layer, const struct quantizer *quantizer)
{
    struct place place = onnx_place_of(edit, layer);
    struct weight_rules rules = onnx_weight_rules(calibrated, layer);
    struct coded_weights weights;
    float *rounded = NULL;

    /* Else it would be named by its output, which may change. */
    onnx_edit_name(place.node, layer->name);
    coded_weights_init(&weights, layer->weights, &rules, quantizer,
                       calibrated->narrowest);
    if (!onnx_is_plain(calibrated, layer))
        read_moved(calibrated, &place);
    place.hides_from_kernels = !is_operator(place.node, "Gemm") &&
                               weights.container.bits != 4 &&
                               calibrated->held[layer->inputs[0]] >= 0;
    if (!onnx_write_kernel(calibrated, &place, &weights)) {
        rounded = rounded_shifts(calibrated, layer, &weights);
        place.shift = rounded ? rounded : layer->conv.shift;
        place_weights(calibrated, &place, &weights);
        write_as_searched(calibrated, &place, &weights);
    }
    free(rounded);
    coded_weights_clear(&weights);
}

void onnx_write_float_layer(struct onnx_edit *edit,
                            const struct onnx_calibrated *calibrated,
                            const struct layer *layer)
{
    struct place place = onnx_place_of(edit, layer);

    if (!has_changed(calibrated, layer) || !is_written_anew(calibrated, layer))
        return;
    onnx_edit_name(place.node, layer->name);
    if (calibrated->is_folded)
        onnx_place_floats(&place, layer->weights->values, "_folded");
    onnx_place_take_scales(&place);
    write_constants(&place);
}
