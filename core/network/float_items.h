/* float_items.h - tensors of a placement that choices leave in float. */
#ifndef CORE_NETWORK_FLOAT_ITEMS_H
#define CORE_NETWORK_FLOAT_ITEMS_H

#include "core/network/placement.h"

/* Takes those whose choice has step 0 out of a placement, and out of the choices [placement->count]: what is left
 * computes the same. Numbers of items are others then, so a state has been put in force before. */
void placement_drop_float(struct placement *placement, struct choice *choices);

#endif
