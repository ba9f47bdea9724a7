#include "coordinator/methods/reestimation.h"

#include "coordinator/methods/batchnorm_matching.h"
#include "core/base/text.h"

static bool has_batchnorm(const struct network *network)
{
    for (int layer = 0; layer < network->layer_count; layer++)
        if (network->layers[layer].batchnorm)
            return true;
    return false;
}

static bool is_asked_for(const struct method_task *task, enum config_reestimate when)
{
    enum config_reestimate asked = task->one->method->reestimate_batchnorm;

    return asked == when || asked == REESTIMATE_BOTH;
}

long reestimate_evaluations(const struct method_task *task, enum config_reestimate when)
{
    return is_asked_for(task, when) && has_batchnorm(team_network(task->team));
}

/* The point with new statistics, and what it costs then. */
static int measure(const struct method_task *task, struct state *in_float,
                   struct result_point *trial, struct result *result, struct error *err)
{
    int kept;

    if (!state_has(in_float, STATE_STATISTICS) &&
        batchnorm_matching_of_float(task->team, in_float, err) < 0)
        return -1;
    if (batchnorm_matching_measure(task->team, trial->choices, in_float, &trial->state,
                                   &kept, err) < 0)
        return -1;
    if (kept > 0)
        result_warn(
            result,
            "the inputs of %d channels of batch norms are too far from what was "
            "trained to be measured: they keep the trained statistics",
            kept);
    return method_score(task, trial, err);
}

/* What is kept whatever it costs. */
static void warn_of_rise(const char *when, const struct result_point *trial,
                         const struct result_point *point, struct result *result)
{
    char before[TEXT_OF_LOSS_BYTES], after[TEXT_OF_LOSS_BYTES];

    result_warn(
        result,
        "measuring the batch norms again %s: the loss rose from %s to %s; they "
        "are kept (reestimate_accept: always), if_loss_drops would leave them out",
        when, text_of_loss(method_judged_loss(point), before),
        text_of_loss(method_judged_loss(trial), after));
}

static int keep_the_better(const struct method_task *task, const char *when,
                           struct result_point *trial, struct result_point *point,
                           struct result *result, struct error *err)
{
    char before[TEXT_OF_LOSS_BYTES], after[TEXT_OF_LOSS_BYTES];
    bool is_judged = task->one->method->reestimate_accept == ACCEPT_IF_LOSS_DROPS;

    if (is_judged && !method_is_better(trial, point)) {
        result_warn(result,
                    "measuring the batch norms again %s does not lower the loss (%s, "
                    "with them %s): they stay as they are",
                    when, text_of_loss(method_judged_loss(point), before),
                    text_of_loss(method_judged_loss(trial), after));
        return team_put_state(task->team, &point->state, err);
    }
    if (method_is_better(point, trial))
        warn_of_rise(when, trial, point, result);
    state_swap(&point->state, &trial->state);
    point->calibration = trial->calibration;
    point->check = trial->check;
    return 0;
}

int reestimate(const struct method_task *task, enum config_reestimate when,
               struct state *in_float, struct result_point *point,
               struct result *result, struct error *err)
{
    bool is_before = when == REESTIMATE_BEFORE;
    int phase;
    struct result_point trial = {.choices = point->choices};
    int status;

    if (!is_asked_for(task, when))
        return 0;
    if (!has_batchnorm(team_network(task->team))) {
        result_warn(result, "there is no batch norm to measure again%s",
                    task->one->model->batchnorm == BATCHNORM_FOLD
                        ? ": they are folded into the weights"
                        : "");
        return 0;
    }
    phase = method_begin_phase(task->team, result,
                               is_before ? "batch norms before" : "batch norms after");
    progress_show(task->progress, "%s: batch norms", task->one->id);
    status = measure(task, in_float, &trial, result, err);
    if (status == 0)
        status =
            keep_the_better(task, is_before ? "before the search" : "after the search",
                            &trial, point, result, err);
    state_clear(&trial.state);
    method_end_phase(task->team, result, phase, 1);
    return status;
}
