/* lapq.h - loss aware post-training quantization: layer-wise steps over p, a parabola, a joint search.
 *
 * The best of the layer-wise steps at several p and at the minimum of a parabola through their losses
 * is the start of a search over all steps together. */
#ifndef COORDINATOR_METHODS_LAPQ_H
#define COORDINATOR_METHODS_LAPQ_H

#include "coordinator/methods/methods.h"

extern const struct method lapq_method;
extern const struct config_section lapq_section;

#endif
