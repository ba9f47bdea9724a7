#include "tests/support/plain_recurrence.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>

/* One direction of one sample, at one step. */
struct moment {
    const struct layer *layer;
    int direction;
    const float *input; /* of the direction, [gates, hidden] */
    plain_round_fn *round;
    const void *context;
    double *hidden, *cell; /* [hidden] */
};

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double constant(const float *constants, const struct moment *moment, int each,
                       int row, int at)
{
    int hidden = moment->layer->recurrence.hidden;

    return constants ? (double)constants[(moment->direction * each + row) * hidden + at]
                     : 0;
}

/* What gate `gate` gets of a state in element `at`. */
static double product(const struct moment *moment, const double *state, int gates,
                      int gate, int at)
{
    int hidden = moment->layer->recurrence.hidden;
    const float *weights =
        moment->layer->weights->values +
        (size_t)((moment->direction * gates + gate) * hidden + at) * (size_t)hidden;
    double sum = constant(moment->layer->recurrence.bias, moment, gates, gate, at);

    for (int i = 0; i < hidden; i++)
        sum += (double)weights[i] *
               (moment->round ? moment->round(moment->context, state[i]) : state[i]);
    return sum;
}

static double clipped(const struct moment *moment, double x)
{
    double clip = moment->layer->recurrence.clip;

    return x < -clip ? -clip : x > clip ? clip : x;
}

/* Without peepholes and resets. */
static double gate_of(const struct moment *moment, int gates, int gate, int at)
{
    return moment->input[gate * moment->layer->recurrence.hidden + at] +
           product(moment, moment->hidden, gates, gate, at);
}

static void step_lstm(const struct moment *moment, double *next, double *next_cell)
{
    const struct recurrence *of = &moment->layer->recurrence;

    for (int at = 0; at < of->hidden; at++) {
        double c = moment->cell[at], x[4];

        for (int gate = 0; gate < 4; gate++)
            x[gate] = gate_of(moment, 4, gate, at);
        x[0] += constant(of->peepholes, moment, 3, 0, at) * c;
        x[2] += constant(of->peepholes, moment, 3, 2, at) * c;
        c = sigmoid(clipped(moment, x[2])) * c +
            sigmoid(clipped(moment, x[0])) * tanh(clipped(moment, x[3]));
        x[1] += constant(of->peepholes, moment, 3, 1, at) * c;
        next_cell[at] = c;
        next[at] = sigmoid(clipped(moment, x[1])) * tanh(c);
    }
}

static void step_gru(const struct moment *moment, double *next, double *reset)
{
    const struct recurrence *of = &moment->layer->recurrence;
    const float *input = moment->input + 2 * of->hidden;

    for (int at = 0; at < of->hidden; at++)
        reset[at] = sigmoid(clipped(moment, gate_of(moment, 3, 1, at)));
    for (int at = 0; at < of->hidden && !of->resets_after; at++)
        reset[at] *= moment->hidden[at];
    for (int at = 0; at < of->hidden; at++) {
        double z = sigmoid(clipped(moment, gate_of(moment, 3, 0, at)));
        double h = of->resets_after
                       ? reset[at] * product(moment, moment->hidden, 3, 2, at)
                       : product(moment, reset, 3, 2, at);

        next[at] =
            (1 - z) * tanh(clipped(moment, input[at] + h)) + z * moment->hidden[at];
    }
}

static void step_rnn(const struct moment *moment, double *next)
{
    for (int at = 0; at < moment->layer->recurrence.hidden; at++) {
        double x = clipped(moment, gate_of(moment, 1, 0, at));

        next[at] = moment->layer->recurrence.is_relu ? fmax(x, 0) : tanh(x);
    }
}

static void take_step(const struct moment *moment)
{
    int hidden = moment->layer->recurrence.hidden;
    double *next = memory_zeroed((size_t)hidden, sizeof *next);
    double *more = memory_zeroed((size_t)hidden, sizeof *more);

    switch (moment->layer->recurrence.cell) {
    case CELL_LSTM:
        step_lstm(moment, next, more);
        break;
    case CELL_GRU:
        step_gru(moment, next, more);
        break;
    default:
        step_rnn(moment, next);
    }
    for (int at = 0; at < hidden; at++) {
        moment->hidden[at] = next[at];
        moment->cell[at] = more[at];
    }
    free(next);
    free(more);
}

void plain_recurrence_run(const struct layer *layer, const float *input, int steps,
                          plain_round_fn *round, const void *context, double *output)
{
    const struct recurrence *of = &layer->recurrence;
    int gates = of->cell == CELL_LSTM ? 4 : of->cell == CELL_GRU ? 3 : 1;
    struct moment moment = {.layer = layer, .round = round, .context = context};

    moment.hidden = memory_zeroed((size_t)of->hidden, sizeof(double));
    moment.cell = memory_zeroed((size_t)of->hidden, sizeof(double));
    for (int direction = 0; direction < of->directions; direction++) {
        moment.direction = direction;
        for (int at = 0; at < of->hidden; at++) {
            moment.hidden[at] = constant(of->first_hidden, &moment, 1, 0, at);
            moment.cell[at] = constant(of->first_cell, &moment, 1, 0, at);
        }
        for (int step = 0; step < steps; step++) {
            int row = direction || of->goes_back ? steps - 1 - step : step;
            int from = row * of->directions + direction;

            moment.input = input + (size_t)(from * gates) * (size_t)of->hidden;
            take_step(&moment);
            for (int at = 0; at < of->hidden; at++)
                output[from * of->hidden + at] = moment.hidden[at];
        }
    }
    free(moment.hidden);
    free(moment.cell);
}
