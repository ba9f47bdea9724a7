/* reestimation.h - batch norms that are measured again under the steps of a point, and kept where
 * that pays. */
#ifndef COORDINATOR_METHODS_REESTIMATION_H
#define COORDINATOR_METHODS_REESTIMATION_H

#include "coordinator/methods/method.h"

/* Measures the statistics of all batch norms under the point's steps. Where the loss on the samples
 * held out drops (without any: on all calibration samples), or that is not asked, they become the
 * point's, with its new scores and without its bias shifts, which were those of other outputs; else
 * the point stays as it is. What is the point's is in force afterwards.
 *
 *   when      before or after the search
 *   in_float  from batchnorm_matching_of_float(), or without statistics: they are measured first
 *
 * Adds a phase, and a warning when nothing is kept or there is no batch norm. */
int reestimate(const struct method_task *task, enum config_reestimate when,
               struct state *in_float, struct result_point *point,
               struct result *result, struct error *err);

/* Evaluations that this will take before or after the search. */
long reestimate_evaluations(const struct method_task *task,
                            enum config_reestimate when);

#endif
