#include "coordinator/analyze/surface.h"

#include "coordinator/analyze/interactions.h"
#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- settings ------------------------------------------------------------------------------- */

enum spacing { SPACING_LOGARITHMIC, SPACING_EVEN };
enum others { OTHERS_AS_THE_POINT, OTHERS_IN_FLOAT };
enum validates { VALIDATES_NO, VALIDATES_YES };

struct surface_settings {
    double range[2]; /* of factors on the point's steps */
    int points;      /* on each axis */
    enum spacing spacing;
    enum others others;
    enum validates validates;
};

static_assert(sizeof(struct surface_settings) <= CONFIG_OWN_BYTES,
              "raise CONFIG_OWN_BYTES");

#define OWN(member) CONFIG_ANALYSIS_OWN(surface_settings, member)

static const char *const spacings[] = {
    [SPACING_LOGARITHMIC] = "logarithmic", [SPACING_EVEN] = "even"};
static const char *const others[] = {
    [OTHERS_AS_THE_POINT] = "point", [OTHERS_IN_FLOAT] = "float"};
static const char *const validations[] = {
    [VALIDATES_NO] = "false", [VALIDATES_YES] = "true"};

static const struct config_field fields[] = {
    {"tensors", KIND_TEXT, CONFIG_AT(config_analysis_settings, tensors), "[]",
     .help = "two names, as result.json has them; without them the two whose steps "
             "interact most",
     .list = {0, CONFIG_TENSORS, sizeof(char *),
              CONFIG_AT(config_analysis_settings, tensor_count)},
     .only = "surface"},
    {"range", KIND_REAL, OWN(range), "[0.25, 4]", .range = {CONFIG_ABOVE_0, 1e6},
     .help = "first and last factor on the steps of the case's result",
     .list = {2, 2, sizeof(double), .increasing = true}, .only = "surface"},
    {"points", KIND_INT, OWN(points), "21", .range = {2, 501},
     .help = "factors on each axis", .only = "surface"},
    {"spacing", KIND_WORD, OWN(spacing), "logarithmic", .help = "of the factors",
     .words = CONFIG_WORDS(spacings), .only = "surface"},
    {"others", KIND_WORD, OWN(others), "point",
     .help = "all other tensors are as in the case's result, or in float",
     .words = CONFIG_WORDS(others), .only = "surface"},
    {"validate", KIND_WORD, OWN(validates), "false",
     .help = "whether each point is scored on the validation samples, too",
     .words = CONFIG_WORDS(validations), .only = "surface"},
};

const struct config_section surface_section = CONFIG_FIELDS(fields);

/* ---- the two tensors ------------------------------------------------------------------------ */

struct surface {
    struct analysis_task *task;
    const struct surface_settings *settings;
    struct findings *findings;
    int items[2];
    struct choice *point; /* [items] with the others as they are to be; owned */
    double *factors;      /* [points] owned */
};

static int find_most_interacting(struct surface *surface, struct error *err)
{
    struct interactions interactions;
    int *items = surface->items;
    int status = interactions_find(surface->task, surface->task->result->result.choices,
                                   &interactions, err);

    if (status == 0) {
        interactions_largest(&interactions, &items[0], &items[1]);
        findings_add_fact(
            surface->findings,
            (struct findings_name){
                "interaction",
                "what both quantized cost beside what each alone does, all others "
                "in float: the largest of all pairs",
                analysis_loss_unit(surface->task)},
            interactions.between[items[0] * interactions.count + items[1]]);
    }
    interactions_clear(&interactions);
    return status;
}

static int find_named(struct surface *surface, struct error *err)
{
    char *const *names = surface->task->settings->tensors;

    for (int i = 0; i < 2; i++)
        if (analysis_find_tensor(surface->task, names[i], &surface->items[i], err) < 0)
            return -1;
    return surface->items[0] != surface->items[1]
               ? 0
               : error_set(err, EXIT_CONFIG,
                           "`tensors` names the same tensor twice: %s", names[0]);
}

static int check_validation(const struct analysis_task *task,
                            const struct surface_settings *settings, struct error *err)
{
    if (settings->validates == VALIDATES_NO || task->opened->validation_samples > 0)
        return 0;
    return error_set(err, EXIT_CONFIG,
                     "`validate: true`, but the model has no validation samples");
}

static int find_tensors(struct surface *surface, struct error *err)
{
    int named = surface->task->settings->tensor_count;
    int count = surface->task->result->placement->count;

    if (named == 2)
        return find_named(surface, err);
    if (named == 0 && count >= 2)
        return find_most_interacting(surface, err);
    return error_set(err, EXIT_CONFIG,
                     "a surface is over two tensors; `tensors` names %d, and %d are "
                     "quantized",
                     named, count);
}

/* ---- the grid ----------------------------------------------------------------------------- */

static void find_factors(struct surface *surface)
{
    const struct surface_settings *settings = surface->settings;
    double first = settings->range[0], last = settings->range[1];

    surface->factors = memory_get((size_t)settings->points * sizeof *surface->factors);
    for (int i = 0; i < settings->points; i++) {
        double part = i / (double)(settings->points - 1);

        surface->factors[i] = settings->spacing == SPACING_EVEN
                                  ? first + (last - first) * part
                                  : first * pow(last / first, part);
    }
}

static void place_point(struct surface *surface)
{
    const struct result *result = surface->task->result;
    size_t items = (size_t)result->placement->count;
    const struct choice *choices = result->result.choices;

    if (surface->settings->others == OTHERS_AS_THE_POINT) {
        surface->point = memory_copy(choices, items * sizeof *choices);
        return;
    }
    surface->point = memory_zeroed(items, sizeof *surface->point);
    for (int i = 0; i < 2; i++)
        surface->point[surface->items[i]] = choices[surface->items[i]];
}

static void scale(const struct surface *surface, int axis, double factor,
                  struct choice *choices)
{
    int item = surface->items[axis];
    const struct quantized_tensor *tensor =
        &surface->task->result->placement->items[item];

    choices[item] =
        placement_put_step(tensor, choices[item], (float)(choices[item].step * factor));
}

/* The tensor that comes first in the network is the outer one: what is before the other stays. */
static struct choice *make_grid(const struct surface *surface)
{
    int points = surface->settings->points;
    size_t items = (size_t)surface->task->result->placement->count;
    struct choice *all =
        analysis_points(surface->task, surface->point, points * points);

    for (int a = 0; a < points; a++)
        for (int b = 0; b < points; b++) {
            struct choice *choices = all + (size_t)(a * points + b) * items;

            scale(surface, 0, surface->factors[a], choices);
            scale(surface, 1, surface->factors[b], choices);
        }
    return all;
}

/* ---- what it tells ------------------------------------------------------------------------ */

static void tell_tensor(const struct surface *surface, int axis, const char *name,
                        const char *step)
{
    int item = surface->items[axis];

    findings_add_text_fact(surface->findings,
                           (struct findings_name){name, "a tensor of the surface", ""},
                           surface->task->result->placement->items[item].name);
    findings_add_fact(
        surface->findings,
        (struct findings_name){step, "its step in the case's result", "input"},
        surface->point[item].step);
}

/* How much of the variance no sum of a function of one step and one of the other explains. */
static double interaction_share(const double *losses, int points)
{
    double *rows = memory_zeroed((size_t)points, sizeof *rows);
    double *columns = memory_zeroed((size_t)points, sizeof *columns);
    double mean = 0, all = 0, between = 0;

    for (int i = 0; i < points * points; i++) {
        rows[i / points] += losses[i] / points;
        columns[i % points] += losses[i] / points;
        mean += losses[i] / points / points;
    }
    for (int i = 0; i < points * points; i++) {
        double rest = losses[i] - rows[i / points] - columns[i % points] + mean;

        all += (losses[i] - mean) * (losses[i] - mean);
        between += rest * rest;
    }
    free(rows);
    free(columns);
    return between / all;
}

static void tell_lowest(const struct surface *surface, const double *losses)
{
    int points = surface->settings->points, lowest = 0;

    for (int i = 1; i < points * points; i++)
        if (losses[i] < losses[lowest])
            lowest = i;
    findings_add_fact(surface->findings,
                      (struct findings_name){"lowest_loss", "of the points",
                                             analysis_loss_unit(surface->task)},
                      losses[lowest]);
    findings_add_fact(surface->findings,
                      (struct findings_name){"lowest_a", "its factor on the step of a",
                                             "of the step"},
                      surface->factors[lowest / points]);
    findings_add_fact(surface->findings,
                      (struct findings_name){"lowest_b", "its factor on the step of b",
                                             "of the step"},
                      surface->factors[lowest % points]);
    findings_add_fact(
        surface->findings,
        (struct findings_name){
            "interaction_share",
            "of the losses' variance, what no sum of a function of one step and a "
            "function of the other explains",
            "share"},
        interaction_share(losses, points));
}

static void add_axes(const struct surface *surface, int axes[2])
{
    static const char *const names[] = {"step_a", "step_b"};

    for (int i = 0; i < 2; i++)
        axes[i] = findings_add_axis(
            surface->findings,
            (struct findings_name){names[i], "factor on the step of the tensor",
                                   "of the step"},
            surface->settings->points, surface->factors);
}

static int score_grid(const struct surface *surface, const struct choice *grid,
                      struct score *scores, struct error *err)
{
    int points = surface->settings->points, count = points * points, axes[2];
    struct analysis_task *task = surface->task;

    if (analysis_score(task, grid, count, scores, err) < 0)
        return -1;
    add_axes(surface, axes);
    analysis_add_scores(task, surface->findings, "", "on calibration samples", axes, 2,
                        scores, count);
    tell_lowest(surface, surface->findings->variables[0].values);
    if (surface->settings->validates == VALIDATES_NO)
        return 0;
    if (analysis_validate(task, grid, count, scores, err) < 0)
        return -1;
    analysis_add_scores(task, surface->findings, "validation_", "on validation samples",
                        axes, 2, scores, count);
    return 0;
}

static int find_surface(struct surface *surface, struct error *err)
{
    int points = surface->settings->points;
    struct score *scores = memory_get((size_t)(points * points) * sizeof *scores);
    struct choice *grid;
    int status;

    find_factors(surface);
    place_point(surface);
    tell_tensor(surface, 0, "tensor_a", "point_step_a");
    tell_tensor(surface, 1, "tensor_b", "point_step_b");
    grid = make_grid(surface);
    status = score_grid(surface, grid, scores, err);
    free(grid);
    free(scores);
    return status;
}

static int run(struct analysis_task *task, struct findings *findings, struct error *err)
{
    struct surface surface = {
        .task = task,
        .settings = (const void *)task->settings->own,
        .findings = findings,
    };
    int status = check_validation(task, surface.settings, err);

    if (status == 0)
        status = find_tensors(&surface, err);
    if (status == 0) {
        analysis_add_score_facts(task, findings, "point_", "of the case's result",
                                 &task->result->result.calibration);
        status = find_surface(&surface, err);
    }
    free(surface.point);
    free(surface.factors);
    return status;
}

const struct analysis_kind surface_analysis = {
    {"surface", "loss and metric over the steps of two tensors"},
    .needs_point = true,
    .run = run,
};
