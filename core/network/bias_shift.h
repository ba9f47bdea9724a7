/* bias_shift.h - what bias correction adds to the shift of a convolution, channel by channel.
 *
 * It comes on top of whatever statistics of the layer's batch norm are in force: those are put first,
 * and a bias shift is taken away before they change.
 */
#ifndef CORE_NETWORK_BIAS_SHIFT_H
#define CORE_NETWORK_BIAS_SHIFT_H

#include "core/network/layer.h"

/* Adds `values` [out_channels], finite, in units of the output, to a convolution's shift, in place of
 * those that were added before. */
void bias_shift_put(struct layer *layer, const float *values);

/* Takes away what was added: the shift has its bits back. Any layer will do. */
void bias_shift_remove(struct layer *layer);

/* The signature of what is added; 0: nothing. */
uint64_t bias_shift_signature(const struct layer *layer);

#endif
