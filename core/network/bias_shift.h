/* bias_shift.h - what bias correction adds to the shift of a convolution, channel by channel.
 *
 * It comes on top of whatever statistics of the layer's batch norm are in force: those are put first,
 * and a bias shift is taken away before they change.
 */
#ifndef CORE_NETWORK_BIAS_SHIFT_H
#define CORE_NETWORK_BIAS_SHIFT_H

#include "core/network/network.h"

/* Adds `values` [out_channels], finite, in units of the output, to a convolution's shift, in place of
 * those that were added before. */
void bias_shift_put(struct layer *layer, const float *values);

/* Takes away what was added: the shift has its bits back. Any layer will do. */
void bias_shift_remove(struct layer *layer);

/* The signature of what is added; 0: nothing. */
uint64_t bias_shift_signature(const struct layer *layer);

/* The bias shifts of all convolutions of a network, in one piece. */
struct bias_shifts {
    float *values; /* of each convolution, in the order of execution: [out_channels];
                      owned */
    size_t count;  /* 0: there are none */
};

/* As many zeros as a network has output channels of convolutions. */
struct bias_shifts bias_shifts_of(const struct network *network);
struct bias_shifts bias_shifts_copy(const struct bias_shifts *from);
void bias_shifts_clear(struct bias_shifts *shifts);
bool bias_shifts_are_same(const struct bias_shifts *left,
                          const struct bias_shifts *right);

#endif
