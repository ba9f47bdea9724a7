#include "coordinator/methods/method.h"

#include "coordinator/methods/activation_splitting.h"
#include "coordinator/methods/empirical_correction.h"
#include "coordinator/methods/methods.h"
#include "coordinator/methods/reestimation.h"
#include "coordinator/methods/rounding.h"
#include "coordinator/methods/start.h"
#include "coordinator/methods/treatment.h"
#include "coordinator/search/stop.h"

#include <string.h>

int method_begin_phase(const struct team *team, struct result *result, const char *name)
{
    struct result_phase *phase = result_add_phase(result, name);

    phase->seconds = -team_seconds(team);
    phase->work = team_scores(team);
    return result->phase_count - 1;
}

void method_end_phase(const struct team *team, struct result *result, int phase,
                      long evaluations)
{
    struct result_phase *ended = &result->phases[phase];

    ended->evaluations = evaluations;
    ended->seconds += team_seconds(team);
    ended->work = executor_counters_since(team_scores(team), ended->work);
}

void method_add_phase(struct result *result, const char *name, double seconds)
{
    result_add_phase(result, name)->seconds = seconds;
}

long method_evaluations_left(const struct method_task *task,
                             const struct result *result)
{
    long left = task->max_evaluations - result_evaluations(result) -
                reestimate_evaluations(task, REESTIMATE_AFTER) -
                rounding_evaluations(task, ROUNDING_AFTER) -
                empirical_correction_evaluations(task);

    if (task->max_evaluations == 0)
        return 0;
    return left > 0 ? left : -1;
}

bool method_is_out_of_time(const struct method_task *task)
{
    return task->max_seconds > 0 && team_seconds(task->team) >= task->max_seconds;
}

void method_end_by_time(const struct method_task *task, struct result *result)
{
    result->stop_reason = stop_reason_name(STOP_SECONDS_SPENT);
    result->budget.is_spent = true;
    result_warn(
        result,
        "the search was ended after its %g seconds (budget: seconds): how far it "
        "came depends on the machine, and another run need not give these digits",
        task->max_seconds);
}

int method_score(const struct method_task *task, struct result_point *point,
                 struct error *err)
{
    if (team_score(task->team, point->choices, 1, &point->calibration, err) < 0)
        return -1;
    return task->has_check
               ? team_check(task->team, point->choices, 1, &point->check, err)
               : 0;
}

bool method_is_better(const struct result_point *point,
                      const struct result_point *other)
{
    return point->check.samples > 0
               ? score_is_lower(&point->check, &other->check)
               : score_is_lower(&point->calibration, &other->calibration);
}

double method_judged_loss(const struct result_point *point)
{
    return score_loss(point->check.samples > 0 ? &point->check : &point->calibration);
}

void method_copy_point(const struct result *result, struct result_point *to,
                       const struct result_point *from)
{
    memcpy(to->choices, from->choices,
           (size_t)result->placement->count * sizeof *from->choices);
    to->calibration = from->calibration;
    to->check = from->check;
    if (to->state.rows == from->state.rows)
        return;
    state_clear(&to->state);
    to->state = state_copy(&from->state);
}

static int search(const struct method_task *task, struct result *result,
                  struct error *err)
{
    const struct method *method = method_of(task->one->method);

    return method->search ? method->search(task, result, err) : 0;
}

/* `in_float` is what is measured in the float network, once for start and result. */
static int finish_start(const struct method_task *task, struct state *in_float,
                        struct result *result, struct error *err)
{
    if (rounding(task, ROUNDING_BEFORE, &result->start, result, err) < 0 ||
        reestimate(task, REESTIMATE_BEFORE, in_float, &result->start, result, err) < 0)
        return -1;
    return empirical_correction(task, "before the search", in_float, &result->start,
                                result, err);
}

static bool has_moved(const struct result *result)
{
    return !state_is_equal(&result->start.state, &result->result.state) ||
           !choices_are_same(result->start.choices, result->result.choices,
                             result->placement->count);
}

/* Weights are rounded anew, and what suits them is looked for. */
static int round_result(const struct method_task *task, struct result *result,
                        struct error *err)
{
    const struct method *method = method_of(task->one->method);

    if (rounding(task, ROUNDING_AFTER, &result->result, result, err) < 0)
        return -1;
    return method->refine ? method->refine(task, result, err) : 0;
}

static int finish_result(const struct method_task *task, struct state *in_float,
                         struct result *result, struct error *err)
{
    if (round_result(task, result, err) < 0 ||
        reestimate(task, REESTIMATE_AFTER, in_float, &result->result, result, err) < 0)
        return -1;
    return has_moved(result) ? empirical_correction(task, "after the search", in_float,
                                                    &result->result, result, err)
                             : 0;
}

static int run(const struct method_task *task, struct state *in_float,
               struct result *result, struct error *err)
{
    if (activation_splitting(task, result, err) < 0 ||
        treatment_find_start(task, start_find, result, err) < 0 ||
        finish_start(task, in_float, result, err) < 0)
        return -1;
    method_copy_point(result, &result->result, &result->start);
    if (search(task, result, err) < 0)
        return -1;
    return finish_result(task, in_float, result, err);
}

int method_run(const struct method_task *task, struct result *result, struct error *err)
{
    struct state in_float = {0};
    int status;

    result->budget = (struct result_budget){.evaluations = task->max_evaluations,
                                            .seconds = task->max_seconds};
    status = run(task, &in_float, result, err);

    state_clear(&in_float);
    return status;
}
