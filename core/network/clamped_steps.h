/* clamped_steps.h - steps with which the codes of a tensor end where the clamp before it ends.
 *
 * Then rounding cuts whatever the clamp would: a runtime needs no Clip, and makes one integer kernel
 * of the layer.
 */
#ifndef CORE_NETWORK_CLAMPED_STEPS_H
#define CORE_NETWORK_CLAMPED_STEPS_H

#include "core/network/network.h"
#include "core/quant/quantizer.h"

/* The largest such step of a tensor; 0: no clamp is before it that codes of this grid can replace, since
 * it has another end at which they would cut, or none, or layers with other clamps are joined. */
float clamped_steps_most(const struct network *network, int tensor, enum grid grid,
                         int bits);

#endif
