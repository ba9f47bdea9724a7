/* plan.h - what cases will cost, before they are run. */
#ifndef COORDINATOR_PLAN_H
#define COORDINATOR_PLAN_H

#include "core/case/cases.h"

/* Evaluations that a case with so many steps is expected to take. */
long plan_evaluations(const struct config *config, const struct calibration_case *one,
                      int steps);

/* What a case is expected to cost, as if nothing could be reused; 0 where its files cannot be read. */
struct plan_cost {
    double multiply_adds;
    long evaluations;
};

/*   costs  [cases->count] out */
void plan_costs(const struct config *config, const struct cases *cases,
                struct plan_cost *costs);

/* The cases [cases->count] in the order in which they should be run: the longest first, so that
 * none of them is left for the end; those that take as long in the order of the configuration. A
 * case whose files cannot be read comes last; running it will tell.
 *
 *   order  out, indices of cases */
void plan_order(const struct config *config, const struct cases *cases, int *order);

#endif
