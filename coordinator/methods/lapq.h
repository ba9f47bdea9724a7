/* lapq.h - Loss Aware Post-training Quantization, Nahshan et al. 2019,
 * arXiv:1911.07190.
 *
 *   1. for each p of a grid: layer-wise Lp steps and their loss
 *   2. a parabola through loss over p; its minimum, if it can be trusted, gives the
 * start
 *   3. Powell's joint search over all steps (or coordinate descent, to compare with)
 *
 * Differences from the paper's code: the parabola is guarded (a concave one, a vertex
 * out of range or worse than the best grid point falls back to that point, with a
 * warning), and the default line search works on logarithms of steps (see
 * coordinator/search/README.md).
 */
#ifndef COORDINATOR_METHODS_LAPQ_H
#define COORDINATOR_METHODS_LAPQ_H

#include "coordinator/methods/method.h"

/* Steps 1 and 2: fills result->start, p_grid and the phase's evaluations; step 3 is joint_search.h. */
int lapq_find_start(const struct method_task *task, struct result_phase *phase,
                    struct result *result, struct error *err);

#endif
