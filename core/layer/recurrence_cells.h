/* recurrence_cells.h - what the gates of an LSTM, a GRU or an RNN make of its states.
 *
 * All is float, and sums are in the order of the formulas of ONNX's operators LSTM, GRU and RNN.
 */
#ifndef CORE_LAYER_RECURRENCE_CELLS_H
#define CORE_LAYER_RECURRENCE_CELLS_H

#include "core/network/layer.h"

/* Gates of a direction: how many times the hidden state is multiplied with a row of weights. */
int recurrence_gates(const struct recurrence *recurrence);

/* Whether it multiplies twice: of a GRU, the state, and what is left of it when it is reset. */
bool recurrence_resets_before(const struct recurrence *recurrence);

/* Whether a direction goes from the last row to the first. */
bool recurrence_goes_back(const struct recurrence *recurrence, int direction);

/* The states of one direction of one sample, and what goes into one step. */
struct recurrence_step {
    const struct recurrence *of;
    int direction;
    const float *input; /* [gates, hidden] what the gates get of the network's values */
    float *gates;  /* [gates, hidden] the products with the hidden state; spoiled */
    float *hidden; /* [hidden] of the step before; that of this one, out */
    float *cell;   /* [hidden] of an LSTM, likewise */
};

/* One step. Of a GRU that resets before its product, only what comes after that: `gates` begin
 * with z as recurrence_reset() left it, and end with the product of the state that it gave. */
void recurrence_step(const struct recurrence_step *step);

/* Of a GRU that resets before: z and r of the products in `gates`, and reset [hidden] = r * hidden. */
void recurrence_reset(const struct recurrence_step *step, float *reset);

#endif
