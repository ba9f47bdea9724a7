/* p_grid.h - layer-wise steps at several p, and at the minimum of a parabola through their losses. */
#ifndef COORDINATOR_METHODS_P_GRID_H
#define COORDINATOR_METHODS_P_GRID_H

#include "coordinator/methods/method.h"

struct p_grid {
    double first, last;
    int count;         /* 3..P_COUNT_MOST, evenly from first to last */
    bool tries_vertex; /* of the parabola, where it is a minimum in range */
};

/* The p of an index. */
double p_grid_at(const struct p_grid *grid, int index);

/* Makes the best of these steps the start, with its scores on calibration samples, and says all of the grid in
 * result->p_grid, and in warnings. `evaluations` receives how many it took. */
int p_grid_find_start(const struct method_task *task, const struct p_grid *grid,
                      long *evaluations, struct result *result, struct error *err);

#endif
