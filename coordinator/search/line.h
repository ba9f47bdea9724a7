/* line.h - a line through the search space, and losses at positions on it. */
#ifndef COORDINATOR_SEARCH_LINE_H
#define COORDINATOR_SEARCH_LINE_H

#include "coordinator/search/objective.h"

/* The most positions that are evaluated in one batch. */
#define LINE_MAX_PROBES 8
#define LINE_POINTS (LINE_MAX_PROBES + 1) /* with the trial that they are to beat */

/* The points origin + position * direction. All pointers are borrowed. */
struct line {
    struct objective *objective;
    const double *origin;    /* [dimension] */
    const double *direction; /* [dimension], not all zero */
    double *probes;          /* [LINE_POINTS, dimension], scratch */
};

/* A position and the loss there. */
struct trial {
    double at;
    double loss;
};

/* Evaluates the loss at each position [count], in one batch. Losses above that of `rival` may be estimates
 * (objective_contest()); NULL: all are exact. */
int line_try(const struct line *line, const struct trial *rival,
             const double *positions, int count, struct trial *trials,
             struct error *err);

#endif
