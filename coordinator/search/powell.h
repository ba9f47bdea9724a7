/* powell.h - Powell's conjugate directions: a minimum without derivatives. */
#ifndef COORDINATOR_SEARCH_POWELL_H
#define COORDINATOR_SEARCH_POWELL_H

#include "coordinator/search/line_search.h"
#include "coordinator/search/objective.h"
#include "coordinator/search/stop.h"

/* Told after each sweep over all directions: how many are done, where the search stands
 * ([dimension]), and how many evaluations the objective has counted. */
typedef void (*powell_sweep_fn)(void *context, int sweeps, const double *point,
                                double loss, long evaluations);

struct powell_options {
    struct line_search_options line_search;
    int sweeps;            /* 0: until converged, at most 1000 for each dimension */
    double loss_tolerance; /* a sweep that gains less, relatively, has converged */
    powell_sweep_fn sweep_done; /* NULL: nobody is told */
    void *sweep_context;        /* borrowed */
    double *directions;         /* [dimension, dimension], borrowed; receives the last
                                   directions, one a row; NULL: not wanted */
};

/* Two sweeps with the default line search, and nobody told. */
struct powell_options powell_default_options(void);

struct powell_result {
    double loss;      /* at the point handed back; infinite when none was evaluated */
    int sweeps;       /* whole ones */
    long evaluations; /* of this search */
    enum stop_reason reason;
};

/* Minimises the objective from `point` [dimension] and leaves there what it found: with
 * the reference line search the last point of the search, as scipy, else the best point
 * that the objective has seen.
 *
 * Each sweep minimises along every direction in turn, at first the axes; then the whole
 * move of the sweep may replace the direction of the largest fall. When the evaluations
 * are spent the search ends where it is, also within a line, and this is not an error;
 * the last point of the reference search is then that of the last complete line. On an
 * error `point` is left as it was. */
int powell_minimise(struct objective *objective, double *point,
                    const struct powell_options *options, struct powell_result *result,
                    struct error *err);

#endif
