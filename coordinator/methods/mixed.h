/* mixed.h - bits for each tensor: the least loss within a budget. See docs/mixed-precision.md. */
#ifndef COORDINATOR_METHODS_MIXED_H
#define COORDINATOR_METHODS_MIXED_H

#include "coordinator/methods/methods.h"

/* Finds steps at each width, rounds weights alone, measures what bits of one and of two groups cost, solves for the
 * budget, and evaluates the best few. Then the steps are searched together and the weights
 * are rounded, as by any method. */
extern const struct method mixed_method;

extern const struct config_section mixed_section;

#endif
