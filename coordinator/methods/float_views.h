/* float_views.h - what all activations of the float network look like, in a few passes over the
 * samples however many there are. */
#ifndef COORDINATOR_METHODS_FLOAT_VIEWS_H
#define COORDINATOR_METHODS_FLOAT_VIEWS_H

#include "coordinator/team.h"
#include "core/quant/clip.h"

/* Finds range, distribution and histogram of every activation, as far as its rule looks at them.
 *
 *   sights  [placement count] how each item's rule looks; those of weights are not used
 *   views   [placement count] out, what is found; clear each with clip_view_clear()
 *
 * Fails as team_measure() does. */
int float_views_find(struct team *team, const struct clip_sight *sights,
                     struct clip_view *views, struct error *err);

#endif
