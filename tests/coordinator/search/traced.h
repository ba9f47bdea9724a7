/* traced.h - a function to minimise that keeps the points it was asked for, for the
 * tests of the search. */
#ifndef TESTS_COORDINATOR_SEARCH_TRACED_H
#define TESTS_COORDINATOR_SEARCH_TRACED_H

#include <assert.h>
#include <string.h>

#include "coordinator/search/objective.h"

#define TRACED_MAX_DIMENSION 40
#define TRACED_MAX_POINTS 4000

typedef double (*traced_fn)(const double *x, int dimension);

struct traced {
    traced_fn function;
    double
        estimates; /* of points worse than a rival: the share of the excess that is told */
    int dimension;
    int calls; /* batches asked for */
    int count; /* points asked for, all of them kept */
    double points[TRACED_MAX_POINTS][TRACED_MAX_DIMENSION];
    double losses[TRACED_MAX_POINTS];
};

/* The loss_fn; `context` is a struct traced. */
static inline int traced_losses(void *context, const double *points, int count,
                                double *losses, struct error *err)
{
    struct traced *traced = context;
    size_t dimension = (size_t)traced->dimension;

    (void)err;
    traced->calls++;
    for (int i = 0; i < count; i++) {
        const double *point = points + (size_t)i * dimension;

        losses[i] = traced->function(point, traced->dimension);
        assert(traced->count < TRACED_MAX_POINTS);
        memcpy(traced->points[traced->count], point, dimension * sizeof *point);
        traced->losses[traced->count++] = losses[i];
    }
    return 0;
}

/* The contest_fn: what is worse than the rival is told to be, by too much or too little. */
static inline int traced_contest(void *context, const struct rival *rival,
                                 const double *points, int count, double *losses,
                                 bool *estimated, struct error *err)
{
    struct traced *traced = context;

    traced_losses(context, points, count, losses, err);
    for (int i = 0; i < count; i++) {
        double excess = losses[i] - rival->loss;

        assert(traced->function(rival->point, traced->dimension) == rival->loss);
        estimated[i] =
            excess > 0 && rival->loss + traced->estimates * excess > rival->loss;
        if (estimated[i])
            losses[i] = rival->loss + traced->estimates * excess;
    }
    return 0;
}

/* An objective that evaluates the function; its trace is `traced`. */
static inline int traced_objective(struct objective *objective, struct traced *traced,
                                   traced_fn function, int dimension,
                                   long max_evaluations, struct error *err)
{
    assert(dimension <= TRACED_MAX_DIMENSION);
    traced->function = function;
    traced->dimension = dimension;
    traced->calls = 0;
    traced->count = 0;
    return objective_init(objective, traced_losses, traced, dimension, max_evaluations,
                          err);
}

#endif
