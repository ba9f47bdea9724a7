/* measured.h - what an evaluator's measures tell. */
#ifndef TESTS_SUPPORT_MEASURED_H
#define TESTS_SUPPORT_MEASURED_H

#include "core/evaluate/evaluator.h"

/* Takes measures [count] as evaluator_measure() does; the network and the placement are the evaluator's.
 * `answers` [count] are of the types that the kinds tell. */
void measured_together(struct evaluator *evaluator, const struct network *network,
                       const struct placement *placement,
                       const struct measure *measures, int count,
                       const struct choice *choices, void *const *answers);

/* One of them. */
void measured_alone(struct evaluator *evaluator, const struct network *network,
                    const struct placement *placement, struct measure measure,
                    const struct choice *choices, void *answer);

#endif
