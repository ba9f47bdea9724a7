/* clip_look.h - which histograms show a tensor to its rule: one, or where far outliers leave the
 * rest in few bins, one more over the range of the rest, and so on. */
#ifndef CORE_QUANT_CLIP_LOOK_H
#define CORE_QUANT_CLIP_LOOK_H

#include "core/quant/clip.h"

/* A histogram is wanted while `bins` > 0: of all values, over `range`. */
struct clip_look {
    struct clip_sight sight;
    struct clip_view *view; /* where what is seen goes; borrowed */
    struct range range;
    int bins;
    struct histogram *wider; /* the one before, if its bins were too wide; owned */
};

/* Begins to look at a tensor as `sight` says.
 *
 *   view  its range is known; distribution and histogram are empty */
void clip_look_begin(struct clip_look *look, const struct clip_sight *sight,
                     struct clip_view *view);

/* Takes the histogram that was wanted. The last ones leave in the view:
 *
 *   range         of a sight with bins: without far outliers, see histogram_has_far_outliers()
 *   histogram     over that range
 *   distribution  of the values in that range; each point is within a bin of the narrowest
 *                 histogram that its values are in */
void clip_look_take(struct clip_look *look, const struct histogram *histogram);

/* Lets go of what is kept between the histograms, not of the view. */
void clip_look_clear(struct clip_look *look);

#endif
