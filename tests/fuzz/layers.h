/* layers.h - the sums of products of a graph, each with the scales and shifts behind it: what batch norms
 * are folded into, what is made alike by channel, and what statistics and shifts of a result belong to.
 */
#ifndef TESTS_FUZZ_LAYERS_H
#define TESTS_FUZZ_LAYERS_H

#include "tests/fuzz/found.h"
#include "tests/fuzz/operators.h"

struct layer_of_sums {
    int node;                /* Conv, Gemm or MatMul */
    int output;              /* value behind all that scales and shifts */
    const char *weight_name; /* borrowed */
    bool is_product, is_table, is_turned;
    bool is_recurrent; /* of an LSTM, GRU or RNN: of what it reads, or of its states */
    int of_states;     /* the layer of the states of the same node, or -1 */
    int outputs;
    struct array *weights; /* [out, in, height, width], of a product [out, in]; owned */
    struct array *rounded; /* the same as codes have them; NULL: they are not; owned */
    double *scale, *shift; /* [outputs] owned */
    double
        *magnitudes; /* [outputs] of the rounded weights, added up; NULL: none; owned */
    size_t
        blocks; /* of an output's weights, whose sums are added in float; 0: one sum */
    double *mean,
        *deviation;    /* [outputs] of a first batch norm's input; NULL: none; owned */
    double epsilon;    /* of that batch norm */
    double input_step; /* of the codes that it reads; 0: it reads floats */
    bool reads_8_bits; /* these codes are; the kernels of ONNX Runtime take no others */
    double
        input_depth; /* of those codes: how far below zero the lowest one is, in values */
    double *shift_errors; /* [outputs] by which the shifts may be others; owned */
};

struct layers {
    const struct graph *graph; /* borrowed */
    struct layer_of_sums *list;
    int count;
    int *of_node;    /* [nodes] layer that the node begins, or -1 */
    bool *is_inside; /* [nodes] the node is one of the scales and shifts of a layer */
    int (*shapes)[ARRAY_RANK_MAX + 1]; /* [values] rank and dimensions; borrowed */
};

/* Finds the layers of a graph whose constants are folded. */
void layers_find(struct layers *layers, const struct graph *graph,
                 int (*shapes)[ARRAY_RANK_MAX + 1]);
void layers_clear(struct layers *layers);

/* Does to the layers what was done in a result: folding, equalisation, rounding with its corrections,
 * statistics, shifts. trial->is_near tells whether a weight may have another code. */
void layers_treat(struct layers *layers, const struct found *found,
                  struct trial *trial);

/* The layer's value from its input. */
struct array *layer_compute(const struct layers *layers,
                            const struct layer_of_sums *one, const struct trial *trial,
                            const struct array *x);

/* The node that alone reads a value, where moves that end as they began are left out (readers.c); -1: none,
 * or more than one. `value` becomes what it reads. */
int layers_only_reader(const struct layers *layers, int *value);

/* Rounds the weights of one layer (weights.c). */
void layer_round(struct layer_of_sums *one, const struct found *found,
                 struct trial *trial);

/* Inputs of these weights [outputs, inputs, ...] that share a step; 0: whole channels do. */
size_t layer_block(const struct found *found, const struct array *weights,
                   const struct found_step *step);

/* Rounds the shifts of one layer to whole products of its steps, where those who run it have them as
 * integers (shifts.c). */
void layer_round_shifts(struct layer_of_sums *one, const struct found *found);

/* Makes neighbours alike (equalise.c). */
void layers_equalise(struct layers *layers, const struct found *found);

#endif
