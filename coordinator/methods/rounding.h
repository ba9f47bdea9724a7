/* rounding.h - weights rounded by what they do: `rounding: gram`.
 *
 * Of each convolution, product and recurrence whose weights are quantized, in the order of execution, the moments are measured of
 * what it sees behind the layers that are rounded already, and of what its products are in the
 * float network (core/evaluate/gram_block.h). From these rank 0 finds codes, a bias, and with `affine: layer` the
 * factor of each output that its batch norm can take (core/quant/gram_rounding.h). Steps stay as
 * they are, or are scanned. What is found of a layer goes to the journal (rounding_layer.h).
 *
 * Weights of tables and of GRUs that reset before the product, split weights and those with second codes keep the nearest codes, as do
 * layers with more than LAYER_GRAM_INPUTS_MOST weights an output.
 */
#ifndef COORDINATOR_METHODS_ROUNDING_H
#define COORDINATOR_METHODS_ROUNDING_H

#include "coordinator/methods/method.h"

/* Rounds the weights of the point anew, where the method asks for it then (ROUNDING_AFTER or ROUNDING_BEFORE the
 * search): batch norms and biases that were measured
 * are dropped. They are the point's, with its new scores, where the loss is not to be judged or
 * drops on the held-out samples (without any: on all calibration samples). The point's state is in
 * force afterwards.
 *
 * Adds a phase, and warnings. */
int rounding(const struct method_task *task, enum config_rounding_when when,
             struct result_point *point, struct result *result, struct error *err);

/* Choices of all items at several widths, and those beside which each layer is rounded. Borrowed. */
struct rounding_widths {
    const struct choice *base; /* [items] */
    const struct choice *at;   /* [count, items]; the first are of the fewest bits */
    int count;
};

/* Rounds the weights of each layer alone at each width below 8 bits, where the method asks for rounding: adds
 * rows of STATE_CODES_OF_BITS to `found`. What a layer sees is measured once, beside the base, under the
 * state in force. No batch norm takes factors. Where steps are scanned each row has the tensor's step at the width; those of
 * channels are kept. */
int rounding_at_widths(const struct method_task *task,
                       const struct rounding_widths *widths, struct state *found,
                       struct error *err);

/* Rounds the weights of a point's choices as behind a search, and scores it, without judging it: its state, which has
 * nothing in it that was measured with other codes afterwards, is in force. Without `rounding: gram` it is scored as it is. */
int rounding_try(const struct method_task *task, struct result_point *point,
                 struct error *err);

/* Evaluations that it takes at most. */
long rounding_evaluations(const struct method_task *task,
                          enum config_rounding_when when);

#endif
