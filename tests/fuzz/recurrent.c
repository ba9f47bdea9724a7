#include "tests/fuzz/recurrent.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { X, W, R, B, LENGTHS, FIRST_HIDDEN, FIRST_CELL, PEEPHOLES };

struct number {
    double value, error;
};

/* One direction of one sample, at one step. */
struct moment {
    struct trial *trial;
    const struct node *node;
    const struct gate_sums *sums;
    int gates, hidden, direction;
    bool resets_after, is_relu;
    double clip;
    const struct array *peepholes; /* or NULL */
    size_t step;                   /* the row of the input */
    struct number *state, *cell;   /* [hidden] */
    struct number *multiplied;     /* [hidden] the state as it is multiplied */
};

/* ---- the node --------------------------------------------------------------------------------- */

static int gates_of(const struct node *node)
{
    return strcmp(node->op, "LSTM") == 0 ? 4 : strcmp(node->op, "GRU") == 0 ? 3 : 1;
}

static bool resets_after(const struct node *node)
{
    return gates_of(node) == 3 && node_integer(node, "linear_before_reset", 0) != 0;
}

static bool begins_with(const struct node *node, const char *name, const char *word)
{
    const Onnx__AttributeProto *attribute = node_attribute(node, name);
    const ProtobufCBinaryData *text = !attribute             ? NULL
                                      : attribute->n_strings ? &attribute->strings[0]
                                                             : &attribute->s;

    return text && text->len == strlen(word) &&
           memcmp(text->data, word, text->len) == 0;
}

static const struct array *given(const struct node *node,
                                 const struct array *const *inputs, int input)
{
    return input < node->input_count ? inputs[input] : NULL;
}

void recurrent_biases(const struct node *node, const struct array *const *inputs,
                      int rows, double *of_input, double *of_state)
{
    const struct array *bias = given(node, inputs, B);
    int each = (int)inputs[R]->dims[1], hidden = (int)inputs[R]->dims[2];

    for (int row = 0; row < rows; row++) {
        int gate = row % each / hidden, first = row / each * 2 * each + row % each;
        bool is_reset = resets_after(node) && gate == 2;

        of_input[row] = bias ? bias->values[first] : 0;
        of_state[row] = bias && is_reset ? bias->values[first + each] : 0;
        if (bias && !is_reset)
            of_input[row] += bias->values[first + each];
    }
}

struct array *recurrent_weights(const struct array *from)
{
    struct array *to = array_copy(from);

    to->rank = 2;
    to->dims[0] = from->dims[0] * from->dims[1];
    to->dims[1] = from->dims[2];
    return to;
}

/* ---- numbers ---------------------------------------------------------------------------------- */

static struct number sum(const struct moment *moment, struct number a, struct number b)
{
    double size = fabs(a.value) + fabs(b.value);

    return (struct number){a.value + b.value,
                           a.error + b.error + moment->trial->unit * size};
}

static struct number product(const struct moment *moment, struct number a,
                             struct number b)
{
    return (struct number){a.value * b.value,
                           fabs(a.value) * b.error + fabs(b.value) * a.error +
                               a.error * b.error +
                               moment->trial->unit * fabs(a.value * b.value)};
}

/* Of a curve that rises. */
static struct number bent(const struct moment *moment, struct number x,
                          double (*curve)(double x))
{
    double value = curve(x.value);
    double above = curve(x.value + x.error) - value,
           below = value - curve(x.value - x.error);

    return (struct number){value, fmax(above, below) +
                                      8 * moment->trial->unit * fmax(fabs(value), 1)};
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static struct number clipped(const struct moment *moment, struct number x)
{
    x.value = fmin(fmax(x.value, -moment->clip), moment->clip);
    return x;
}

/* ---- gates ------------------------------------------------------------------------------------ */

static size_t row_of(const struct moment *moment, int gate, int at)
{
    return (size_t)((moment->direction * moment->gates + gate) * moment->hidden + at);
}

static struct number of_state(const struct moment *moment, int gate, int at)
{
    const struct gate_sums *sums = moment->sums;
    size_t row = row_of(moment, gate, at), hidden = (size_t)moment->hidden;
    double unit = moment->trial->unit, size = 0;
    struct number all = {.value = sums->bias ? sums->bias[row] : 0};

    for (size_t i = 0; i < hidden; i++) {
        double w = sums->weights->values[row * hidden + i],
               off = sums->weights->errors[row * hidden + i];
        struct number state = moment->multiplied[i];

        all.value += w * state.value;
        all.error +=
            fabs(w) * state.error + off * fabs(state.value) + off * state.error;
        size += fabs(w * state.value);
    }
    size += fabs(sums->bias ? sums->bias[row] : 0);
    all.error += unit * (double)(hidden + 2) * size;
    /* Codes count from the lowest one; what that adds is taken away in float. */
    if (sums->grid && sums->magnitudes)
        all.error +=
            2 * unit * -sums->grid->least * sums->grid->step * sums->magnitudes[row];
    return all;
}

static struct number of_input(const struct moment *moment, int gate, int at)
{
    const struct array *from = moment->sums->of_input;
    size_t rows = (size_t)from->dims[from->rank - 1];
    size_t index = moment->step * rows + row_of(moment, gate, at);

    return (struct number){from->values[index], from->errors[index]};
}

static struct number gate_of(const struct moment *moment, int gate, int at)
{
    return sum(moment, of_input(moment, gate, at), of_state(moment, gate, at));
}

static struct number opened(const struct moment *moment, struct number x)
{
    return bent(moment, clipped(moment, x), sigmoid);
}

static struct number peeped(const struct moment *moment, int which, int at,
                            struct number x, struct number cell)
{
    size_t index = (size_t)((moment->direction * 3 + which) * moment->hidden + at);

    if (!moment->peepholes)
        return x;
    return sum(
        moment, x,
        product(moment, (struct number){moment->peepholes->values[index], 0}, cell));
}

/* ---- cells ------------------------------------------------------------------------------------ */

static void step_lstm(struct moment *moment, struct number *next)
{
    for (int at = 0; at < moment->hidden; at++) {
        struct number c = moment->cell[at], i, o, f, new;

        i = peeped(moment, 0, at, gate_of(moment, 0, at), c);
        f = peeped(moment, 2, at, gate_of(moment, 2, at), c);
        new = bent(moment, clipped(moment, gate_of(moment, 3, at)), tanh);
        c = sum(moment, product(moment, opened(moment, f), c),
                product(moment, opened(moment, i), new));
        o = peeped(moment, 1, at, gate_of(moment, 1, at), c);
        moment->cell[at] = c;
        next[at] = product(moment, opened(moment, o), bent(moment, c, tanh));
    }
}

static void round_states(struct moment *moment, const struct number *from);

/* The third gate, of the state that the second one resets. */
static struct number new_state(const struct moment *moment, struct number reset, int at)
{
    struct number of = of_state(moment, 2, at);

    if (moment->resets_after)
        of = product(moment, reset, of);
    return bent(moment, clipped(moment, sum(moment, of_input(moment, 2, at), of)),
                tanh);
}

static void step_gru(struct moment *moment, struct number *next)
{
    size_t bytes = (size_t)moment->hidden * sizeof *next;
    struct number *update = memory_zeroed(1, bytes), *reset = memory_zeroed(1, bytes);

    for (int at = 0; at < moment->hidden; at++) {
        update[at] = opened(moment, gate_of(moment, 0, at));
        reset[at] = opened(moment, gate_of(moment, 1, at));
        if (!moment->resets_after)
            reset[at] = product(moment, reset[at], moment->state[at]);
    }
    if (!moment->resets_after)
        round_states(moment, reset);
    for (int at = 0; at < moment->hidden; at++) {
        struct number rest = {1 - update[at].value, update[at].error};

        next[at] = sum(moment, product(moment, rest, new_state(moment, reset[at], at)),
                       product(moment, update[at], moment->state[at]));
    }
    free(update);
    free(reset);
}

static double rectified(double x)
{
    return fmax(x, 0);
}

static void step_rnn(struct moment *moment, struct number *next)
{
    for (int at = 0; at < moment->hidden; at++)
        next[at] = bent(moment, clipped(moment, gate_of(moment, 0, at)),
                        moment->is_relu ? rectified : tanh);
}

/* ---- steps ------------------------------------------------------------------------------------ */

/* A state is exact before the first step only. */
static void round_states(struct moment *moment, const struct number *from)
{
    const struct plain_grid *grid = moment->sums->grid;

    for (int at = 0; at < moment->hidden; at++) {
        struct number *to = &moment->multiplied[at];

        *to = from[at];
        if (!grid)
            continue;
        to->value = grid_value(
            grid, grid_code(moment->trial, grid, from[at].value, from[at].error));
        to->error = moment->trial->unit * fabs(to->value);
    }
}

static void begin(struct moment *moment, const struct array *first,
                  struct number *states)
{
    for (int at = 0; at < moment->hidden; at++)
        states[at] = (struct number){
            first ? first->values[moment->direction * moment->hidden + at] : 0, 0};
}

static void take_step(struct moment *moment, struct number *next)
{
    round_states(moment, moment->state);
    if (moment->gates == 4)
        step_lstm(moment, next);
    else if (moment->gates == 3)
        step_gru(moment, next);
    else
        step_rnn(moment, next);
    for (int at = 0; at < moment->hidden; at++) {
        next[at].error += 1e-300;
        moment->state[at] = next[at];
    }
}

/* One direction; states go to `all` [steps, directions, hidden], the last to `last` [directions, hidden]. */
static void run_direction(struct moment *moment, const struct array *const *inputs,
                          size_t steps, int directions, struct number *all,
                          struct number *last)
{
    bool goes_back =
        moment->direction > 0 || begins_with(moment->node, "direction", "reverse");
    size_t hidden = (size_t)moment->hidden;
    struct number *next = memory_zeroed(hidden, sizeof *next);

    begin(moment, given(moment->node, inputs, FIRST_HIDDEN), moment->state);
    begin(moment, given(moment->node, inputs, FIRST_CELL), moment->cell);
    for (size_t i = 0; i < steps; i++) {
        moment->step = goes_back ? steps - 1 - i : i;
        take_step(moment, next);
        memcpy(all + (moment->step * (size_t)directions + (size_t)moment->direction) *
                         hidden,
               moment->state, hidden * sizeof *all);
    }
    memcpy(last + (size_t)moment->direction * hidden, moment->state,
           hidden * sizeof *last);
    free(next);
}

static struct array *result_of(const struct node *node, const struct array *x,
                               int64_t steps, int64_t directions, int64_t hidden,
                               const struct number *numbers)
{
    bool is_layout_1 = node_integer(node, "layout", 0) != 0;
    const int64_t all[2][4] = {{steps, directions, 1, hidden},
                               {1, steps, directions, hidden}};
    const int64_t last[2][3] = {{directions, 1, hidden}, {1, directions, hidden}};
    struct array *result = node->which == 0
                               ? array_create(x->type, 4, all[is_layout_1])
                               : array_create(x->type, 3, last[is_layout_1]);

    for (size_t i = 0; i < result->count; i++) {
        result->values[i] = numbers[i].value;
        result->errors[i] = numbers[i].error;
    }
    return result;
}

struct array *recurrent_run(struct trial *trial, const struct node *node,
                            const struct array *const *inputs,
                            const struct gate_sums *sums)
{
    int directions = (int)inputs[R]->dims[0], hidden = (int)inputs[R]->dims[2];
    size_t rows = (size_t)(directions * gates_of(node) * hidden),
           steps = sums->of_input->count / rows;
    size_t count = (size_t)(directions * hidden);
    struct number *all = memory_zeroed(steps * count, sizeof *all);
    struct number *last = memory_zeroed(count, sizeof *last);
    struct number *states = memory_zeroed(3 * (size_t)hidden, sizeof *states);
    struct moment moment = {
        .trial = trial,
        .node = node,
        .sums = sums,
        .gates = gates_of(node),
        .hidden = hidden,
        .resets_after = resets_after(node),
        .is_relu = begins_with(node, "activations", "Relu"),
        .clip = node_real(node, "clip", INFINITY),
        .peepholes = given(node, inputs, PEEPHOLES),
        .state = states,
        .cell = states + hidden,
        .multiplied = states + 2 * hidden,
    };
    struct array *result;

    if (given(node, inputs, LENGTHS))
        give_up("lengths of sequences are not known of", node->op);
    for (; moment.direction < directions; moment.direction++)
        run_direction(&moment, inputs, steps, directions, all, last);
    result = result_of(node, inputs[X], (int64_t)steps, directions, hidden,
                       node->which == 0 ? all : last);
    free(all);
    free(last);
    free(states);
    return result;
}

struct array *recurrent_of_inputs(struct trial *trial, const struct node *node,
                                  const struct array *const *inputs,
                                  const struct plain_grid *grid)
{
    struct array *weights = recurrent_weights(inputs[W]),
                 *of_state = recurrent_weights(inputs[R]);
    struct array *of_input = multiplied(trial, inputs[X], weights, true), *result;
    int rows = (int)weights->dims[0];
    double *bias = memory_zeroed(2 * (size_t)rows, sizeof *bias);

    recurrent_biases(node, inputs, rows, bias, bias + rows);
    for (size_t i = 0; i < of_input->count; i++) {
        double shift = bias[i % (size_t)rows];

        of_input->errors[i] +=
            2 * trial->unit * (fabs(of_input->values[i]) + fabs(shift));
        of_input->values[i] += shift;
    }
    result = recurrent_run(trial, node, inputs,
                           &(struct gate_sums){.of_input = of_input,
                                               .weights = of_state,
                                               .bias = bias + rows,
                                               .grid = grid});
    array_destroy(weights);
    array_destroy(of_state);
    array_destroy(of_input);
    free(bias);
    return result;
}

struct array *op_recurrent(struct trial *trial, const struct node *node,
                           const struct array *const *inputs)
{
    return recurrent_of_inputs(trial, node, inputs, NULL);
}
