/* bracket.h - three trials on a line with the lowest in the middle. */
#ifndef COORDINATOR_SEARCH_BRACKET_H
#define COORDINATOR_SEARCH_BRACKET_H

#include "coordinator/search/line.h"

/* b lies between a and c, which may be in either order, and has the lowest loss. On the
 * way there the losses fall from a over b to c. */
struct bracket {
    struct trial a, b, c;
};

/* Finds a bracket as scipy.optimize.bracket does from the positions 0 and 1; a loss
 * that never rises again ends it after 1000 strides, where scipy raises an exception.
 */
int bracket_find(const struct line *line, struct bracket *bracket, struct error *err);

/* Where the parabola through a, b, c is stationary: its minimum or its maximum. `unit` is that of the
 * losses, see objective.h. */
double bracket_stationary_point(const struct bracket *bracket, double unit);

/* Goes on downhill: drops a, and `next` beyond c becomes the new c. */
void bracket_shift(struct bracket *bracket, struct trial next);

#endif
