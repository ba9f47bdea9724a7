/* layerwise.h - a step for each tensor on its own, from what the tensor looks like. */
#ifndef COORDINATOR_METHODS_LAYERWISE_H
#define COORDINATOR_METHODS_LAYERWISE_H

#include "coordinator/team.h"
#include "core/format/result.h"

enum layerwise_kind { LAYERWISE_MINMAX, LAYERWISE_LP };

struct layerwise_rule {
    enum layerwise_kind kind;
    double p; /* of LAYERWISE_LP */
};

/* What is known about the tensors of the open case; statistics that do not depend on
 * steps are taken once. */
struct layerwise {
    struct team *team; /* borrowed */
    enum config_layerwise mode;
    struct range *ranges;               /* [items] */
    struct distribution *distributions; /* [items] count 0: not known yet */
    bool *is_known;                     /* [items] */
    float *steps;                       /* [items] scratch */
};

void layerwise_init(struct layerwise *layerwise, struct team *team,
                    enum config_layerwise mode);
void layerwise_clear(struct layerwise *layerwise);

/* Finds a step for every tensor by the rule.
 *
 *   sequential   in the order of execution: an activation is measured with all steps before it
 *                in force, as the reference implementation does
 *   independent  every activation is measured in the float network
 *   steps        [items] out
 *   result       receives a warning for each tensor that is zero everywhere; its step is 1
 */
int layerwise_steps(struct layerwise *layerwise, struct layerwise_rule rule,
                    float *steps, struct result *result, struct error *err);

#endif
