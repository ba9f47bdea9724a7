/* line.h - a line through the search space, and losses at positions on it. */
#ifndef COORDINATOR_SEARCH_LINE_H
#define COORDINATOR_SEARCH_LINE_H

#include "coordinator/search/objective.h"

/* The most positions that are evaluated in one batch. */
#define LINE_MAX_PROBES 8

/* The points origin + position * direction. All pointers are borrowed. */
struct line {
    struct objective *objective;
    const double *origin;    /* [dimension] */
    const double *direction; /* [dimension], not all zero */
    double *probes;          /* [LINE_MAX_PROBES, dimension], scratch */
};

/* A position and the loss there. */
struct trial {
    double at;
    double loss;
};

/* Evaluates the loss at each position [count], in one batch. */
int line_try(const struct line *line, const double *positions, int count,
             struct trial *trials, struct error *err);

#endif
