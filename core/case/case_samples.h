/* case_samples.h - the samples of a case, piece by piece, in the blocks of its run. */
#ifndef CORE_CASE_CASE_SAMPLES_H
#define CORE_CASE_CASE_SAMPLES_H

#include "core/case/finished_case.h"
#include "core/evaluate/evaluator.h"

/* Called with consecutive pieces; `samples` are borrowed until it returns. Fails as it likes. */
typedef int case_samples_fn(void *context, struct samples samples, struct error *err);

/* The calibration samples that the search saw. Labels are there where the loss needs them. */
int case_samples_of_search(const struct finished_case *finished, case_samples_fn *take,
                           void *context, struct error *err);

/* The validation samples, or those of the search where there are none. */
int case_samples_to_judge(const struct finished_case *finished, case_samples_fn *take,
                          void *context, struct error *err);

/* An evaluator of `network`, which has the layers of the case's network, without samples of its own. */
struct evaluator *case_evaluator(const struct finished_case *finished,
                                 const struct network *network, struct error *err);

#endif
