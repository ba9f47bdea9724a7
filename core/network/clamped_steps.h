/* clamped_steps.h - steps with which the codes of a tensor end where the clamp before it ends.
 *
 * Then rounding cuts whatever the clamp would: a runtime needs no Clip, and makes one integer kernel
 * of the layer.
 */
#ifndef CORE_NETWORK_CLAMPED_STEPS_H
#define CORE_NETWORK_CLAMPED_STEPS_H

#include "core/network/network.h"
#include "core/quant/quantizer.h"

/* [low, high] */
struct clamp {
    float low, high;
};

/* The clamp before a tensor, also where layers hand its values on; without ends where there is none, or
 * layers with other clamps are joined. */
struct clamp clamped_steps_clamp(const struct network *network, int tensor);

/* The largest such step of a grid, of which the quantizer's own step does not matter; 0: codes of the
 * grid cannot replace the clamp, since it has another end at which they would cut, or none. Asymmetric
 * codes have an end on each side, and stay within both. */
float clamped_steps_most(struct clamp clamp, const struct quantizer *quantizer);

#endif
