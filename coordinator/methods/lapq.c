#include "coordinator/methods/lapq.h"

#include "coordinator/methods/empirical_correction.h"
#include "coordinator/methods/joint_search.h"
#include "coordinator/methods/p_grid.h"
#include "coordinator/methods/reestimation.h"
#include "coordinator/methods/rounding.h"
#include "coordinator/methods/start.h"
#include "coordinator/methods/treatment.h"

/* ---- settings ------------------------------------------------------------------------------- */

enum start { START_P_GRID, START_LAYERWISE, START_RANDOM };
enum parabola_asked { PARABOLA_NO, PARABOLA_YES };
enum search { SEARCH_POWELL, SEARCH_COORDINATE };
enum line_kind { LINE_DEFAULT, LINE_REFERENCE };
/* In the order of halvings, see core/evaluate/turn.h. */
enum first_samples { FIRST_ALL, FIRST_HALF, FIRST_QUARTER, FIRST_EIGHTH, FIRST_16TH };

struct lapq_settings {
    enum start start;
    double start_norm; /* p of the layer-wise start */
    double p[2];       /* range of the p grid */
    int p_count;       /* grid points */
    enum parabola_asked parabola;
    enum search search;
    int sweeps;            /* of the search; 0: none, only the start */
    int activation_sweeps; /* of that behind rounding, likewise */
    int patience;
    enum line_kind line_search;
    enum first_samples first_samples;
    double drop_errors;
};

CONFIG_FITS_OWN(lapq_settings);

static const struct lapq_settings *own(const struct config_method_settings *settings)
{
    return (const void *)settings->own;
}

#define OWN(member) CONFIG_OWN(lapq_settings, member)
#define START_IS_LAYERWISE                                                             \
    {                                                                                  \
        "start: layerwise", OWN(start), START_LAYERWISE                                \
    }
#define ROUNDING_IS_GRAM                                                               \
    {                                                                                  \
        "rounding: gram", offsetof(struct config_method_settings, rounding.name),      \
            ROUNDING_GRAM                                                              \
    }
#define START_IS_P_GRID                                                                \
    {                                                                                  \
        "start: p_grid", OWN(start), START_P_GRID                                      \
    }

static const char *const starts[] = {[START_P_GRID] = "p_grid",
                                     [START_LAYERWISE] = "layerwise",
                                     [START_RANDOM] = "random"};
static const char *const parabolas[] = {
    [PARABOLA_NO] = "false", [PARABOLA_YES] = "true"};
static const char *const searches[] = {
    [SEARCH_POWELL] = "powell", [SEARCH_COORDINATE] = "coordinate"};
#define LINE_SEARCH_IS_DEFAULT                                                         \
    {                                                                                  \
        "line_search: default", OWN(line_search), LINE_DEFAULT                         \
    }
static const char *const samples_first[] = {[FIRST_ALL] = "all",
                                            [FIRST_HALF] = "half",
                                            [FIRST_QUARTER] = "quarter",
                                            [FIRST_EIGHTH] = "eighth",
                                            [FIRST_16TH] = "sixteenth"};
static const char *const line_searches[] = {
    [LINE_DEFAULT] = "default", [LINE_REFERENCE] = "reference"};

static const struct config_field fields[] = {
    {"start", KIND_WORD, OWN(start), "p_grid",
     .help =
         "where the search starts: the best layer-wise steps of the p grid and its "
         "parabola; those of one p; or clips drawn at random, by `seed`, between zero "
         "and the largest magnitude of each tensor",
     .words = CONFIG_WORDS(starts), .only = "lapq"},
    {"start_norm", KIND_REAL, OWN(start_norm), "2", .range = {CONFIG_ABOVE_0, 100},
     .help = "that p, e.g. the best one of an earlier run, whose p grid is saved so",
     .only = "lapq", .needs = START_IS_LAYERWISE},
    {"p", KIND_REAL, OWN(p), "[2, 4]", .range = {CONFIG_ABOVE_0, 100},
     .help = "first and last p of the Lp norms that layer-wise steps are tried with",
     .list = {2, 2, sizeof(double), .increasing = true}, .only = "lapq",
     .needs = START_IS_P_GRID},
    {"p_count", KIND_INT, OWN(p_count), "10", .range = {3, P_COUNT_MOST},
     .help = "how many p are tried", .only = "lapq", .needs = START_IS_P_GRID},
    {"parabola", KIND_WORD, OWN(parabola), "true",
     .help = "whether the minimum of a parabola through the losses of the p grid is "
             "tried, too",
     .words = CONFIG_WORDS(parabolas), .only = "lapq", .needs = START_IS_P_GRID},
    {"search", KIND_WORD, OWN(search), "powell",
     .help = "over all steps together: Powell's method, or one step after the other, "
             "sweep after sweep",
     .words = CONFIG_WORDS(searches), .only = "lapq"},
    {"sweeps", KIND_INT, OWN(sweeps), "1", .range = {0, 1000},
     .help = "of the search over all steps; 0: only the start", .only = "lapq"},
    {"activation_sweeps", KIND_INT, OWN(activation_sweeps), "0", .range = {0, 1000},
     .help = "of another search, behind rounding, over the steps of activations alone; "
             "what weights were rounded to stays",
     .only = "lapq", .needs = ROUNDING_IS_GRAM},
    {"patience", KIND_INT, OWN(patience), "2", .range = {1, 1000},
     .help = "so many sweeps without gain on the held-out samples end the search",
     .only = "lapq"},
    {"line_search", KIND_WORD, OWN(line_search), "default",
     .help = "on the logarithm of a step, or as the reference implementation does it",
     .words = CONFIG_WORDS(line_searches), .only = "lapq"},
    {"first_samples", KIND_WORD, OWN(first_samples), "eighth",
     .help = "how many of the samples a probe of the search is evaluated on at first; "
             "one that is not hopeless goes on with twice as many, until all. What "
             "becomes the best is always decided on all; with more ranks than blocks "
             "in this part, some of them wait",
     .words = CONFIG_WORDS(samples_first), .only = "lapq",
     .needs = LINE_SEARCH_IS_DEFAULT},
    {"drop_errors", KIND_REAL, OWN(drop_errors), "1", .range = {0, 100},
     .help =
         "a probe is hopeless, and dropped, when it is worse than the lowest of its "
         "line by more than so many standard errors of the mean difference a "
         "sample; nothing with `first_samples: all`",
     .only = "lapq", .needs = LINE_SEARCH_IS_DEFAULT},
};

const struct config_section lapq_section = CONFIG_FIELDS(fields);

/* ---- the p grid ----------------------------------------------------------------------------- */

static int check_budget(const struct method_task *task, struct error *err)
{
    const struct lapq_settings *settings = own(task->one->method);
    long least =
        ((long)settings->p_count + settings->parabola) * treatment_starts(task) +
        reestimate_evaluations(task, REESTIMATE_BEFORE) +
        reestimate_evaluations(task, REESTIMATE_AFTER) +
        rounding_evaluations(task, ROUNDING_BEFORE) +
        rounding_evaluations(task, ROUNDING_AFTER) +
        2 * empirical_correction_evaluations(task);

    if (task->max_evaluations == 0 || task->max_evaluations >= least)
        return 0;
    return error_set(err, EXIT_CONFIG,
                     "budget: %ld evaluations are too few for lapq, whose p grid, "
                     "parabola and batch norms take %ld; raise `evaluations` or lower "
                     "`p_count`",
                     task->max_evaluations, least);
}

static int find_p_grid_start(const struct method_task *task, long *evaluations,
                             struct result *result, struct error *err)
{
    const struct lapq_settings *settings = own(task->one->method);
    const struct p_grid grid = {settings->p[0], settings->p[1], settings->p_count,
                                settings->parabola == PARABOLA_YES};

    if (check_budget(task, err) < 0)
        return -1;
    return p_grid_find_start(task, &grid, evaluations, result, err);
}

/* ---- the method ----------------------------------------------------------------------------- */

static const struct method_start *
start_of(const struct config_method_settings *settings)
{
    static const struct method_start p_grid = {"p grid", find_p_grid_start};
    static const struct method_start *const found[] = {
        [START_P_GRID] = &p_grid,
        [START_LAYERWISE] = &start_layerwise,
        [START_RANDOM] = &start_random,
    };

    return found[own(settings)->start];
}

static struct clip_rule rule_of(const struct config_method_settings *settings)
{
    return (struct clip_rule){.kind = CLIP_LP, .number = own(settings)->start_norm};
}

/* Evaluations that a line search takes on average, as measured on ResNet-20. */
enum { LINE_EVALUATIONS_DEFAULT = 3, LINE_EVALUATIONS_REFERENCE = 30 };

static long evaluations_of(const struct config_method_settings *settings, int steps,
                           int starts)
{
    const struct lapq_settings *lapq = own(settings);
    long line = lapq->line_search == LINE_REFERENCE ? LINE_EVALUATIONS_REFERENCE
                                                    : LINE_EVALUATIONS_DEFAULT;
    long start = lapq->start == START_P_GRID ? lapq->p_count + (long)lapq->parabola : 1;

    return start * starts + (long)lapq->sweeps * steps * line +
           (long)lapq->activation_sweeps * (steps / 2) * line;
}

static struct joint_search_options
options_of(const struct config_method_settings *method)
{
    const struct lapq_settings *settings = own(method);

    return (struct joint_search_options){
        .line_search = settings->line_search == LINE_REFERENCE ? LINE_SEARCH_REFERENCE
                                                               : LINE_SEARCH_DEFAULT,
        .keeps_axes = settings->search == SEARCH_COORDINATE,
        .halvings =
            settings->line_search == LINE_DEFAULT ? (int)settings->first_samples : 0,
        .drop_errors = settings->drop_errors,
        .sweeps = settings->sweeps,
        .patience = settings->patience,
    };
}

static int search_from_start(const struct method_task *task, struct result *result,
                             struct error *err)
{
    const struct joint_search_options options = options_of(task->one->method);

    return options.sweeps == 0 ? 0 : joint_search(task, &options, result, err);
}

static int search_activations(const struct method_task *task, struct result *result,
                              struct error *err)
{
    struct joint_search_options options = options_of(task->one->method);

    options.of_activations = true;
    options.sweeps = own(task->one->method)->activation_sweeps;
    return options.sweeps == 0 ? 0 : joint_search(task, &options, result, err);
}

const struct method lapq_method = {
    .known = {"lapq", "the best layer-wise steps over p, and a joint search from there",
              .is_exported = true},
    .evaluations = evaluations_of,
    .start = start_of,
    .rule = rule_of,
    .search = search_from_start,
    .refine = search_activations,
};
