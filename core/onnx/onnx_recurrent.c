/* LSTM, GRU and RNN: a fully connected layer over all time steps at once, and a recurrence. */
#include "core/onnx/onnx_operators.h"

#include "core/base/memory.h"
#include "core/layer/recurrence_cells.h"
#include "core/onnx/onnx_attribute.h"
#include "core/onnx/onnx_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { X, W, R, B, SEQUENCE_LENGTHS, FIRST_HIDDEN, FIRST_CELL, PEEPHOLES };
enum { Y, Y_HIDDEN, Y_CELL };
enum { DIRECTIONS_MOST = 2, PEEPHOLE_COUNT = 3, ACTIVATIONS_MOST = 6 };

/* A node, while it is read. */
struct recurrent {
    struct recurrence as; /* all but its constants */
    bool is_layout_1;     /* the batch is in front */
    int input;
    int64_t steps, features, gates;
    const struct onnx_constant *weights, *recurrent, *bias; /* bias: or NULL */
    const struct onnx_constant *first_hidden, *first_cell, *peepholes; /* or NULL */
};

/* ---- attributes ----------------------------------------------------------------------------- */

static bool is_word(ProtobufCBinaryData data, const char *word)
{
    return data.len == strlen(word) && memcmp(data.data, word, data.len) == 0;
}

/* Those that ONNX says for a cell, in the order of one direction; RNN may have another. */
static const char *const default_activations[CELL_COUNT][PEEPHOLE_COUNT] = {
    [CELL_LSTM] = {"Sigmoid", "Tanh", "Tanh"},
    [CELL_GRU] = {"Sigmoid", "Tanh"},
    [CELL_RNN] = {"Tanh"},
};

static size_t activation_count(enum recurrence_cell cell)
{
    size_t count = 0;

    while (count < PEEPHOLE_COUNT && default_activations[cell][count])
        count++;
    return count;
}

static bool are_default(const Onnx__AttributeProto *activations,
                        enum recurrence_cell cell)
{
    size_t each = activation_count(cell);

    for (size_t i = 0; i < activations->n_strings; i++)
        if (!is_word(activations->strings[i], default_activations[cell][i % each]))
            return false;
    return true;
}

static bool are_all_relu(const Onnx__AttributeProto *activations)
{
    for (size_t i = 0; i < activations->n_strings; i++)
        if (!is_word(activations->strings[i], "Relu"))
            return false;
    return true;
}

static int read_activations(const struct onnx_node *node, struct recurrence *as,
                            struct error *err)
{
    const Onnx__AttributeProto *activations = onnx_attribute_find(node, "activations");
    size_t count = (size_t)as->directions * activation_count(as->cell);

    if (!activations || are_default(activations, as->cell)) {
        if (activations && activations->n_strings != count)
            return onnx_node_error(node, err, "it has %zu activations; it needs %zu",
                                   activations->n_strings, count);
        return 0;
    }
    as->is_relu = as->cell == CELL_RNN && activations->n_strings == count &&
                  are_all_relu(activations);
    if (as->is_relu)
        return 0;
    return onnx_node_error(node, err,
                           "its activations are not those that ONNX takes by default%s",
                           as->cell == CELL_RNN ? ", nor Relu" : "");
}

static int read_direction(const struct onnx_node *node, struct recurrence *as,
                          struct error *err)
{
    static const char *const choices[] = {"forward", "reverse", "bidirectional"};
    int choice;

    if (onnx_attribute_choice(node, "direction", choices, 3, &choice, err) < 0)
        return -1;
    as->goes_back = choice == 1;
    as->directions = choice == 2 ? 2 : 1;
    return 0;
}

/* Without the attribute nothing is clipped. */
static int read_clip(const struct onnx_node *node, struct recurrence *as,
                     struct error *err)
{
    if (onnx_attribute_real(node, "clip", INFINITY, &as->clip, err) < 0)
        return -1;
    return as->clip > 0 ? 0
                        : onnx_node_error(node, err, "its clip %g is not above zero",
                                          (double)as->clip);
}

static int read_attributes(const struct onnx_node *node, struct recurrent *recurrent,
                           struct error *err)
{
    struct recurrence *as = &recurrent->as;
    int64_t layout, resets_after, forget;

    if (read_direction(node, as, err) < 0 || read_activations(node, as, err) < 0 ||
        read_clip(node, as, err) < 0 ||
        onnx_attribute_integer(node, "layout", 0, &layout, err) < 0 ||
        onnx_attribute_integer(node, "linear_before_reset", 0, &resets_after, err) <
            0 ||
        onnx_attribute_integer(node, "input_forget", 0, &forget, err) < 0)
        return -1;
    if (layout != 0 && layout != 1)
        return onnx_node_error(node, err, "there is no layout %lld", (long long)layout);
    if (forget)
        return onnx_node_error(node, err,
                               "input_forget, which couples two gates, is not "
                               "supported");
    recurrent->is_layout_1 = layout == 1;
    as->resets_after = as->cell == CELL_GRU && resets_after != 0;
    return 0;
}

/* ---- inputs --------------------------------------------------------------------------------- */

static int read_input(const struct onnx_node *node, struct recurrent *recurrent,
                      struct error *err)
{
    const struct onnx_batch needed = {.axis = recurrent->is_layout_1 ? 0 : 1};
    char text[ONNX_SHAPE_TEXT_BYTES];
    struct onnx_source source;

    if (onnx_node_moved(node, X, &source, err) < 0)
        return -1;
    if (source.constant)
        return onnx_node_error(node, err,
                               "its input \"%s\" is a constant; it must be computed "
                               "from the network's input",
                               source.constant->name);
    if (source.shape.rank != 3 || !onnx_batch_is_same(&source.batch, &needed))
        return onnx_node_error(
            node, err,
            "its input is %s, N being the batch; with layout %d "
            "calq needs %s",
            onnx_shape_text(&source.shape, text), recurrent->is_layout_1,
            recurrent->is_layout_1 ? "[N, steps, features]" : "[steps, N, features]");
    recurrent->input = source.tensor;
    recurrent->steps = source.shape.dims[recurrent->is_layout_1 ? 1 : 0];
    recurrent->features = source.shape.dims[2];
    return 0;
}

static bool has_shape(const struct onnx_constant *constant, const int64_t *dims,
                      int rank)
{
    if (constant->shape.rank != rank)
        return false;
    for (int i = 0; i < rank; i++)
        if (constant->shape.dims[i] != dims[i])
            return false;
    return true;
}

static int check_shape(const struct onnx_node *node,
                       const struct onnx_constant *constant, const int64_t *dims,
                       int rank, struct error *err)
{
    struct onnx_shape shape = {.rank = rank};
    char is[ONNX_SHAPE_TEXT_BYTES], needed[ONNX_SHAPE_TEXT_BYTES];

    if (has_shape(constant, dims, rank))
        return 0;
    memcpy(shape.dims, dims, (size_t)rank * sizeof *dims);
    return onnx_node_error(node, err, "its input \"%s\" has the shape %s, not %s",
                           constant->name, onnx_shape_text(&constant->shape, is),
                           onnx_shape_text(&shape, needed));
}

/* A constant of that shape. */
static int read_shaped(const struct onnx_node *node, int input, const int64_t *dims,
                       int rank, const struct onnx_constant **constant,
                       struct error *err)
{
    if (onnx_node_reals(node, input, constant, err) < 0)
        return -1;
    return check_shape(node, *constant, dims, rank, err);
}

/* The size of the hidden state is that of the recurrent weights. */
static int read_hidden(const struct onnx_node *node, struct recurrent *recurrent,
                       struct error *err)
{
    const struct onnx_shape *shape;
    int64_t told;

    if (onnx_node_reals(node, R, &recurrent->recurrent, err) < 0)
        return -1;
    shape = &recurrent->recurrent->shape;
    if (shape->rank != 3 || shape->dims[2] < 1 || shape->dims[2] > INT32_MAX / 8)
        return onnx_node_error(node, err,
                               "its recurrent weights \"%s\" are no matrices",
                               recurrent->recurrent->name);
    recurrent->as.hidden = (int)shape->dims[2];
    if (onnx_attribute_integer(node, "hidden_size", shape->dims[2], &told, err) < 0)
        return -1;
    if (told != shape->dims[2])
        return onnx_node_error(node, err,
                               "hidden_size is %lld, but its recurrent weights are "
                               "for %lld",
                               (long long)told, (long long)shape->dims[2]);
    return 0;
}

static int read_weights(const struct onnx_node *node, struct recurrent *recurrent,
                        struct error *err)
{
    int64_t directions = recurrent->as.directions, gates;

    if (read_hidden(node, recurrent, err) < 0)
        return -1;
    gates = recurrence_gates(&recurrent->as) * (int64_t)recurrent->as.hidden;
    recurrent->gates = gates;
    if (read_shaped(node, W, (int64_t[]){directions, gates, recurrent->features}, 3,
                    &recurrent->weights, err) < 0 ||
        read_shaped(node, R, (int64_t[]){directions, gates, recurrent->as.hidden}, 3,
                    &recurrent->recurrent, err) < 0)
        return -1;
    return onnx_node_has_input(node, B)
               ? read_shaped(node, B, (int64_t[]){directions, 2 * gates}, 2,
                             &recurrent->bias, err)
               : 0;
}

/* Sequences must be of full length. */
static int check_lengths(const struct onnx_node *node,
                         const struct recurrent *recurrent, struct error *err)
{
    const struct onnx_constant *lengths;

    if (!onnx_node_has_input(node, SEQUENCE_LENGTHS))
        return 0;
    if (onnx_node_integers(node, SEQUENCE_LENGTHS, "the lengths of sequences", &lengths,
                           err) < 0)
        return -1;
    for (size_t i = 0; i < lengths->count; i++)
        if (lengths->integers[i] != recurrent->steps)
            return onnx_node_error(node, err,
                                   "a sequence has the length %lld; calq takes all "
                                   "%lld steps of each",
                                   (long long)lengths->integers[i],
                                   (long long)recurrent->steps);
    return 0;
}

/* A state before the first step is the same for all samples: [directions, samples, hidden], or with
 * layout 1 [samples, directions, hidden]. */
static int read_state(const struct onnx_node *node, const struct recurrent *recurrent,
                      int input, const struct onnx_constant **state, struct error *err)
{
    int64_t dims[3] = {recurrent->as.directions, recurrent->as.directions,
                       recurrent->as.hidden};
    int axis = recurrent->is_layout_1 ? 0 : 1;
    const struct onnx_shape *shape;
    struct onnx_value *value;

    if (!onnx_node_has_input(node, input))
        return 0;
    if (onnx_node_value(node, input, &value, err) < 0)
        return -1;
    if (value->tensor >= 0)
        return onnx_node_error(
            node, err,
            "its first states \"%s\" are given by samples, or computed; "
            "calq takes constants, the same for all: export the network "
            "as it begins a sequence",
            value->name);
    if (onnx_node_repeated(node, input, state, err) < 0)
        return -1;
    shape = &(*state)->shape;
    if ((*state)->is_integer)
        return onnx_node_error(node, err, "its input \"%s\" must be of a float type",
                               (*state)->name);
    dims[axis] = shape->rank == 3 && shape->dims[axis] != 0 ? shape->dims[axis] : 1;
    return check_shape(node, *state, dims, 3, err);
}

static int read_inputs(const struct onnx_node *node, struct recurrent *recurrent,
                       struct error *err)
{
    int64_t directions = recurrent->as.directions;

    if (read_input(node, recurrent, err) < 0 ||
        read_weights(node, recurrent, err) < 0 ||
        check_lengths(node, recurrent, err) < 0 ||
        read_state(node, recurrent, FIRST_HIDDEN, &recurrent->first_hidden, err) < 0 ||
        read_state(node, recurrent, FIRST_CELL, &recurrent->first_cell, err) < 0)
        return -1;
    return onnx_node_has_input(node, PEEPHOLES)
               ? read_shaped(node, PEEPHOLES,
                             (int64_t[]){directions, PEEPHOLE_COUNT *
                                                         (int64_t)recurrent->as.hidden},
                             2, &recurrent->peepholes, err)
               : 0;
}

/* ---- constants ------------------------------------------------------------------------------ */

static float *copy_of(const struct onnx_constant *constant)
{
    return constant ? memory_copy(constant->reals, constant->count * sizeof(float))
                    : NULL;
}

static struct weights weights_of(const struct recurrent *recurrent,
                                 const struct onnx_constant *constant, int groups)
{
    int outputs = recurrent->as.directions * (int)recurrent->gates;
    /* Steps of gates alone would be those of one direction. */
    const float *blocks = onnx_constant_blocks(constant, 2);
    bool has_steps =
        constant->step_count == 1 || constant->step_count == (size_t)outputs;
    float *steps = blocks ? memory_copy(blocks, constant->step_count * sizeof *blocks)
                   : has_steps ? onnx_constant_steps(constant, 1, (size_t)outputs)
                               : NULL;

    return (struct weights){
        .name = memory_text(constant->name),
        .values = copy_of(constant),
        .groups = groups,
        .outputs = outputs,
        .inputs = (int)constant->shape.dims[2],
        .window = 1,
        .steps = steps,
        .block = blocks ? constant->block : 0,
    };
}

/* Whether a gate's recurrent bias is inside of what a GRU resets. */
static bool is_reset(const struct recurrent *recurrent, int64_t gate)
{
    return recurrent->as.resets_after && gate >= 2 * (int64_t)recurrent->as.hidden;
}

/* The biases of the input's weights and of the hidden state's, [directions, 2, gates], are added to
 * `shift`, but for those that are reset, which are put into `bias`; both [directions, gates]. */
static void share_bias(const struct recurrent *recurrent, float *shift, float *bias)
{
    int64_t gates = recurrent->gates;

    for (int64_t i = 0; i < recurrent->as.directions * gates; i++) {
        const float *from = recurrent->bias->reals + i / gates * 2 * gates;
        int64_t gate = i % gates;

        if (is_reset(recurrent, gate)) {
            shift[i] = from[gate];
            bias[i] = from[gates + gate];
        } else {
            shift[i] = from[gate] + from[gates + gate];
        }
    }
}

/* [directions, hidden] of the first sample; all samples have the same. NULL where it is zero. */
static int give_state(const struct onnx_node *node, const struct recurrent *recurrent,
                      const struct onnx_constant *constant, float **state,
                      struct error *err)
{
    size_t hidden = (size_t)recurrent->as.hidden;
    size_t directions = (size_t)recurrent->as.directions;
    size_t samples = constant ? constant->count / hidden / directions : 0;
    bool is_zero = true;

    for (size_t i = 0; constant && i < constant->count; i++) {
        size_t row = i / hidden, other;

        other = recurrent->is_layout_1 ? row % directions : row / samples * samples;
        if (constant->reals[i] != constant->reals[other * hidden + i % hidden])
            return onnx_node_error(
                node, err, "the first states \"%s\" of samples differ", constant->name);
        is_zero = is_zero && constant->reals[i] == 0;
    }
    if (is_zero)
        return 0;
    *state = memory_get(directions * hidden * sizeof **state);
    for (size_t i = 0; i < directions; i++)
        memcpy(*state + i * hidden,
               constant->reals + (recurrent->is_layout_1 ? i : i * samples) * hidden,
               hidden * sizeof **state);
    return 0;
}

/* ---- layers --------------------------------------------------------------------------------- */

/* What the gates get of the input, at all steps: a fully connected layer, whose output's name is that
 * of the node's with "/gates" behind it. */
static int give_gates(const struct onnx_node *node, const struct recurrent *recurrent,
                      float *bias, int *output, struct error *err)
{
    int64_t gates = recurrent->as.directions * recurrent->gates;
    const struct onnx_shape sample = {.rank = 2, .dims = {recurrent->steps, gates}};
    char name[ONNX_NAME_BYTES_MAX + 16];
    struct tensor *tensor;
    struct layer *layer;

    if (onnx_node_unfold(node, recurrent->weights->count + 2 * (size_t)gates, err) < 0)
        return -1;
    layer = onnx_node_give_layer(node, LAYER_CONV, &recurrent->input, 1, &sample, err);
    if (!layer)
        return -1;
    layer_add_weights(layer, weights_of(recurrent, recurrent->weights, 1));
    layer->conv.scaled_by = -1;
    layer->conv.scale = memory_get((size_t)gates * sizeof(float));
    layer->conv.shift = memory_zeroed((size_t)gates, sizeof(float));
    for (int64_t i = 0; i < gates; i++)
        layer->conv.scale[i] = 1;
    if (recurrent->bias)
        share_bias(recurrent, layer->conv.shift, bias);
    *output = layer->output;
    tensor = &node->graph->network->tensors[*output];
    snprintf(name, sizeof name, "%s/gates", tensor->name);
    free(tensor->name);
    tensor->name = memory_text(name);
    return 0;
}

/* All hidden states: [steps, directions * hidden]. */
static int give_states(const struct onnx_node *node, const struct recurrent *recurrent,
                       int *states, struct error *err)
{
    const struct recurrence *as = &recurrent->as;
    int64_t gates = as->directions * recurrent->gates;
    const struct onnx_shape sample = {
        .rank = 2, .dims = {recurrent->steps, (int64_t)as->directions * as->hidden}};
    float *bias = recurrent->bias && as->resets_after
                      ? memory_zeroed((size_t)gates, sizeof *bias)
                      : NULL;
    struct layer *layer = NULL;
    int of_input;

    if (give_gates(node, recurrent, bias, &of_input, err) == 0 &&
        onnx_node_unfold(node, recurrent->recurrent->count, err) == 0)
        layer =
            onnx_node_give_layer(node, LAYER_RECURRENCE, &of_input, 1, &sample, err);
    if (!layer) {
        free(bias);
        return -1;
    }
    layer_add_weights(layer,
                      weights_of(recurrent, recurrent->recurrent, as->directions));
    layer->recurrence = *as;
    layer->recurrence.bias = bias;
    layer->recurrence.peepholes = copy_of(recurrent->peepholes);
    *states = layer->output;
    return give_state(node, recurrent, recurrent->first_hidden,
                      &layer->recurrence.first_hidden, err) < 0 ||
                   give_state(node, recurrent, recurrent->first_cell,
                              &layer->recurrence.first_cell, err) < 0
               ? -1
               : 0;
}

/* ---- outputs -------------------------------------------------------------------------------- */

static int set_batch(const struct onnx_node *node, int axis, struct error *err)
{
    struct onnx_value *value;

    if (onnx_node_output(node, &value, err) < 0)
        return -1;
    value->batch = (struct onnx_batch){.axis = axis};
    return 0;
}

/* Y: [steps, directions, hidden] of a sample, where the samples are dimension 2, or 0. */
static int give_all(const struct onnx_node *node, const struct recurrent *recurrent,
                    int states, struct error *err)
{
    const struct recurrence *as = &recurrent->as;
    const struct onnx_shape sample = {
        .rank = 3, .dims = {recurrent->steps, as->directions, as->hidden}};

    if (onnx_view_give_reshaped_sample(node, states, &sample, err) < 0)
        return -1;
    return set_batch(node, recurrent->is_layout_1 ? 0 : 2, err);
}

/* Y_h: [directions, hidden] of a sample, where the samples are dimension 1, or 0: the last row of the
 * first direction, and the first one of that which goes back. */
static int give_last(const struct onnx_node *node, const struct recurrent *recurrent,
                     int states, struct error *err)
{
    const struct recurrence *as = &recurrent->as;
    const struct onnx_shape sample = {.rank = 2, .dims = {as->directions, as->hidden}};
    size_t row = (size_t)as->directions * (size_t)as->hidden;
    struct layer *layer;

    if (onnx_node_unfold(node, row, err) < 0)
        return -1;
    layer = onnx_node_give_layer(node, LAYER_REARRANGE, &states, 1, &sample, err);
    if (!layer)
        return -1;
    layer->rearrange.from = memory_get(row * sizeof *layer->rearrange.from);
    for (size_t i = 0; i < row; i++) {
        bool goes_back = as->goes_back || i >= (size_t)as->hidden;
        size_t step = goes_back ? 0 : (size_t)recurrent->steps - 1;

        layer->rearrange.from[i] = (int32_t)(step * row + i);
    }
    return set_batch(node, recurrent->is_layout_1 ? 0 : 1, err);
}

static int give_outputs(const struct onnx_node *node, const struct recurrent *recurrent,
                        struct error *err)
{
    bool needs_all = onnx_node_needs_output(node, Y);
    struct onnx_node all = onnx_node_for_output(node, Y);
    struct onnx_node last = onnx_node_for_output(node, Y_HIDDEN);
    int states;

    if (onnx_node_needs_output(node, Y_CELL))
        return onnx_node_error(node, err,
                               "its last cell state, Y_c, is read; calq gives the "
                               "hidden states alone");
    if (give_states(needs_all ? &all : &last, recurrent, &states, err) < 0 ||
        (needs_all && give_all(&all, recurrent, states, err) < 0))
        return -1;
    return onnx_node_needs_output(node, Y_HIDDEN)
               ? give_last(&last, recurrent, states, err)
               : 0;
}

static int read_recurrent(const struct onnx_node *node, enum recurrence_cell cell,
                          struct error *err)
{
    struct recurrent recurrent = {.as.cell = cell};

    if (read_attributes(node, &recurrent, err) < 0 ||
        read_inputs(node, &recurrent, err) < 0)
        return -1;
    return give_outputs(node, &recurrent, err);
}

static int read_lstm(const struct onnx_node *node, struct error *err)
{
    return read_recurrent(node, CELL_LSTM, err);
}

static int read_gru(const struct onnx_node *node, struct error *err)
{
    return read_recurrent(node, CELL_GRU, err);
}

static int read_rnn(const struct onnx_node *node, struct error *err)
{
    return read_recurrent(node, CELL_RNN, err);
}

const struct onnx_operator onnx_gru = {
    "GRU", 6, ONNX_ON_BATCH, read_gru,
    "activation_alpha activation_beta activations clip direction hidden_size layout "
    "linear_before_reset"};
const struct onnx_operator onnx_lstm = {
    "LSTM", 8, ONNX_ON_BATCH, read_lstm,
    "activation_alpha activation_beta activations clip direction hidden_size "
    "input_forget layout"};
const struct onnx_operator onnx_rnn = {
    "RNN", 6, ONNX_ON_BATCH, read_rnn,
    "activation_alpha activation_beta activations clip direction hidden_size layout"};
