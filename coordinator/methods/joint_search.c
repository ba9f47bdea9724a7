#include "coordinator/methods/joint_search.h"

#include "coordinator/methods/joint_loss.h"
#include "coordinator/search/powell.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"

#include <math.h>
#include <string.h>

struct search {
    const struct method_task *task;
    const struct joint_search_options *options;
    struct result *result;
    struct joint_loss joint;
    double began;               /* clock_seconds() */
    struct result_round before; /* the last of a search before this one, or zeros */
    int sweeps_spent;           /* since the held-out samples have gained */
    struct score judged; /* the last candidate that was judged, at first the start */
};

/* Says after each batch how the search stands. */
static void show(void *context, long evaluations, double best)
{
    const struct search *search = context;
    double seconds = clock_seconds() - search->began;
    char text[TEXT_OF_LOSS_BYTES];

    progress_show(search->task->progress,
                  "%s: search, %ld evaluations, %.1f a second, loss %s",
                  search->task->one->id, evaluations, (double)evaluations / seconds,
                  text_of_loss(best, text));
}

static bool is_over(void *context)
{
    const struct search *search = context;

    return method_is_out_of_time(search->task);
}

static double loss_or_nan(const struct score *score)
{
    return score->samples > 0 ? score_loss(score) : NAN;
}

static void add_round(const struct search *search, int sweep,
                      const struct result_point *point)
{
    struct result *result = search->result;

    result->rounds = memory_resize(result->rounds, (size_t)(result->round_count + 1) *
                                                       sizeof *result->rounds);
    result->rounds[result->round_count++] = (struct result_round){
        .sweep = search->before.sweep + sweep,
        .evaluations = search->before.evaluations + search->joint.evaluated,
        .loss = score_loss(&point->calibration),
        .check_loss = loss_or_nan(&point->check),
    };
}

/* Scores the best candidate of the search on the held-out samples, and keeps it where it is
 * better there. */
static int judge(struct search *search, int sweep, struct error *err)
{
    struct result_point *kept = &search->result->result;
    struct result_point best = {.choices = search->joint.best_choices,
                                .state = kept->state,
                                .calibration = search->joint.best};

    search->sweeps_spent++;
    if (score_is_equal(&best.calibration, &search->judged))
        return 0; /* nothing new */
    search->judged = best.calibration;
    if (search->task->has_check &&
        team_check(search->task->team, best.choices, 1, &best.check, err) < 0)
        return -1;
    add_round(search, sweep, &best);
    if (!method_is_better(&best, kept))
        return 0;
    search->sweeps_spent = 0;
    method_copy_point(search->result, kept, &best);
    return 0;
}

static int sweep_done(void *context, const struct powell_sweep *sweep, bool *enough,
                      struct error *err)
{
    struct search *search = context;

    if (judge(search, sweep->sweeps, err) < 0)
        return -1;
    *enough =
        search->task->has_check && search->sweeps_spent >= search->options->patience;
    return 0;
}

/* What the lines along one step's axis took and gained. */
static void line_done(void *context, int axis, const struct line_search_result *found)
{
    struct search *search = context;
    struct result_line *line = axis < 0
                                   ? &search->result->other_lines
                                   : &search->result->lines[search->joint.items[axis]];

    line->evaluations += found->evaluations;
    if (isfinite(found->gain)) /* not from or among losses that no number stands for */
        line->gain += found->gain;
}

static const struct result_point *start_of(const struct search *search)
{
    return search->options->of_activations ? &search->result->result
                                           : &search->result->start;
}

static struct powell_options options_of(struct search *search)
{
    struct powell_options options = powell_default_options();

    options.line_search.kind = search->options->line_search;
    options.keeps_axes = search->options->keeps_axes;
    options.sweeps = search->options->sweeps;
    if (options.line_search.kind == LINE_SEARCH_DEFAULT)
        options.start_loss = score_loss(&start_of(search)->calibration);
    options.sweep_done = sweep_done;
    options.line_done = line_done;
    options.context = search;
    return options;
}

static int minimise(struct search *search, struct error *err)
{
    struct powell_options options = options_of(search);
    struct result *result = search->result;
    struct powell_result found;

    if (powell_minimise(&search->joint.objective, search->joint.point, &options, &found,
                        err) < 0)
        return -1;
    result->stop_reason = stop_reason_name(found.reason);
    result->budget.is_spent = found.reason == STOP_EVALUATIONS_SPENT;
    if (found.reason == STOP_SECONDS_SPENT)
        method_end_by_time(search->task, result);
    result->sweeps = search->before.sweep + found.sweeps;
    if (search->joint.not_finite > 0)
        result_warn(result,
                    "%ld evaluations of the search met logits that are not finite; "
                    "they count as worse than all others",
                    search->joint.not_finite);
    /* The evaluations may have ended within a sweep. */
    return judge(search, found.sweeps, err);
}

/* Whether there is nothing left to search with, which the result says then. */
static bool is_spent(const struct method_task *task, struct result *result)
{
    if (method_evaluations_left(task, result) < 0) {
        result->stop_reason = stop_reason_name(STOP_EVALUATIONS_SPENT);
        result->budget.is_spent = true;
        return true;
    }
    if (method_is_out_of_time(task)) {
        method_end_by_time(task, result);
        return true;
    }
    return false;
}

/* Does not begin where nothing moves. */
static int search_from(struct search *search, const struct result_point *start,
                       struct error *err)
{
    if (search->joint.count == 0)
        return 0;
    search->judged = start->calibration;
    search->joint.show = show;
    search->joint.is_over = is_over;
    search->joint.context = search;
    add_round(search, 0, start);
    return minimise(search, err);
}

static int search_jointly(const struct method_task *task,
                          const struct joint_search_options *options,
                          struct result *result, struct error *err)
{
    bool of_clips = options->line_search == LINE_SEARCH_REFERENCE;
    int phase = method_begin_phase(task->team, result,
                                   options->of_activations ? "search of activations"
                                                           : "joint search");
    struct search search = {
        .task = task, .options = options, .result = result, .began = clock_seconds()};
    int status;

    if (joint_loss_init(&search.joint, task->team,
                        of_clips ? JOINT_LOSS_OF_CLIPS : JOINT_LOSS_OF_LOGARITHMS,
                        options->of_activations ? JOINT_LOSS_MOVES_ACTIVATIONS
                                                : JOINT_LOSS_MOVES_ALL,
                        task->one->model->loss, start_of(&search),
                        method_evaluations_left(task, result), err) < 0)
        return -1;
    if (options->halvings > 0)
        joint_loss_contest(&search.joint, options->halvings, options->drop_errors);
    if (result->round_count > 0)
        search.before = result->rounds[result->round_count - 1];
    status = search_from(&search, start_of(&search), err);
    method_end_phase(task->team, result, phase, search.joint.evaluated);
    joint_loss_clear(&search.joint);
    return status;
}

int joint_search(const struct method_task *task,
                 const struct joint_search_options *options, struct result *result,
                 struct error *err)
{
    return is_spent(task, result) ? 0 : search_jointly(task, options, result, err);
}
