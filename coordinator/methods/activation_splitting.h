/* activation_splitting.h - which channels of activations are split: an experiment. */
#ifndef COORDINATOR_METHODS_ACTIVATION_SPLITTING_H
#define COORDINATOR_METHODS_ACTIVATION_SPLITTING_H

#include "coordinator/methods/method.h"

/* Splits, where the method says so, the channels of each quantized activation with the largest values
 * in the float network; all that follows sees them split. Adds a phase and a warning. */
int activation_splitting(const struct method_task *task, struct result *result,
                         struct error *err);

#endif
