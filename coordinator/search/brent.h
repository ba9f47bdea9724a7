/* brent.h - Brent's method: the lowest loss within a bracket. */
#ifndef COORDINATOR_SEARCH_BRENT_H
#define COORDINATOR_SEARCH_BRENT_H

#include <stdbool.h>

#include "coordinator/search/bracket.h"

/* Minimises within the bracket as scipy.optimize.brent does.
 *
 *   tolerance   relative to the position
 *   lowest      out; where it ended
 *   iterations  out; as many as evaluations */
int brent_minimise(const struct line *line, const struct bracket *bracket,
                   double tolerance, struct trial *lowest, int *iterations,
                   struct error *err);

/* The method in single moves, for searches that end by rules of their own. The letters
 * are Brent's: x is the lowest trial, w the next, v the one before; d the last move, e
 * the one before. */
struct brent {
    double low, high; /* the minimum lies between */
    struct trial x, w, v;
    double d;
    double e; /* after a golden section: the length that it cut */
};

/* Starts from all three trials of the bracket, so that the first move can be to the
 * minimum of their parabola. */
void brent_init(struct brent *brent, const struct bracket *bracket);

/* Whether [low, high] has shrunk to the tolerance (a distance) around x. */
bool brent_is_closed(const struct brent *brent, double tolerance);

/* Chooses the next move d from x: to the minimum of the parabola where that can be
 * trusted, else a golden section of the longer side. It may be shorter than the
 * tolerance. */
void brent_choose_move(struct brent *brent, double tolerance);

/* Takes in a new trial. */
void brent_take(struct brent *brent, struct trial u);

#endif
