/* layer_recurrence.c - the steps of an LSTM, a GRU or an RNN: products with the hidden state, and
 * gates.
 *
 * The hidden state that is multiplied with the weights is rounded as the layer's output is, which
 * is all hidden states. What else the gates do with it, and the cell state, is float.
 */
#include "core/base/memory.h"
#include "core/layer/layer_run.h"
#include "core/layer/recurrence_cells.h"
#include "core/layer/split_check.h"
#include "core/layer/weight_ratios.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The product with the hidden state is a fully connected layer. */
struct product {
    struct layer layer; /* weights are the recurrence's */
    bool keeps_states;  /* what it multiplies is not rounded */
    struct plane hidden, gates;
    struct conv_run run;
};

/* ---- the product ---------------------------------------------------------------------------- */

static void make_layer(struct product *product, const struct layer *layer)
{
    size_t gates = (size_t)layer->weights->outputs;
    struct conv conv = {
        .scale = memory_get(gates * sizeof(float)),
        .shift = memory_zeroed(gates, sizeof(float)),
        .scaled_by = -1,
    };

    for (size_t i = 0; i < gates; i++)
        conv.scale[i] = 1;
    if (layer->recurrence.bias)
        memcpy(conv.shift, layer->recurrence.bias, gates * sizeof(float));
    product->layer = (struct layer){
        .kind = LAYER_CONV,
        .name = layer->name,
        .window = window_of_one(),
        .weights = layer->weights,
        .weight_count = 1,
        .conv = conv,
        .low = -INFINITY,
        .high = INFINITY,
    };
    product->hidden = (struct plane){
        .height = 1, .width = 1, .channels = weights_inputs(layer->weights)};
    product->gates = (struct plane){.height = 1, .width = 1, .channels = (int)gates};
}

static struct weight_rules rules_of(const struct layer_run *run)
{
    const struct layer_setting *setting = run->setting;
    int item = placement_of_weights(setting->placement,
                                    (int)(run->layer - setting->network->layers), 0);

    return placement_weight_rules(item < 0 ? NULL : &setting->placement->items[item],
                                  &setting->rules);
}

static void prepare(struct layer_run *run)
{
    struct product *product = memory_zeroed(1, sizeof *product);
    const struct weight_rules rules = rules_of(run);

    product->keeps_states =
        run->setting->placement->of_layers[run->layer - run->setting->network->layers]
            .keeps_states;
    make_layer(product, run->layer);
    conv_run_init(&product->run, run->setting->kernels, &product->layer,
                  &product->hidden, &rules);
    run->own = product;
}

static void release(struct layer_run *run)
{
    struct product *product = run->own;

    conv_run_clear(&product->run);
    free(product->layer.conv.scale);
    free(product->layer.conv.shift);
    free(product);
}

/* ---- running -------------------------------------------------------------------------------- */

/* What a block is at after some steps; all but `input` lies in scratch->states. */
struct states {
    const struct layer_task *task;
    const struct quantizer
        *quantizer;               /* of the hidden state that is multiplied, or NULL */
    const float *input;           /* [samples, steps, directions, gates, hidden] */
    float *gates;                 /* [samples, directions, gates, hidden] */
    float *hidden, *cell, *reset; /* [samples, directions, hidden] */
    float *products;              /* [samples, steps, directions, gates, hidden] */
    void *codes;                  /* of a state that is multiplied */
};

static size_t hidden_count(const struct product *product)
{
    return (size_t)product->hidden.channels;
}

static void need(const struct layer_run *run, int samples, struct scratch_sizes *sizes)
{
    const struct product *product = run->own;
    size_t hidden = hidden_count(product), gates = (size_t)product->gates.channels;
    size_t steps = (size_t)run->setting->network->tensors[run->layer->output].width;
    size_t each = ((steps + 1) * gates + 3 * hidden) * sizeof(float) + hidden;

    conv_run_sizes(&product->run, samples, sizes);
    sizes->states = memory_larger(sizes->states, (size_t)samples * each + INPUT_SLACK);
}

/* The states before the first step: [directions, hidden], NULL: zero. */
static void begin(const float *first, int samples, size_t count, float *states)
{
    for (int sample = 0; sample < samples; sample++, states += count)
        if (first)
            memcpy(states, first, count * sizeof *states);
        else
            memset(states, 0, count * sizeof *states);
}

static int step_count(const struct layer_task *task)
{
    return layer_task_output(task)->width;
}

static struct states states_of(const struct layer_task *task,
                               const struct quantizer *quantizer)
{
    const struct product *product = task->run->own;
    const struct recurrence *of = &task->layer->recurrence;
    size_t count = hidden_count(product), all = (size_t)task->samples * count;
    struct states states = {
        .task = task,
        .quantizer = product->keeps_states ? NULL : quantizer,
        .input =
            value_as_floats(task->inputs[0], task->samples, task->scratch->floats[1]),
        .gates = task->scratch->states,
    };

    states.hidden =
        states.gates + (size_t)task->samples * (size_t)product->gates.channels;
    states.cell = states.hidden + all;
    states.reset = states.cell + all;
    states.products = states.reset + all;
    states.codes = states.products + (size_t)task->samples * (size_t)step_count(task) *
                                         (size_t)product->gates.channels;
    begin(of->first_hidden, task->samples, count, states.hidden);
    begin(of->first_cell, task->samples, count, states.cell);
    return states;
}

/* gates = weights * state [samples, directions, hidden], which is rounded before. */
static void multiply(const struct states *states, float *state)
{
    const struct layer_task *task = states->task;
    struct product *product = task->run->own;
    struct value codes = {.data = states->codes, .plane = &product->hidden};
    struct value floats = {.data = state, .plane = &product->hidden};
    struct value gates = {.data = states->gates, .plane = &product->gates};

    if (states->quantizer)
        value_from_floats(state, task->samples, states->quantizer, &codes);
    conv_run_block(&product->run, task->weights[0],
                   states->quantizer ? &codes : &floats, NULL, task->samples, NULL,
                   &gates, task->scratch);
}

/* The row that a direction is at. */
static int row_of(const struct states *states, int step, int direction)
{
    return recurrence_goes_back(&states->task->layer->recurrence, direction)
               ? step_count(states->task) - 1 - step
               : step;
}

static struct recurrence_step step_of(const struct states *states, int step, int sample,
                                      int direction)
{
    const struct recurrence *of = &states->task->layer->recurrence;
    size_t hidden = (size_t)of->hidden;
    size_t gates = hidden * (size_t)recurrence_gates(of);
    size_t row = (size_t)sample * (size_t)step_count(states->task) +
                 (size_t)row_of(states, step, direction);
    size_t at = (size_t)sample * (size_t)of->directions + (size_t)direction;

    return (struct recurrence_step){
        .of = of,
        .direction = direction,
        .input =
            states->input + (row * (size_t)of->directions + (size_t)direction) * gates,
        .gates = states->gates + at * gates,
        .hidden = states->hidden + at * hidden,
        .cell = states->cell + at * hidden,
    };
}

/* z of a GRU is kept where the second product would spoil it: it is found again. */
static void reset_before(const struct states *states, int step)
{
    const struct recurrence *of = &states->task->layer->recurrence;
    size_t hidden = (size_t)of->hidden;

    for (int sample = 0; sample < states->task->samples; sample++)
        for (int direction = 0; direction < of->directions; direction++) {
            struct recurrence_step at = step_of(states, step, sample, direction);

            recurrence_reset(&at, states->reset + (at.hidden - states->hidden));
            memcpy(states->cell + (at.hidden - states->hidden), at.gates,
                   hidden * sizeof *at.gates);
        }
    multiply(states, states->reset);
    for (int sample = 0; sample < states->task->samples; sample++)
        for (int direction = 0; direction < of->directions; direction++) {
            struct recurrence_step at = step_of(states, step, sample, direction);

            memcpy(at.gates, at.cell, hidden * sizeof *at.gates);
        }
}

/* Hidden states go to `out` [samples, steps, directions, hidden]. */
static void take_step(const struct states *states, int step, float *out)
{
    const struct layer_task *task = states->task;
    const struct recurrence *of = &task->layer->recurrence;
    size_t hidden = (size_t)of->hidden, row = hidden * (size_t)of->directions;

    if (recurrence_resets_before(of))
        reset_before(states, step);
    for (int sample = 0; sample < task->samples; sample++)
        for (int direction = 0; direction < of->directions; direction++) {
            struct recurrence_step at = step_of(states, step, sample, direction);
            size_t to = (size_t)sample * (size_t)step_count(task) +
                        (size_t)row_of(states, step, direction);

            recurrence_step(&at);
            memcpy(out + to * row + (size_t)direction * hidden, at.hidden,
                   hidden * sizeof *at.hidden);
        }
}

static bool make(const struct layer_task *task, const struct quantizer *quantizer,
                 struct value *output)
{
    const struct states states = states_of(task, quantizer);

    for (int step = 0; step < step_count(task); step++) {
        multiply(&states, states.hidden);
        take_step(&states, step, task->out);
    }
    value_from_floats(task->out, task->samples, quantizer, output);
    return true;
}

/* Keeps the products of a step, less their bias. */
static void keep_products(const struct states *states, int step)
{
    const struct product *product = states->task->run->own;
    const struct recurrence *of = &states->task->layer->recurrence;
    size_t count = (size_t)of->hidden * (size_t)recurrence_gates(of);

    for (int sample = 0; sample < states->task->samples; sample++)
        for (int direction = 0; direction < of->directions; direction++) {
            const struct recurrence_step at = step_of(states, step, sample, direction);
            const float *bias = product->layer.conv.shift + (size_t)direction * count;
            float *to = states->products + (at.input - states->input);

            for (size_t i = 0; i < count; i++)
                to[i] = at.gates[i] - bias[i];
        }
}

/* The products with all hidden states, in float. */
static const float *products_of_states(const struct layer_task *task)
{
    const struct states states = states_of(task, NULL);

    for (int step = 0; step < step_count(task); step++) {
        multiply(&states, states.hidden);
        keep_products(&states, step);
        take_step(&states, step, task->scratch->floats[0]);
    }
    return states.products;
}

/* A hidden state after the other, each as if it were a sample. */
static int check_splits(const struct layer_task *task, const struct value *multiplied,
                        struct error *err)
{
    struct product *product = task->run->own;
    int states = task->samples * step_count(task);
    struct scratch scratch = conv_run_scratch(&product->run, states);
    struct value hidden = {.plane = &product->hidden};
    int status;

    hidden.data = memory_get(value_float_bytes(&product->hidden, states));
    value_to_floats(multiplied, task->samples, hidden.data);
    status =
        split_check(&product->run, task->weights[0], &hidden, states, &scratch, err);
    conv_scratch_clear(&scratch);
    free(hidden.data);
    return status;
}

/* ---- what it is ----------------------------------------------------------------------------- */

static const char *variant(const struct layer *layer)
{
    static const char *const names[CELL_COUNT] = {
        [CELL_LSTM] = "lstm", [CELL_GRU] = "gru", [CELL_RNN] = "rnn"};

    return names[layer->recurrence.cell];
}

/* Relu of an RNN alone keeps what is below zero away. */
static bool is_nonnegative(const struct layer *layer, bool inputs_are)
{
    (void)inputs_are;
    return layer->recurrence.cell == CELL_RNN && layer->recurrence.is_relu;
}

/* A GRU that resets before multiplies twice. */
static size_t macs(const struct layer *layer, size_t outputs)
{
    const struct recurrence *of = &layer->recurrence;
    size_t times = recurrence_resets_before(of) ? 2 : 1;

    return times * outputs * (size_t)recurrence_gates(of) *
           weights_per_output(layer->weights);
}

static void clear(struct layer *layer)
{
    free(layer->recurrence.bias);
    free(layer->recurrence.peepholes);
    free(layer->recurrence.first_hidden);
    free(layer->recurrence.first_cell);
}

static bool same_shape(const struct layer *ours, const struct layer *theirs)
{
    const struct recurrence *a = &ours->recurrence, *b = &theirs->recurrence;

    return a->cell == b->cell && a->directions == b->directions &&
           a->hidden == b->hidden && a->goes_back == b->goes_back &&
           a->resets_after == b->resets_after && a->is_relu == b->is_relu;
}

/* A file whose biases were changed has all of them; none is as good as zero. */
static bool same_biases(const float *a, const float *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((a ? a[i] : 0) != (b ? b[i] : 0))
            return false;
    return true;
}

static const char *other_constants(const struct network *network,
                                   const struct layer *ours, const struct layer *theirs)
{
    const struct recurrence *a = &ours->recurrence, *b = &theirs->recurrence;
    size_t states = (size_t)a->directions * (size_t)a->hidden;

    (void)network;
    if (!same_biases(a->bias, b->bias, states * (size_t)recurrence_gates(a)))
        return "recurrent bias";
    if (!layer_kind_same_floats(a->peepholes, b->peepholes, 3 * states))
        return "peepholes";
    if (!layer_kind_same_floats(&a->clip, &b->clip, 1))
        return "clip";
    return layer_kind_same_floats(a->first_hidden, b->first_hidden, states) &&
                   layer_kind_same_floats(a->first_cell, b->first_cell, states)
               ? NULL
               : "initial state";
}

const struct layer_kind_row layer_recurrence = {
    .name = "recurrence",
    .variant = variant,
    .codes = CODES_RECUR,
    .is_nonnegative = is_nonnegative,
    .macs = macs,
    .same_shape = same_shape,
    .other_constants = other_constants,
    .make = make,
    .batchnorm_input = products_of_states,
    .check_splits = check_splits,
    .prepare = prepare,
    .release = release,
    .need = need,
    .clear = clear,
};
