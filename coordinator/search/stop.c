#include "coordinator/search/stop.h"

#include <math.h>
#include <stdbool.h>

const char *stop_reason_name(enum stop_reason reason)
{
    static const char *const names[] = {
        [STOP_NOT_YET] = "not yet",
        [STOP_CONVERGED] = "converged",
        [STOP_SWEEPS_DONE] = "all sweeps done",
        [STOP_EVALUATIONS_SPENT] = "all evaluations spent",
        [STOP_SECONDS_SPENT] = "all seconds spent",
        [STOP_TOLD] = "samples put aside gain no more",
        [STOP_NOT_FINITE] = "no finite loss found",
    };

    return names[reason];
}

/* scipy's rule; it would also take a fall from infinity to a finite loss for
 * convergence. */
static bool gained_next_to_nothing(double before, double after, double tolerance,
                                   double unit)
{
    return isfinite(before) &&
           2 * (before - after) <=
               tolerance * (fabs(before) + fabs(after)) + 1e-20 * unit;
}

enum stop_reason stop_after_sweep(const struct stop *stop,
                                  const struct objective *objective, int sweeps,
                                  double loss_before, double loss_after)
{
    if (gained_next_to_nothing(loss_before, loss_after, stop->loss_tolerance,
                               objective->unit))
        return STOP_CONVERGED;
    if (objective->max_evaluations > 0 &&
        objective->evaluations >= objective->max_evaluations)
        return STOP_EVALUATIONS_SPENT;
    if (sweeps >= stop->max_sweeps)
        return STOP_SWEEPS_DONE;
    if (!isfinite(loss_before) && !isfinite(loss_after))
        return STOP_NOT_FINITE;
    return STOP_NOT_YET;
}
