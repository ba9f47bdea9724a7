/* rounding_layer.h - the weights of one layer, rounded by what they do: what is measured, found and put in force.
 *
 * Where steps are scanned, those with the least error of error feedback are taken
 * (core/quant/gram_rounding.h). With `affine: layer` and a batch norm behind the layer each output gets a factor in
 * place of a step; with a step for each channel each ratio moves; else the step of the tensor.
 */
#ifndef COORDINATOR_METHODS_ROUNDING_LAYER_H
#define COORDINATOR_METHODS_ROUNDING_LAYER_H

#include "coordinator/methods/method.h"

/* A layer at work, and what is found of it: numbers that the journal keeps. Members are borrowed but `numbers`. */
struct rounding_layer {
    const struct method_task *task;
    const struct choice *choices;
    int index, item;
    const struct layer *layer;
    struct measure measure;
    bool refits;         /* a batch norm behind it takes factors */
    bool keeps_products; /* see struct gram_weights */
    bool scans;          /* other steps are tried */
    size_t outputs, code_count, number_count;
    double *
        numbers; /* packed codes; lacking, factors, step factors [outputs]; ridge; owned */
};

/* The layer of item `item`, under these choices and the state in force; floats of what it sees, and targets, are put
 * on grids of these steps. To be ended. */
struct rounding_layer rounding_layer_begin(const struct method_task *task, int index,
                                           int item, const struct choice *choices,
                                           float input_step, float target_step);
void rounding_layer_end(struct rounding_layer *of);

/* Its products are to be its own, without factors and without steps of its channels that are tried. */
void rounding_layer_stand_alone(struct rounding_layer *of);

/* Finds the codes, or recalls them from the journal.
 *
 *   answer  what the layer sees, measured where its numbers are NULL, which are to be freed
 */
int rounding_layer_find(const struct rounding_layer *of, struct gram_answer *answer,
                        struct error *err);

/* What gram_round() returned: the largest of its groups. */
double rounding_layer_ridge(const struct rounding_layer *of);

/* Puts codes, biases, factors and steps into choices and a state, which are to be put in force. The layer's batch norm
 * has its trained statistics so far. */
void rounding_layer_put(const struct rounding_layer *of, struct choice *choices,
                        struct state *state);

/* Puts codes, biases and the step at the choice's width into a state, as STATE_CODES_OF_BITS. */
void rounding_layer_put_at_width(const struct rounding_layer *of, struct state *state);

#endif
