#include "coordinator/analyze/pscan.h"

#include "coordinator/methods/layerwise.h"
#include "coordinator/methods/p_grid.h"
#include "coordinator/methods/treatment.h"
#include "coordinator/search/parabola.h"
#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>

/* ---- settings ------------------------------------------------------------------------------- */

struct pscan_settings {
    double p[2];
    int p_count;
};

static_assert(sizeof(struct pscan_settings) <= CONFIG_OWN_BYTES,
              "raise CONFIG_OWN_BYTES");

#define OWN(member) CONFIG_ANALYSIS_OWN(pscan_settings, member)

static const struct config_field fields[] = {
    {"p", KIND_REAL, OWN(p), "[1, 5]", .range = {CONFIG_ABOVE_0, 100},
     .help = "first and last p of the Lp norms that layer-wise steps are found with",
     .list = {2, 2, sizeof(double), .increasing = true}, .only = "pscan"},
    {"p_count", KIND_INT, OWN(p_count), "17", .range = {3, P_COUNT_MOST},
     .help = "how many p, evenly from the first to the last", .only = "pscan"},
};

const struct config_section pscan_section = CONFIG_FIELDS(fields);

/* ---- the start that a search would have ------------------------------------------------------- */

struct scan {
    struct method_task method; /* the first member: find_start() gets it alone */
    struct p_grid grid;
};

static int find_start(const struct method_task *task, struct result *result,
                      struct error *err)
{
    const struct scan *scan = (const struct scan *)task;
    long evaluations;

    if (p_grid_find_start(task, &scan->grid, &evaluations, result, err) < 0)
        return -1;
    return task->has_check ? team_check(task->team, result->start.choices, 1,
                                        &result->start.check, err)
                           : 0;
}

/* ---- the curve ---------------------------------------------------------------------------- */

/* Steps for each p under the treatments that are in force: what the start was found among. */
static int find_steps(const struct scan *scan, struct result *result,
                      struct choice *choices, struct error *err)
{
    size_t items = (size_t)result->placement->count;
    struct layerwise layerwise;
    int status = 0;

    layerwise_init(&layerwise, scan->method.team, scan->method.one->method, CLIP_LP);
    for (int i = 0; status == 0 && i < scan->grid.count; i++) {
        const struct clip_rule rule = {.kind = CLIP_LP,
                                       .number = p_grid_at(&scan->grid, i)};

        status = layerwise_steps(&layerwise, &rule, choices + (size_t)i * items, result,
                                 err);
    }
    layerwise_clear(&layerwise);
    return status;
}

static int score_steps(const struct analysis_task *task, struct findings *findings,
                       const struct choice *choices, int count, struct score *scores,
                       struct error *err)
{
    int axis = findings->axis_count - 1;

    if (analysis_score(task, choices, count, scores, err) < 0)
        return -1;
    analysis_add_scores(task, findings, "", "on calibration samples", &axis, 1, scores,
                        count);
    if (task->opened->validation_samples == 0)
        return 0;
    if (analysis_validate(task, choices, count, scores, err) < 0)
        return -1;
    analysis_add_scores(task, findings, "validation_", "on validation samples", &axis,
                        1, scores, count);
    return 0;
}

/* The parabola through the losses, where they are finite. */
static int add_parabola(const struct analysis_task *task, struct findings *findings,
                        const struct p_grid *grid, struct error *err)
{
    const double *losses = findings->variables[0].values;
    int axis = findings->axis_count - 1;
    double p[P_COUNT_MOST], *fitted;
    struct parabola parabola;

    for (int i = 0; i < grid->count; i++) {
        if (!isfinite(losses[i]))
            return 0;
        p[i] = p_grid_at(grid, i);
    }
    if (parabola_fit(p, losses, grid->count, &parabola, err) < 0)
        return -1;
    fitted = findings_add_variable(
        findings,
        (struct findings_name){"parabola", "the least squares parabola over the losses",
                               analysis_loss_unit(task)},
        &axis, 1);
    for (int i = 0; i < grid->count; i++)
        fitted[i] =
            parabola.constant + p[i] * (parabola.slope + p[i] * parabola.curvature);
    findings_add_fact(findings,
                      (struct findings_name){"curvature", "p^2 in the parabola",
                                             analysis_loss_unit(task)},
                      parabola.curvature);
    return 0;
}

/* The p of the best validation metric, or of the lowest loss there where the metric is not known. */
static void tell_best(const struct analysis_task *task, struct findings *findings,
                      const struct p_grid *grid)
{
    const struct metric_row *metric = &metric_table[task->result->model->metric];
    const double *values;
    int best = 0;

    if (task->opened->validation_samples == 0)
        return;
    values = findings->variables[3].values;
    for (int i = 1; i < grid->count; i++)
        if (metric->higher_is_better ? values[i] > values[best]
                                     : values[i] < values[best])
            best = i;
    findings_add_fact(findings,
                      (struct findings_name){"best_validation_p",
                                             "p with the best validation metric", "p"},
                      p_grid_at(grid, best));
}

static void tell_start(const struct analysis_task *task, struct findings *findings)
{
    const struct result_p_grid *grid = &task->result->p_grid;

    findings_add_fact(findings,
                      (struct findings_name){"best_p",
                                             "where a search would start: the lowest "
                                             "loss of the grid and the vertex",
                                             "p"},
                      grid->chosen);
    findings_add_fact(findings,
                      (struct findings_name){"best_loss", "of the steps at that p",
                                             analysis_loss_unit(task)},
                      score_loss(&task->result->start.calibration));
    findings_add_fact(findings,
                      (struct findings_name){"vertex", "of the parabola", "p"},
                      grid->vertex);
    findings_add_text_fact(
        findings,
        (struct findings_name){"verdict", "what the guard says of the parabola", ""},
        grid->verdict);
    analysis_add_score_facts(task, findings, "float_", "of the float network",
                             &task->result->float_calibration);
}

static int find_curve(struct analysis_task *task, const struct scan *scan,
                      struct findings *findings, struct error *err)
{
    int count = scan->grid.count;
    struct choice *choices = analysis_points(task, task->result->start.choices, count);
    struct score *scores = memory_get((size_t)count * sizeof *scores);
    double p[P_COUNT_MOST];
    int status;

    for (int i = 0; i < count; i++)
        p[i] = p_grid_at(&scan->grid, i);
    findings_add_axis(
        findings,
        (struct findings_name){"p", "of the norm that steps are found with", ""}, count,
        p);
    status = find_steps(scan, task->result, choices, err);
    if (status == 0)
        status = score_steps(task, findings, choices, count, scores, err);
    if (status == 0)
        status = add_parabola(task, findings, &scan->grid, err);
    free(choices);
    free(scores);
    return status;
}

static int run(struct analysis_task *task, struct findings *findings, struct error *err)
{
    const struct pscan_settings *settings = (const void *)task->settings->own;
    struct scan scan = {
        .method = task->method,
        .grid = {settings->p[0], settings->p[1], settings->p_count, true},
    };

    scan.method.max_seconds = 0; /* of a case's search */
    if (treatment_find_start(&scan.method, find_start, task->result, err) < 0 ||
        find_curve(task, &scan, findings, err) < 0)
        return -1;
    tell_start(task, findings);
    tell_best(task, findings, &scan.grid);
    return 0;
}

const struct analysis_kind pscan_analysis = {
    {"pscan", "loss and metric of layer-wise steps over p, with the parabola"},
    .run = run,
};
