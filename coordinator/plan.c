#include "coordinator/plan.h"

#include "coordinator/coordinator.h"
#include "coordinator/methods/methods.h"
#include "coordinator/model_facts.h"
#include "coordinator/sample_note.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "link/link.h"

#include <stdlib.h>

/* Starts that are found: a treatment that is judged has one of its own. */
static int start_count(const struct calibration_case *one)
{
    return 1 + __builtin_popcount(case_treatments(one) & ~case_settled_treatments(one));
}

long plan_evaluations(const struct config *config, const struct calibration_case *one,
                      int steps)
{
    long evaluations =
        method_of(one->method)->evaluations(one->method, steps, start_count(one));

    return config->max_evaluations > 0 && evaluations > config->max_evaluations
               ? config->max_evaluations
               : evaluations;
}

/* Seconds of one evaluation in which nothing can be reused. The steps do not matter. */
static int time_evaluation(struct team *team, double *seconds, struct error *err)
{
    const struct placement *placement = team_placement(team);
    struct choice *choices = memory_get((size_t)placement->count * sizeof *choices);
    struct score score;
    int status;

    for (int i = 0; i < placement->count; i++)
        choices[i] = placement_choice(&placement->items[i], 1);
    *seconds = -clock_seconds();
    status = team_score(team, choices, 1, &score, err);
    *seconds += clock_seconds();
    free(choices);
    return status;
}

/* All that is asked about a model, once. */
static int look_at_model(const struct config *config, const struct config_model *model,
                         struct team *team, struct model_facts *facts,
                         struct error *err)
{
    struct model_facts *own = &facts[model - config->models];

    return own->has_data ? 0 : model_facts_preview(own, config, model, team, err);
}

/* What a case is to work with, and how long an evaluation takes. */
struct figures {
    bool are_known;
    int steps;
    struct team_case opened;
    double seconds;
};

static int measure(const struct config *config, const struct config_model *model,
                   struct team *team, int index, struct figures *figures,
                   struct model_facts *facts, struct error *err)
{
    if (team_open(team, index, &figures->opened, err) < 0 ||
        look_at_model(config, model, team, facts, err) < 0 ||
        time_evaluation(team, &figures->seconds, err) < 0)
        return -1;
    figures->steps = team_placement(team)->count;
    figures->are_known = true;
    return 0;
}

/* Cases that differ in their method only take about as long. */
static bool are_alike(const struct calibration_case *a,
                      const struct calibration_case *b)
{
    return a->model == b->model && a->target == b->target &&
           a->bits.weights == b->bits.weights &&
           a->bits.activations == b->bits.activations;
}

/* The figures of a case [cases], which are measured unless those of one like it are known. */
static int find_figures(const struct config *config, const struct cases *cases,
                        int index, struct team *team, struct figures *figures,
                        struct model_facts *facts, struct error *err)
{
    for (int before = 0; before < index; before++)
        if (figures[before].are_known &&
            are_alike(&cases->list[before], &cases->list[index])) {
            figures[index] = figures[before];
            return 0;
        }
    return measure(config, cases->list[index].model, team, index, &figures[index],
                   facts, err);
}

/* Tells of a case; returns its seconds. */
static double tell_case(const struct config *config, const struct calibration_case *one,
                        const struct figures *figures, FILE *out)
{
    long evaluations = plan_evaluations(config, one, figures->steps);
    double seconds = (double)evaluations * figures->seconds;

    fprintf(out, "%-40s %7d %11zu %7zu %10zu %11ld %9.1f\n", one->id, figures->steps,
            figures->opened.calibration_samples, figures->opened.check_samples,
            figures->opened.validation_samples, evaluations, seconds);
    return seconds;
}

/* Of each model whose cases are planned. */
static void tell_of_few_samples(const struct cases *cases, struct cases_part part,
                                const struct figures *figures, FILE *out)
{
    const struct config_model *told = NULL;
    char text[SAMPLE_NOTE_BYTES];

    for (int index = 0; index < cases->count; index++) {
        const struct config_model *model = cases->list[index].model;

        if (model == told || !cases_part_has(part, index))
            continue;
        told = model;
        if (sample_note(model, &figures[index].opened, text))
            fprintf(out, "note: model %s: %s\n", model->name, text);
    }
}

static void tell_total(const struct config *config, int count, double seconds,
                       FILE *out)
{
    int teams = link_teams();

    fprintf(out, "\n%d cases on ", count);
    if (teams > 1)
        fprintf(out, "%d teams of %d ranks", teams, link_ranks());
    else
        fprintf(out, "%d ranks", link_ranks());
    fprintf(
        out,
        "; the evaluations alone would take about %.0f s if every sweep ran and "
        "nothing were reused,\nactivations at most %.0f MiB a rank; results would go "
        "to %s\n",
        seconds / (teams < count ? teams : count),
        (double)config->memory_bytes / (1 << 20), config->out);
}

static void tell_of_models(const struct config *config, const struct model_facts *facts,
                           FILE *out)
{
    fputc('\n', out);
    for (int i = 0; i < config->model_count; i++)
        if (facts[i].has_data)
            model_facts_tell(&facts[i], &config->models[i], out);
}

static int plan_cases(const struct config *config, const struct cases *cases,
                      struct cases_part part, struct team *team,
                      struct figures *figures, struct model_facts *facts, FILE *out,
                      struct error *err)
{
    double total = 0;
    int count = 0;

    fprintf(out, "%-40s %7s %11s %7s %10s %11s %9s\n", "case", "steps", "calibration",
            "check", "validation", "evaluations", "seconds");
    for (int index = 0; index < cases->count; index++) {
        if (!cases_part_has(part, index))
            continue;
        if (find_figures(config, cases, index, team, figures, facts, err) < 0)
            return -1;
        total += tell_case(config, &cases->list[index], &figures[index], out);
        count++;
    }
    tell_of_few_samples(cases, part, figures, out);
    tell_total(config, count, total, out);
    tell_of_models(config, facts, out);
    return 0;
}

int coordinator_plan(const struct config *config, const struct cases *cases,
                     struct cases_part part, struct team *team, FILE *out,
                     struct error *err)
{
    struct model_facts *facts;
    struct figures *figures;
    int status;

    if (!link_is_first()) /* one plans for all */
        return 0;
    figures = memory_zeroed((size_t)cases->count, sizeof *figures);
    facts = memory_zeroed((size_t)config->model_count, sizeof *facts);
    status = plan_cases(config, cases, part, team, figures, facts, out, err);
    for (int i = 0; i < config->model_count; i++)
        model_facts_clear(&facts[i]);
    free(facts);
    free(figures);
    return status;
}
