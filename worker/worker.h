/* worker.h - a rank that answers the coordinator until it is told to stop. */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include "core/base/error.h"
#include "core/case/cases.h"

/* Answers requests on this rank's shard. Collective with the coordinator's team. Fails when the link
 * breaks. */
int worker_answer(const struct config *config, const struct cases *cases,
                  struct error *err);

#endif
