#include "coordinator/methods/treatment.h"

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/case/case_state.h"
#include "core/rewrite/equalisation.h"

#include <math.h>
#include <stdlib.h>

static unsigned to_be_judged(const struct method_task *task)
{
    return case_treatments(task->one) & ~case_settled_treatments(task->one);
}

int treatment_starts(const struct method_task *task)
{
    unsigned judged = to_be_judged(task);

    return 1 + !!(judged & TREAT_EQUALIZE) + !!(judged & TREAT_CORRECT);
}

/* Whether equalisation would change anything; warns of what it leaves out. */
static bool can_equalize(const struct team *team, struct result *result)
{
    const struct network *network = team_network(team);
    struct equalisation_pairs pairs =
        equalisation_find_pairs(network, team_placement(team));
    bool can = pairs.count > 0;

    if (pairs.clamped_count > 0)
        result_warn(
            result,
            "%d pairs of layers are not equalised, since the first one's output "
            "is clamped from above (the first such layer is %s)",
            pairs.clamped_count, network->layers[pairs.clamped].name);
    if (!can)
        result_warn(result, "there is no pair of layers to equalise: no quantized "
                            "weights feed, through a ReLU or nothing, only others");
    equalisation_pairs_clear(&pairs);
    return can;
}

/* What a start is, to go back to. */
struct earlier_start {
    struct result_point point;
    struct result_p_grid p_grid;
};

static struct earlier_start keep_start(const struct result *result)
{
    size_t items = (size_t)result->placement->count;
    struct earlier_start earlier = {.p_grid = result->p_grid};

    earlier.point.choices = memory_get(items * sizeof *earlier.point.choices);
    method_copy_point(result, &earlier.point, &result->start);
    return earlier;
}

/* Puts the start's state in force, which is what is in force with more treatments. */
static int treat(const struct method_task *task, unsigned treatments,
                 struct result *result, struct error *err)
{
    struct state state = state_copy(team_state(task->team));
    int status;

    case_treat(task->one, treatments, &state);
    status = team_put_state(task->team, &state, err);
    state_clear(&state);
    state_clear(&result->start.state);
    result->start.state = state_copy(team_state(task->team));
    return status;
}

/* There is no start yet. */
static void begin_anew(struct result *result)
{
    result->start.calibration = result->start.check = (struct score){0};
    result->p_grid = (struct result_p_grid){.vertex = NAN};
}

static int go_back(const struct method_task *task, const struct earlier_start *earlier,
                   struct result *result, struct error *err)
{
    method_copy_point(result, &result->start, &earlier->point);
    result->p_grid = earlier->p_grid;
    return team_put_state(task->team, &result->start.state, err);
}

static int keep_the_better(const struct method_task *task,
                           const struct earlier_start *earlier, const char *name,
                           struct result *result, struct error *err)
{
    char loss[TEXT_OF_LOSS_BYTES], with_it[TEXT_OF_LOSS_BYTES];

    if (method_is_better(&result->start, &earlier->point))
        return 0;
    result_warn(result,
                "%s does not lower the loss of the start (%s, with it %s): it is "
                "left out",
                name, text_of_loss(method_judged_loss(&earlier->point), loss),
                text_of_loss(method_judged_loss(&result->start), with_it));
    return go_back(task, earlier, result, err);
}

static int try_treatment(const struct method_task *task, enum treatment treatment,
                         const char *name, find_start_fn *find_start,
                         struct result *result, struct error *err)
{
    struct earlier_start earlier = keep_start(result);
    int status = treat(task, treatment, result, err);

    begin_anew(result);
    if (status == 0)
        status = find_start(task, result, err);
    if (status == 0)
        status = keep_the_better(task, &earlier, name, result, err);
    state_clear(&earlier.point.state);
    free(earlier.point.choices);
    return status;
}

static int try_all(const struct method_task *task, unsigned judged,
                   find_start_fn *find_start, struct result *result, struct error *err)
{
    static const struct {
        enum treatment treatment;
        const char *name;
    } each[] = {{TREAT_EQUALIZE, "equalising weights"},
                {TREAT_CORRECT, "correcting the bias of weights"}};

    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        if ((judged & each[i].treatment) &&
            try_treatment(task, each[i].treatment, each[i].name, find_start, result,
                          err) < 0)
            return -1;
    return 0;
}

int treatment_find_start(const struct method_task *task, find_start_fn *find_start,
                         struct result *result, struct error *err)
{
    unsigned possible = TREAT_CORRECT;

    if ((case_treatments(task->one) & TREAT_EQUALIZE) &&
        can_equalize(task->team, result))
        possible |= TREAT_EQUALIZE;
    if (treat(task, case_settled_treatments(task->one) & possible, result, err) < 0 ||
        find_start(task, result, err) < 0)
        return -1;
    return try_all(task, to_be_judged(task) & possible, find_start, result, err);
}
