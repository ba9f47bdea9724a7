#include "coordinator/plan.h"

#include "coordinator/coordinator.h"
#include "core/base/clock.h"
#include "core/base/memory.h"

#include <stdlib.h>

/* Evaluations that a line search takes on average, as measured on ResNet-20. */
enum { LINE_EVALUATIONS_DEFAULT = 3, LINE_EVALUATIONS_REFERENCE = 30 };

static long without_limit(const struct calibration_case *one, int steps)
{
    const struct config_method_settings *method = one->method;
    long line = method->line_search == CONFIG_LINE_SEARCH_REFERENCE
                    ? LINE_EVALUATIONS_REFERENCE
                    : LINE_EVALUATIONS_DEFAULT;

    if (method->name != METHOD_LAPQ)
        return 1;
    return (method->start == START_P_GRID ? method->p_count + method->parabola : 1) +
           (long)method->sweeps * steps * line;
}

long plan_evaluations(const struct config *config, const struct calibration_case *one,
                      int steps)
{
    long evaluations = without_limit(one, steps);

    return config->max_evaluations > 0 && evaluations > config->max_evaluations
               ? config->max_evaluations
               : evaluations;
}

/* Seconds of one evaluation in which nothing can be reused. The steps do not matter. */
static int time_evaluation(struct team *team, double *seconds, struct error *err)
{
    int count = team_placement(team)->count;
    float *steps = memory_get((size_t)count * sizeof *steps);
    struct score score;
    int status;

    for (int i = 0; i < count; i++)
        steps[i] = 1;
    *seconds = -clock_seconds();
    status = team_score(team, steps, 1, &score, err);
    *seconds += clock_seconds();
    free(steps);
    return status;
}

static int plan_case(const struct config *config, const struct cases *cases, int index,
                     struct team *team, FILE *out, double *total, struct error *err)
{
    const struct calibration_case *one = &cases->list[index];
    struct team_case opened;
    double seconds;
    long evaluations;

    if (team_open(team, index, &opened, err) < 0 ||
        time_evaluation(team, &seconds, err) < 0)
        return -1;
    evaluations = plan_evaluations(config, one, team_placement(team)->count);
    *total += (double)evaluations * seconds;
    fprintf(out, "%-40s %7d %11zu %7zu %10zu %11ld %9.1f\n", one->id,
            team_placement(team)->count, opened.calibration_samples,
            opened.check_samples, opened.validation_samples, evaluations,
            (double)evaluations * seconds);
    return 0;
}

static void tell_total(const struct config *config, const struct team *team, int count,
                       double seconds, FILE *out)
{
    int teams = team_count(team);

    fprintf(out, "\n%d cases on ", count);
    if (teams > 1)
        fprintf(out, "%d teams of %d ranks", teams, team_ranks(team));
    else
        fprintf(out, "%d ranks", team_ranks(team));
    fprintf(
        out,
        "; the evaluations alone would take about %.0f s if every sweep ran and "
        "nothing were reused,\nactivations at most %.0f MiB a rank; results would go "
        "to %s\n",
        seconds / (teams < count ? teams : count),
        (double)config->memory_bytes / (1 << 20), config->out);
}

int coordinator_plan(const struct config *config, const struct cases *cases,
                     struct sweep_part part, struct team *team, FILE *out,
                     struct error *err)
{
    double total = 0;
    int count = 0;

    if (!team_is_first(team)) /* one plans for all */
        return 0;
    fprintf(out, "%-40s %7s %11s %7s %10s %11s %9s\n", "case", "steps", "calibration",
            "check", "validation", "evaluations", "seconds");
    for (int index = 0; index < cases->count; index++) {
        if (!sweep_part_has(part, index))
            continue;
        if (plan_case(config, cases, index, team, out, &total, err) < 0)
            return -1;
        count++;
    }
    tell_total(config, team, count, total, out);
    return 0;
}
