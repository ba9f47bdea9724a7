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

/* Seconds of one evaluation under some step. */
static int time_step(struct team *team, float step, double *seconds, struct error *err)
{
    const struct placement *placement = team_placement(team);
    struct choice *choices = memory_get((size_t)placement->count * sizeof *choices);
    struct score score;
    int status;

    for (int i = 0; i < placement->count; i++)
        choices[i] = placement_choice(&placement->items[i], step);
    *seconds = -clock_seconds();
    status = team_score(team, choices, 1, &score, err);
    *seconds += clock_seconds();
    free(choices);
    return status;
}

/* Of an evaluation in which nothing is reused: the second one, when all memory has been touched. */
static int time_evaluation(struct team *team, double *seconds,
                           struct shard_times *times, struct error *err)
{
    if (time_step(team, 1, seconds, err) < 0)
        return -1;
    free(team_take_times(team).layers);
    if (time_step(team, 0.5f, seconds, err) < 0)
        return -1;
    *times = team_take_times(team);
    return 0;
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
    struct rank_cost_facts ranks;
    char *layers; /* a sentence on the dearest; owned by the first case that is alike */
    struct rank_cost_batches batches; /* none: 0 of them */
    bool are_own;                     /* measured for this case, not for one like it */
};

enum { LAYERS_TOLD = 3 };

static double total_of(const double *values, int count)
{
    double total = 0;

    for (int i = 0; i < count; i++)
        total += values[i];
    return total;
}

static int largest_of(const double *values, int count)
{
    int largest = 0;

    for (int i = 1; i < count; i++)
        largest = values[i] > values[largest] ? i : largest;
    return largest;
}

/* Text that the caller owns. */
static char *tell_dearest(const struct network *network, const double *seconds)
{
    int count = network->layer_count;
    double *left = memory_copy(seconds, (size_t)count * sizeof *left);
    double total = total_of(seconds, count);
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    for (int i = 0; i < LAYERS_TOLD && i < count && stream; i++) {
        int layer = largest_of(left, count);

        fprintf(stream, "%s%s %.0f %%", i ? ", " : "", network->layers[layer].name,
                total > 0 ? 100 * left[layer] / total : 0);
        left[layer] = 0;
    }
    if (stream)
        fclose(stream);
    free(left);
    return text;
}

static size_t blocks_of(const struct config *config, const struct team_case *opened)
{
    size_t block = (size_t)config->block;

    return (opened->calibration_samples + block - 1) / block;
}

static int measure(const struct config *config, const struct calibration_case *one,
                   struct team *team, int index, struct figures *figures,
                   struct model_facts *facts, struct error *err)
{
    const struct method *method = method_of(one->method);
    struct shard_times times;
    double question;

    if (team_open(team, index, &figures->opened, err) < 0 ||
        look_at_model(config, one->model, team, facts, err) < 0 ||
        team_time_question(team, &question, err) < 0 ||
        time_evaluation(team, &figures->seconds, &times, err) < 0)
        return -1;
    figures->steps = team_placement(team)->count;
    figures->ranks = rank_cost_facts_of(blocks_of(config, &figures->opened),
                                        &times.blocks, link_ranks(), question);
    figures->layers = tell_dearest(team_network(team), times.layers);
    figures->are_known = figures->are_own = true;
    if (method->batches)
        figures->batches = method->batches(one->method, team_placement(team),
                                           team_network(team), times.layers);
    free(times.layers);
    return 0;
}

/* Cases that differ in their method only take about as long; one whose batches are to be told is measured itself. */
static bool are_alike(const struct calibration_case *a,
                      const struct calibration_case *b)
{
    if (method_of(b->method)->batches && !method_of(a->method)->batches)
        return false;
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
            figures[index].are_own = false;
            return 0;
        }
    return measure(config, &cases->list[index], team, index, &figures[index], facts,
                   err);
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

/* Of each case that an evaluation was measured of. */
static void tell_of_ranks(const struct cases *cases, const struct figures *figures,
                          const struct rank_counts *ranks, FILE *out)
{
    for (int index = 0; index < cases->count; index++) {
        if (!figures[index].are_own)
            continue;
        fprintf(out, "\none evaluation of %s that reuses nothing (most of it: %s)\n",
                cases->list[index].id, figures[index].layers);
        rank_cost_tell(&figures[index].ranks, link_ranks(), ranks, out);
        if (figures[index].batches.batches > 0)
            rank_cost_tell_batches(&figures[index].ranks, &figures[index].batches,
                                   link_ranks(), ranks, out);
    }
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
                      struct cases_part part, const struct rank_counts *ranks,
                      struct team *team, struct figures *figures,
                      struct model_facts *facts, FILE *out, struct error *err)
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
    tell_of_ranks(cases, figures, ranks, out);
    tell_of_models(config, facts, out);
    return 0;
}

int coordinator_plan(const struct config *config, const struct cases *cases,
                     struct cases_part part, const struct rank_counts *ranks,
                     struct team *team, FILE *out, struct error *err)
{
    struct model_facts *facts;
    struct figures *figures;
    int status;

    if (!link_is_first()) /* one plans for all */
        return 0;
    figures = memory_zeroed((size_t)cases->count, sizeof *figures);
    facts = memory_zeroed((size_t)config->model_count, sizeof *facts);
    team_time_blocks(team);
    status = plan_cases(config, cases, part, ranks, team, figures, facts, out, err);
    for (int i = 0; i < cases->count; i++)
        if (figures[i].are_own)
            free(figures[i].layers);
    for (int i = 0; i < config->model_count; i++)
        model_facts_clear(&facts[i]);
    free(facts);
    free(figures);
    return status;
}
