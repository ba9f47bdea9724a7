/* point_state.h - what is to be in force when a point is evaluated: batch norms and biases. */
#ifndef COORDINATOR_METHODS_POINT_STATE_H
#define COORDINATOR_METHODS_POINT_STATE_H

#include "coordinator/team.h"
#include "core/format/result.h"

/* Puts a point's statistics of batch norms in force, and no bias shifts. */
int point_put_statistics(struct team *team, const struct result_point *point,
                         struct error *err);

/* Puts its statistics and its bias shifts in force. */
int point_put(struct team *team, const struct result_point *point, struct error *err);

/* Whether the same is in force at both. */
bool points_are_alike(const struct result_point *left,
                      const struct result_point *right);

#endif
