/* powell.h - Powell's conjugate directions: a minimum without derivatives. */
#ifndef COORDINATOR_SEARCH_POWELL_H
#define COORDINATOR_SEARCH_POWELL_H

#include "coordinator/search/line_search.h"
#include "coordinator/search/objective.h"
#include "coordinator/search/stop.h"

/* Where the search stands after a sweep over all directions. */
struct powell_sweep {
    int sweeps;          /* done */
    const double *point; /* [dimension] */
    double loss;
    long evaluations; /* that the objective has counted */
};

/* Told after each sweep; `enough` ends the search (STOP_TOLD). Returns 0, or -1 with the
 * sentence in `err`. */
typedef int (*powell_sweep_fn)(void *context, const struct powell_sweep *sweep,
                               bool *enough, struct error *err);

/* Told after each line; `axis` is the coordinate that moved, or -1: several. */
typedef void (*powell_line_fn)(void *context, int axis,
                               const struct line_search_result *found);

struct powell_options {
    struct line_search_options line_search; /* its stride is that of the first sweep */
    bool keeps_axes;       /* coordinate descent: no direction is ever replaced */
    int sweeps;            /* 0: until converged, at most 1000 for each dimension */
    double loss_tolerance; /* a sweep that gains less, relatively, has converged */
    double stride_shrinks; /* of each direction, from sweep to sweep: by this factor, */
    double shortest_stride; /* down to this length. Default search only */
    double least_gain; /* a line that gains less, relatively, is left out of the next
                          sweep. Default search only */
    double least_sweep_gain; /* on a jagged loss a sweep that gains less, relatively, is
                                followed by a step aside. Default search only */
    double aside;            /* how far it moves a coordinate, at most */
    int asides; /* so many in a row without a lower loss are the last; 0: none at all */
    double start_loss;          /* at the start; NaN: it is to be evaluated */
    powell_sweep_fn sweep_done; /* NULL: nobody is told */
    powell_line_fn line_done;   /* NULL: nobody is told */
    void *context;              /* of both; borrowed */
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
 * move of the sweep may replace the direction of the largest fall, unless the axes are kept. A
 * direction whose line gained next to nothing rests for one sweep; a sweep without gain ends the
 * search only when none rested in it. Where parabolas are wrong about most lines of a sweep the loss is jagged: a sweep that
 * gains little is then followed by a step aside, to a loss that may be higher. When the evaluations
 * are spent the search ends where it is, also within a line, and this is not an error;
 * the last point of the reference search is then that of the last complete line. On an
 * error `point` is left as it was. */
int powell_minimise(struct objective *objective, double *point,
                    const struct powell_options *options, struct powell_result *result,
                    struct error *err);

#endif
