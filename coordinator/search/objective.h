/* objective.h - the function to minimise: counts evaluations, remembers the best point.
 */
#ifndef COORDINATOR_SEARCH_OBJECTIVE_H
#define COORDINATOR_SEARCH_OBJECTIVE_H

#include <stdbool.h>

#include "core/base/error.h"

/* Computes the loss of each point of a batch.
 *
 *   points  [count, dimension]
 *   losses  [count], out
 *
 * Returns 0, or -1 with the sentence in `err`. A loss may be infinite or NaN. */
typedef int (*loss_fn)(void *context, const double *points, int count, double *losses,
                       struct error *err);

/* What points are to beat: a point [dimension], and its loss. */
struct rival {
    const double *point;
    double loss;
};

/* The same of points that matter only where they are lower than a rival, whose loss is finite. The loss of one
 * that is found to be higher on the way may be an estimate, which is above the rival's and not exact.
 *
 *   estimated  [count], out: whether it is one */
typedef int (*contest_fn)(void *context, const struct rival *rival,
                          const double *points, int count, double *losses,
                          bool *estimated, struct error *err);

enum { OBJECTIVE_CONTEST_MOST = 32 };

struct objective {
    loss_fn evaluate;
    contest_fn contest; /* NULL, as at first: all losses are exact */
    void *context;      /* borrowed, handed to `evaluate` */
    int dimension;
    double
        unit; /* of losses: what scipy's absolute tolerances are held against; at first 1 */
    long evaluations;               /* points evaluated so far */
    long max_evaluations;           /* 0: no limit */
    long estimated;                 /* of them, those whose loss is an estimate */
    long not_finite;                /* how many of the losses were infinite or NaN */
    bool (*is_over)(void *context); /* asked before each batch; NULL: it never is */
    bool spent; /* a loss was asked for and refused: max_evaluations reached ... */
    bool out_of_time;   /* ... or it is over */
    double best_loss;   /* infinite until a finite loss was seen */
    double *best_point; /* [dimension], owned; meaningless until then */
};

/* Fails when there is no memory for the best point. */
int objective_init(struct objective *objective, loss_fn evaluate, void *context,
                   int dimension, long max_evaluations, struct error *err);
void objective_clear(struct objective *objective);

/* Computes the losses of a batch, as a loss_fn.
 *
 * A batch that passes max_evaluations is cut: the points that still fit are evaluated,
 * so that the best of them is known, then `spent` is set and the call fails. A search
 * returns such a failure like any other, and the top of the search, which knows that a
 * spent budget is an end and not an error, looks at `spent`. When it is over, a batch is
 * refused as a whole. */
int objective_losses(struct objective *objective, const double *points, int count,
                     double *losses, struct error *err);

/* The same of at most OBJECTIVE_CONTEST_MOST points that are to beat a rival; NULL: none, and any number. No point whose loss is an estimate is the best. */
int objective_contest(struct objective *objective, const struct rival *rival,
                      const double *points, int count, double *losses,
                      struct error *err);

/* The same as objective_losses() for one point. */
int objective_loss(struct objective *objective, const double *point, double *loss,
                   struct error *err);

/* Tells the loss of a point that is known already: no evaluation, but it may be the best. */
void objective_know(struct objective *objective, const double *point, double loss);

#endif
