#include "coordinator/search/line.h"

#include <assert.h>

int line_try(const struct line *line, const double *positions, int count,
             struct trial *trials, struct error *err)
{
    int dimension = line->objective->dimension;
    double losses[LINE_MAX_PROBES];

    assert(count >= 1 && count <= LINE_MAX_PROBES);
    for (int i = 0; i < count; i++)
        for (int k = 0; k < dimension; k++)
            line->probes[i * dimension + k] =
                line->origin[k] + positions[i] * line->direction[k];
    if (objective_losses(line->objective, line->probes, count, losses, err) < 0)
        return -1;
    for (int i = 0; i < count; i++)
        trials[i] = (struct trial){positions[i], losses[i]};
    return 0;
}
