/* start.h - the steps that a case begins with; without a search they are its result. */
#ifndef COORDINATOR_METHODS_START_H
#define COORDINATOR_METHODS_START_H

#include "coordinator/methods/method.h"

/* By the method: steps tensor by tensor by its clip rule (clip.h), or one of the starts of lapq;
 * clips drawn at random come from the seed, one after the other in the order of the tensors.
 * Fills result->start with steps and the scores of calibration samples and those put aside, a
 * phase, and warnings. */
int start_find(const struct method_task *task, struct result *result,
               struct error *err);

#endif
