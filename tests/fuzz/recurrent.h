/* recurrent.h - the steps of an LSTM, a GRU or an RNN, after what ONNX says of them, in double. */
#ifndef TESTS_FUZZ_RECURRENT_H
#define TESTS_FUZZ_RECURRENT_H

#include "tests/fuzz/grid.h"
#include "tests/fuzz/operators.h"

/* What the gates get. Rows are [directions, gates, hidden], gates in the order of ONNX. */
struct gate_sums {
    const struct array *of_input; /* [steps, rows] with all biases but those below */
    const struct array *weights;  /* [rows, hidden] of the state before */
    const double *bias; /* [rows] added to products with the state; NULL: none */
    const double
        *magnitudes; /* [rows] of weights that are codes, added up; NULL: none are */
    const struct plain_grid
        *grid; /* of states that are multiplied; NULL: as they are */
};

/* [rows]: the biases of what is read, and those that are added to products with the state. */
void recurrent_biases(const struct node *node, const struct array *const *inputs,
                      int rows, double *of_input, double *of_state);

/* Weights [directions, gates * hidden, in] as [rows, in]. */
struct array *recurrent_weights(const struct array *from);

/* The output that the node stands for, of one sample. */
struct array *recurrent_run(struct trial *trial, const struct node *node,
                            const struct array *const *inputs,
                            const struct gate_sums *sums);

/* The same from the node's inputs alone, as a file has them; grid: as above. */
struct array *recurrent_of_inputs(struct trial *trial, const struct node *node,
                                  const struct array *const *inputs,
                                  const struct plain_grid *grid);

#endif
