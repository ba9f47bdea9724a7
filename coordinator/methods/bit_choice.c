#include "coordinator/methods/bit_choice.h"

#include "coordinator/methods/bit_choice_inside.h"
#include "coordinator/methods/rounding.h"
#include "coordinator/methods/sensitivity.h"
#include "coordinator/methods/shared_answer.h"
#include "core/base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a choice of bits ----------------------------------------------------------------------- */

/* Of one solution. A network of usual size takes far fewer. */
enum { NODES_MOST = 1000000, NODES_OF_FRONT = 100000, FRONT_MOST = 49 };

static double cost_of(const struct chooser *chooser, int64_t cost)
{
    return (double)(cost + chooser->budget.fixed) / chooser->budget.unit;
}

/* "2 8 4 ..." */
static const char *bits_text(const struct chooser *chooser, const int *choices)
{
    size_t room = 4 * (size_t)chooser->space.groups + 1, used = 0;
    char *text = memory_zeroed(room, 1);
    const char *kept;

    for (int group = 0; group < chooser->space.groups; group++)
        used +=
            (size_t)snprintf(text + used, room - used, "%s%d", group ? " " : "",
                             bit_space_bits(&chooser->space, group, choices[group]));
    kept = result_keep(chooser->result, text);
    free(text);
    return kept;
}

static const char *group_names(const struct chooser *chooser)
{
    const struct bit_space *space = &chooser->space;
    char *text = NULL;
    size_t bytes;
    FILE *file = open_memstream(&text, &bytes);
    const char *kept;

    for (int group = 0; group < space->groups; group++)
        fprintf(file, "%s%s", group ? " " : "", bit_space_name(space, group));
    fclose(file);
    kept = result_keep(chooser->result, text);
    free(text);
    return kept;
}

struct result_mixed_point bit_choice_point(const struct chooser *chooser,
                                           const int *choices, bool is_proven)
{
    return (struct result_mixed_point){
        .cost = cost_of(chooser, assignment_cost(&chooser->model, choices)),
        .predicted = chooser->found.base + assignment_loss(&chooser->model, choices),
        .loss = NAN,
        .rounded = NAN,
        .is_proven = is_proven,
        .bits = bits_text(chooser, choices),
    };
}

void bit_choice_put(const struct chooser *chooser, const int *of_groups,
                    struct choice *choices)
{
    for (int group = 0; group < chooser->space.groups; group++)
        bit_space_put(&chooser->space, group, of_groups[group], choices);
}

/* ---- solving -------------------------------------------------------------------------------- */

static int too_small(const struct chooser *chooser, struct error *err)
{
    return error_set(err, EXIT_CONFIG,
                     "method mixed: a budget of %g %s cannot be kept: with the fewest "
                     "bits of all it is %g; raise it, or allow fewer bits",
                     chooser->budget.limit, chooser->budget.name,
                     cost_of(chooser, assignment_least_cost(&chooser->model)));
}

/* Each group has the fewest bits that alone cost at most so many points; those of the most bits cost none. */
static int solve_for_points(const struct chooser *chooser, struct assignment *found,
                            struct error *err)
{
    const struct config_model *model = chooser->task->one->model;
    const double *points = chooser->found.points;

    if (!metric_is_share(model->metric))
        return error_set(err, EXIT_CONFIG,
                         "method mixed: points are hundredths of a share, and the "
                         "metric of %s is %s; limit the loss",
                         model->name, metric_table[model->metric].name);
    for (int group = 0; group < chooser->space.groups; group++) {
        int *choice = &found->choices[group];

        for (*choice = 0; *choice + 1 < chooser->space.counts[group]; ++*choice) {
            double lost = points[bit_space_place(&chooser->space, group, *choice)];

            if (isnan(lost))
                return error_set(err, EXIT_CONFIG,
                                 "method mixed: the metric %s of %s is not known of "
                                 "calibration samples, which lack labels; `metric: "
                                 "agreement` needs none, or limit the loss",
                                 metric_table[model->metric].name, model->name);
            if (lost <= chooser->budget.limit)
                break;
        }
    }
    return 0;
}

/* The least predicted loss within the budget; or the least cost, where it is the loss that is limited. */
static int solve(struct chooser *chooser, struct assignment *found, struct error *err)
{
    int64_t most = bit_budget_most(&chooser->budget);
    double base = chooser->found.base;

    if (strcmp(chooser->budget.name, "points") == 0)
        return solve_for_points(chooser, found, err);
    if (chooser->asked->model == BITS_BY_GREEDY && most != INT64_MAX) {
        found->is_proven = false;
        return assignment_greedy(&chooser->model, most, found->choices)
                   ? 0
                   : too_small(chooser, err);
    }
    if (most != INT64_MAX)
        return assignment_solve(&chooser->model, most, NODES_MOST, found)
                   ? 0
                   : too_small(chooser, err);
    if (assignment_solve_for_loss(&chooser->model, chooser->budget.limit - base,
                                  NODES_OF_FRONT, found))
        return 0;
    return error_set(err, EXIT_CONFIG,
                     "method mixed: a loss of %g cannot be reached: with the most bits "
                     "of all it is %g; raise it, or allow more bits",
                     chooser->budget.limit, base);
}

static void find_front(struct chooser *chooser)
{
    struct result_mixed *mixed = &chooser->result->mixed;
    struct assignment front[FRONT_MOST];

    mixed->front_count =
        assignment_front(&chooser->model, FRONT_MOST, NODES_OF_FRONT, front);
    free(mixed->front);
    mixed->front = memory_zeroed((size_t)mixed->front_count, sizeof *mixed->front);
    for (int i = 0; i < mixed->front_count; i++) {
        mixed->front[i] =
            bit_choice_point(chooser, front[i].choices, front[i].is_proven);
        free(front[i].choices);
    }
}

/* ---- the start ------------------------------------------------------------------------------ */

/* Whether a line of a case's identity says something that what is measured does not depend on. */
static bool is_of_the_solution(const char *line)
{
    static const char *const others[] = {"validation:",
                                         "model.validation.",
                                         "method.budget.",
                                         "method.model:",
                                         "method.reach:",
                                         "method.tries:",
                                         "method.finals:",
                                         "method.descents:",
                                         "method.draws:",
                                         "method.joint_sweeps:",
                                         "method.rounding.affine:",
                                         "method.rounding.when:",
                                         "method.rounding.accept:"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strncmp(line, others[i], strlen(others[i])) == 0)
            return true;
    return false;
}

/* What is measured of pairs within reach, -1: what is rounded, is the same for all cases with this key. */
static struct hash128 key_of(const struct chooser *chooser, int reach)
{
    struct hash128 key = state_signature(&chooser->before);
    int32_t kind = reach;

    for (const char *line = chooser->result->identity; line && *line;) {
        size_t length = strcspn(line, "\n");

        if (!is_of_the_solution(line))
            hash128_add(&key, line, length + 1);
        line += length + (line[length] == '\n');
    }
    hash128_add(&key, &kind, sizeof kind);
    return key;
}

static bool recall_codes(const struct chooser *chooser, const struct hash128 *key,
                         struct state *codes)
{
    struct error ignored;
    char *text;
    size_t bytes;
    bool fits;

    if (!shared_answer_read(chooser->task->folder, key, &text, &bytes))
        return false;
    fits = state_parse(text, bytes, codes, &ignored) == 0 &&
           state_check(codes, team_network(chooser->task->team),
                       chooser->space.placement, &ignored) == 0;
    free(text);
    if (!fits)
        state_clear(codes);
    return fits;
}

static int find_codes(struct chooser *chooser, struct state *codes, struct error *err)
{
    const struct rounding_widths widths = {chooser->space.base, chooser->space.at,
                                           chooser->space.most};
    struct hash128 key = key_of(chooser, -1);
    size_t bytes;
    char *text;

    if (recall_codes(chooser, &key, codes))
        return 0;
    *codes = state_copy(&chooser->before);
    progress_show(chooser->task->progress, "%s: rounding each layer alone",
                  chooser->task->one->id);
    if (rounding_at_widths(chooser->task, &widths, codes, err) < 0)
        return -1;
    text = state_text(codes, &bytes);
    shared_answer_write(chooser->task->folder, &key, text, bytes);
    free(text);
    return 0;
}

/* Steps are those that layers were rounded at. */
static void take_steps(struct chooser *chooser, const struct state *codes)
{
    for (size_t i = 0; i < codes->count; i++) {
        const struct state_row *row = &codes->rows[i];

        if (row->kind == STATE_CODES_OF_BITS)
            bit_space_put_step(&chooser->space, row->subject / GIVEN_CODES,
                               row->subject % GIVEN_CODES,
                               (float)row->numbers[row->count - 1]);
    }
}

/* Codes of each layer alone are in force while the loss is measured. */
static int round_alone(struct chooser *chooser, struct error *err)
{
    struct state codes = {0};
    int status = find_codes(chooser, &codes, err);

    if (status == 0) {
        take_steps(chooser, &codes);
        status = team_put_state(chooser->task->team, &codes, err);
    }
    state_clear(&codes);
    return status;
}

static bool recall_sensitivity(struct chooser *chooser, const struct hash128 *key)
{
    char *bytes;
    size_t count;
    bool fits;

    if (!shared_answer_read(chooser->task->folder, key, &bytes, &count))
        return false;
    fits = sensitivity_of_bytes(&chooser->found, &chooser->space, bytes, count);
    free(bytes);
    return fits;
}

static int find_sensitivity(struct chooser *chooser, int reach, struct error *err)
{
    struct hash128 key = key_of(chooser, reach);
    void *bytes;
    size_t count;

    if (recall_sensitivity(chooser, &key))
        return 0;
    if (sensitivity_measure(&chooser->found, chooser->task, &chooser->space, reach,
                            err) < 0)
        return -1;
    bytes = sensitivity_bytes(&chooser->found, &count);
    shared_answer_write(chooser->task->folder, &key, bytes, count);
    free(bytes);
    return 0;
}

static int measure(struct chooser *chooser, struct error *err)
{
    const struct bit_question *asked = chooser->asked;
    int reach = asked->model != BITS_BY_PAIRS ? 0
                : asked->reach == 0           ? chooser->space.groups
                                              : asked->reach;

    if (round_alone(chooser, err) < 0 || find_sensitivity(chooser, reach, err) < 0)
        return -1;
    chooser->model = (struct assignment_model){
        .groups = chooser->space.groups,
        .most = chooser->space.most,
        .choices = chooser->space.counts,
        .singles = chooser->found.singles,
        .pairs = reach > 0 ? chooser->found.pairs : NULL,
        .costs = chooser->budget.costs,
    };
    return 0;
}

static void describe(struct chooser *chooser)
{
    struct result_mixed *mixed = &chooser->result->mixed;

    mixed->budget = chooser->budget.name;
    mixed->limit = chooser->budget.limit;
    mixed->groups = group_names(chooser);
    mixed->base_loss = chooser->found.base;
    mixed->by_pairs = mixed->by_singles = NAN;
    find_front(chooser);
}

static int choose(struct chooser *chooser, struct error *err)
{
    const struct method_task *task = chooser->task;
    struct assignment best = {
        .choices = memory_get((size_t)chooser->space.groups * sizeof(int))};
    struct result_point *start = &chooser->result->start;
    int status = -1;

    if (measure(chooser, err) < 0 || solve(chooser, &best, err) < 0)
        goto done;
    describe(chooser);
    if ((chooser->asked->draws > 0 && bit_tries_random(chooser, err) < 0) ||
        bit_tries_best(chooser, &best, err) < 0)
        goto done;
    bit_choice_put(chooser, best.choices, start->choices);
    if (team_put_state(task->team, &chooser->before, err) < 0)
        goto done;
    status = team_score(task->team, start->choices, 1, &start->calibration, err);
done:
    free(best.choices);
    return status;
}

int bit_choice_find(const struct method_task *task, const struct bit_question *asked,
                    long *evaluations, struct result *result, struct error *err)
{
    struct chooser chooser = {.task = task,
                              .asked = asked,
                              .result = result,
                              .before = state_copy(team_state(task->team))};
    int status =
        bit_space_find(&chooser.space, task, &asked->widths, &asked->rule, result, err);

    if (status == 0)
        status = bit_budget_find(&chooser.budget, &chooser.space,
                                 team_network(task->team), &asked->limits, err);
    if (status == 0)
        status = choose(&chooser, err);
    *evaluations = chooser.found.evaluations + 1;
    sensitivity_clear(&chooser.found);
    bit_budget_clear(&chooser.budget);
    bit_space_clear(&chooser.space);
    state_clear(&chooser.before);
    return status;
}
