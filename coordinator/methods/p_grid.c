#include "coordinator/methods/p_grid.h"

#include "coordinator/methods/layerwise.h"
#include "coordinator/search/parabola.h"
#include "core/base/memory.h"
#include "core/base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static_assert(P_COUNT_MOST >= 3, "a parabola needs three points");

static void keep_as_start(struct result *result, const struct choice *choices,
                          const struct score *score, double p)
{
    memcpy(result->start.choices, choices,
           (size_t)result->placement->count * sizeof *choices);
    result->start.calibration = *score;
    result->p_grid.chosen = p;
}

/* Layer-wise steps at one p, and what they cost; keeps them when they are the best so
 * far. */
static int try_p(const struct method_task *task, struct layerwise *layerwise, double p,
                 struct result *result, double *loss, struct error *err)
{
    struct choice *choices =
        memory_zeroed((size_t)result->placement->count, sizeof *choices);
    char text[TEXT_OF_LOSS_BYTES];
    struct score score;
    int status =
        layerwise_steps(layerwise, &(struct clip_rule){.kind = CLIP_LP, .number = p},
                        choices, result, err);

    if (status == 0)
        status = team_score(task->team, choices, 1, &score, err);
    if (status == 0) {
        *loss = score_loss(&score);
        if (result->start.calibration.samples == 0 ||
            score_is_lower(&score, &result->start.calibration))
            keep_as_start(result, choices, &score, p);
        progress_show(task->progress, "%s: p = %.3f, loss %s", task->one->id, p,
                      text_of_loss(*loss, text));
    }
    free(choices);
    return status;
}

double p_grid_at(const struct p_grid *grid, int index)
{
    return grid->first + (grid->last - grid->first) * index / (double)(grid->count - 1);
}

static int scan(const struct method_task *task, const struct p_grid *asked,
                struct layerwise *layerwise, struct result *result, struct error *err)
{
    struct result_p_grid *grid = &result->p_grid;

    grid->count = asked->count;
    for (int i = 0; i < grid->count; i++) {
        if (i > 0 && method_is_out_of_time(task)) {
            grid->count = i;
            return 0;
        }
        grid->p[i] = p_grid_at(asked, i);
        if (try_p(task, layerwise, grid->p[i], result, &grid->losses[i], err) < 0)
            return -1;
    }
    return 0;
}

static bool all_are_finite(const struct result_p_grid *grid)
{
    for (int i = 0; i < grid->count; i++)
        if (!isfinite(grid->losses[i]))
            return false;
    return true;
}

/* In a user's words: "the losses of the norms p that were tried ...". */
static const char *reason_of(enum parabola_verdict verdict)
{
    return verdict == PARABOLA_CONCAVE ? "have no valley"
                                       : "still fall towards an end of the range";
}

/* Takes the vertex of the parabola over p as start, where its loss is lower. */
static int take_vertex(const struct method_task *task, struct layerwise *layerwise,
                       long *evaluations, struct result *result, struct error *err)
{
    struct result_p_grid *grid = &result->p_grid;
    char text[TEXT_OF_LOSS_BYTES];
    double best = grid->chosen, loss;

    if (try_p(task, layerwise, grid->vertex, result, &loss, err) < 0)
        return -1;
    ++*evaluations;
    if (grid->chosen == best) {
        grid->verdict =
            "has its minimum at a loss that is no lower than the best grid point's";
        result_warn(result,
                    "the norm estimated to be best, p = %.3f, has the loss %s, no less "
                    "than the best one tried: the search starts from that, p = %.3f",
                    grid->vertex, text_of_loss(loss, text), best);
    }
    return 0;
}

/* Finds the vertex, and takes it where it deserves it. */
static int try_vertex(const struct method_task *task, const struct p_grid *asked,
                      struct layerwise *layerwise, long *evaluations,
                      struct result *result, struct error *err)
{
    struct result_p_grid *grid = &result->p_grid;
    double best = grid->chosen;
    enum parabola_verdict verdict;
    struct parabola parabola;

    if (!asked->tries_vertex) {
        grid->verdict = "was not asked for";
        grid->vertex = NAN;
        return 0;
    }
    if (!all_are_finite(grid)) {
        grid->verdict = "was not fitted: some losses are infinite";
        result_warn(result,
                    "with some norms p the loss is infinite, so no better p could be "
                    "estimated between those tried: the search starts from the best "
                    "one, p = %.3f",
                    best);
        return 0;
    }
    if (parabola_fit(grid->p, grid->losses, grid->count, &parabola, err) < 0)
        return -1;
    verdict = parabola_minimum(&parabola, asked->first, asked->last, PARABOLA_MARGIN,
                               &grid->vertex);
    grid->verdict = parabola_verdict_name(verdict);
    if (verdict != PARABOLA_MINIMUM) {
        result_warn(
            result,
            "the losses of the norms p that were tried %s, so none between them "
            "was estimated: the search starts from the best one, p = %.3f",
            reason_of(verdict), best);
        return 0;
    }
    return take_vertex(task, layerwise, evaluations, result, err);
}

static bool is_cut_short(const struct method_task *task, const struct p_grid *asked,
                         struct result *result)
{
    if (result->p_grid.count == asked->count && !method_is_out_of_time(task))
        return false;
    result->p_grid.verdict = "was not fitted: all seconds are spent";
    method_end_by_time(task, result);
    return true;
}

int p_grid_find_start(const struct method_task *task, const struct p_grid *grid,
                      long *evaluations, struct result *result, struct error *err)
{
    struct layerwise layerwise;
    int status;

    layerwise_init(&layerwise, task->team, task->one->method, CLIP_LP);
    status = scan(task, grid, &layerwise, result, err);
    *evaluations = result->p_grid.count;
    if (status == 0 && !is_cut_short(task, grid, result))
        status = try_vertex(task, grid, &layerwise, evaluations, result, err);
    layerwise_clear(&layerwise);
    return status;
}
