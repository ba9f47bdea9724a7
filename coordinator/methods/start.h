/* start.h - the steps that a case begins with; without a search they are its result. */
#ifndef COORDINATOR_METHODS_START_H
#define COORDINATOR_METHODS_START_H

#include "coordinator/methods/methods.h"

/* Finds them as the method says. Fills result->start with steps and the scores of calibration and
 * held-out samples, a phase, and warnings. */
int start_find(const struct method_task *task, struct result *result,
               struct error *err);

/* Tensor after tensor, by the method's clip rule (clip.h). */
extern const struct method_start start_layerwise;
const struct method_start *
start_is_layerwise(const struct config_method_settings *settings);

/* Clips drawn at random between zero and the largest magnitude of each tensor: by the seed, one after
 * the other in the order of the tensors. */
extern const struct method_start start_random;

#endif
