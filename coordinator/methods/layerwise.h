/* layerwise.h - a step for each tensor on its own, from what the tensor looks like. */
#ifndef COORDINATOR_METHODS_LAYERWISE_H
#define COORDINATOR_METHODS_LAYERWISE_H

#include "coordinator/team.h"
#include "core/format/result.h"
#include "core/quant/clip.h"

/* What is known of the tensors of the open case; statistics that do not depend on steps are taken
 * once. For rules of one kind. */
struct layerwise {
    struct team *team; /* borrowed */
    enum config_layerwise mode;
    enum clip_kind kind;
    bool clips_weights_only; /* activations have the rule CLIP_MINMAX */
    bool sees_split; /* weights whose channels are split are looked at as split */
    struct clip_view *views;      /* [items] owned */
    bool *is_known;               /* [items] the view is what the rules need */
    uint8_t *bits;                /* [items] NULL: those of the placement; owned */
    struct choice *now;           /* [items] scratch */
    const struct clip_rule *rule; /* what steps are looked for by now; borrowed */
};

/* `method`: how it looks at tensors. */
void layerwise_init(struct layerwise *layerwise, struct team *team,
                    const struct config_method_settings *method, enum clip_kind kind);
void layerwise_clear(struct layerwise *layerwise);

/* From now on steps are found at these bits [items], BITS_FLOAT: none; NULL: at those of the placement. */
void layerwise_set_bits(struct layerwise *layerwise, const uint8_t *bits);

/* Finds a step for every tensor by the rule, which is of the kind that was told; of activations by
 * min-max where the method says so.
 *
 *   sequential   in the order of execution: an activation is measured with all steps before it
 *                in force, as the reference implementation does
 *   independent  every activation is measured in the float network
 *   choices      [items] out, with the bits and the grid of the placement
 *   result       receives a warning for each tensor that is zero everywhere; its step is 1
 */
int layerwise_steps(struct layerwise *layerwise, const struct clip_rule *rule,
                    struct choice *choices, struct result *result, struct error *err);

#endif
