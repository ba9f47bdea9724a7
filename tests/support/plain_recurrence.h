/* plain_recurrence.h - what a recurrence computes, in plain loops of doubles, for tests. */
#ifndef TESTS_SUPPORT_PLAIN_RECURRENCE_H
#define TESTS_SUPPORT_PLAIN_RECURRENCE_H

#include "core/network/layer.h"

/* What is done to an element of the hidden state before it is multiplied; NULL: nothing. */
typedef double plain_round_fn(const void *context, double value);

/* All hidden states of one sample.
 *
 *   input   [steps, directions, gates, hidden]
 *   output  [steps, directions, hidden] out, before they are rounded
 */
void plain_recurrence_run(const struct layer *layer, const float *input, int steps,
                          plain_round_fn *round, const void *context, double *output);

#endif
