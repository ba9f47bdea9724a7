#include "coordinator/search/line.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

static void put_point(const struct line *line, double position, double *point)
{
    for (int k = 0; k < line->objective->dimension; k++)
        point[k] = line->origin[k] + position * line->direction[k];
}

int line_try(const struct line *line, const struct trial *rival,
             const double *positions, int count, struct trial *trials,
             struct error *err)
{
    int dimension = line->objective->dimension;
    struct rival beaten = {line->probes + LINE_MAX_PROBES * dimension, NAN};
    double losses[LINE_MAX_PROBES];

    assert(count >= 1 && count <= LINE_MAX_PROBES);
    for (int i = 0; i < count; i++)
        put_point(line, positions[i], line->probes + i * dimension);
    if (rival) {
        put_point(line, rival->at, line->probes + LINE_MAX_PROBES * dimension);
        beaten.loss = rival->loss;
    }
    if (objective_contest(line->objective, rival ? &beaten : NULL, line->probes, count,
                          losses, err) < 0)
        return -1;
    for (int i = 0; i < count; i++)
        trials[i] = (struct trial){positions[i], losses[i]};
    return 0;
}
