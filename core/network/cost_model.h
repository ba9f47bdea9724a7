/* cost_model.h - what a network costs as it is quantized: bits, bytes and bit operations. */
#ifndef CORE_NETWORK_COST_MODEL_H
#define CORE_NETWORK_COST_MODEL_H

#include "core/network/placement.h"

struct cost {
    double weight_bits;     /* on average, of all weights; a float has 32 */
    double activation_bits; /* the same of what layers with weights multiply */
    double weight_bytes;    /* codes, steps and zero-points, floats, biases */
    double bit_operations;  /* multiply-adds of a sample x bits of both sides */
};

/* Averages are over values. Bytes are of what a file of the network has to hold: codes of weights without gaps, a float for
 * each of their steps, one for each step of an activation and a byte for its zero-point where its grid has one,
 * weights that stay in float, and a float for each scale and shift behind products and each bias of a
 * recurrence.
 *
 *   choices  [placement->count]; step 0: float
 *
 * Bit operations as HAWQ-V3 counts them (Yao et al. 2020, arXiv:2011.10680), of layers with weights. */
struct cost cost_model_of(const struct network *network,
                          const struct placement *placement,
                          const struct choice *choices);

#endif
