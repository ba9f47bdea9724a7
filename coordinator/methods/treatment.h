/* treatment.h - what is done to weights before steps are found, and kept where that is asked to pay.
 *
 * Equalisation, and bias correction of the weights' mean or mean and variance, depend on weights and
 * steps alone, so they are settled before the search, which then sees the network as it will be. What
 * is to be judged by the loss is tried one after the other: a start is found with it, and kept with
 * it where it is better than the start without.
 */
#ifndef COORDINATOR_METHODS_TREATMENT_H
#define COORDINATOR_METHODS_TREATMENT_H

#include "coordinator/methods/method.h"

/* Finds the start of a case under the treatments that are in force, with its scores. */
typedef int find_start_fn(const struct method_task *task, struct result *result,
                          struct error *err);

/* Puts in force what is kept without a judgement, finds the start, and tries the rest. Afterwards the
 * start and the treatments in force are those that are kept. Warns of what is not kept, of pairs
 * of layers that cannot be equalised, and where there is nothing to equalise. */
int treatment_find_start(const struct method_task *task, find_start_fn *find_start,
                         struct result *result, struct error *err);

/* How many starts that takes. */
int treatment_starts(const struct method_task *task);

#endif
