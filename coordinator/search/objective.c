#include "coordinator/search/objective.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int objective_init(struct objective *objective, loss_fn evaluate, void *context,
                   int dimension, long max_evaluations, struct error *err)
{
    double *best_point;

    assert(dimension > 0 && max_evaluations >= 0);
    best_point = calloc((size_t)dimension, sizeof *best_point);
    if (best_point == NULL)
        return error_set(err, EXIT_MACHINE, "no memory for a point of %d steps",
                         dimension);
    *objective = (struct objective){.evaluate = evaluate,
                                    .context = context,
                                    .dimension = dimension,
                                    .unit = 1,
                                    .max_evaluations = max_evaluations,
                                    .best_loss = INFINITY,
                                    .best_point = best_point};
    return 0;
}

void objective_clear(struct objective *objective)
{
    free(objective->best_point);
    *objective = (struct objective){0};
}

static int count_that_fits(const struct objective *objective, int count)
{
    long left = objective->max_evaluations - objective->evaluations;

    if (objective->max_evaluations == 0 || left >= count)
        return count;
    return left > 0 ? (int)left : 0;
}

void objective_know(struct objective *objective, const double *point, double loss)
{
    if (!isfinite(loss) || !(loss < objective->best_loss))
        return;
    objective->best_loss = loss;
    memcpy(objective->best_point, point, (size_t)objective->dimension * sizeof *point);
}

static void remember(struct objective *objective, const double *point, double loss,
                     bool is_estimated)
{
    objective->evaluations++;
    objective->estimated += is_estimated;
    objective->not_finite += !isfinite(loss);
    if (!is_estimated)
        objective_know(objective, point, loss);
}

/* Points that fit. */
static int answer(struct objective *objective, const struct rival *rival,
                  const double *points, int count, double *losses, struct error *err)
{
    bool contests = objective->contest && rival && isfinite(rival->loss);
    bool estimated[OBJECTIVE_CONTEST_MOST] = {false};

    assert(!contests || count <= OBJECTIVE_CONTEST_MOST);
    if (contests
            ? objective->contest(objective->context, rival, points, count, losses,
                                 estimated, err) < 0
            : objective->evaluate(objective->context, points, count, losses, err) < 0)
        return -1;
    for (int i = 0; i < count; i++) {
        assert(!contests || !estimated[i] || losses[i] > rival->loss);
        remember(objective, points + (size_t)i * (size_t)objective->dimension,
                 losses[i], contests && estimated[i]);
    }
    return 0;
}

int objective_contest(struct objective *objective, const struct rival *rival,
                      const double *points, int count, double *losses,
                      struct error *err)
{
    int fitting = count_that_fits(objective, count);

    if (objective->is_over && objective->is_over(objective->context)) {
        objective->spent = objective->out_of_time = true;
        return error_set(err, EXIT_INTERNAL, "all seconds are spent");
    }
    if (fitting > 0 && answer(objective, rival, points, fitting, losses, err) < 0)
        return -1;
    if (fitting < count) {
        objective->spent = true;
        return error_set(err, EXIT_INTERNAL, "all %ld evaluations are spent",
                         objective->max_evaluations);
    }
    return 0;
}

int objective_losses(struct objective *objective, const double *points, int count,
                     double *losses, struct error *err)
{
    return objective_contest(objective, NULL, points, count, losses, err);
}

int objective_loss(struct objective *objective, const double *point, double *loss,
                   struct error *err)
{
    return objective_losses(objective, point, 1, loss, err);
}
