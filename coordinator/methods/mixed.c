#include "coordinator/methods/mixed.h"

#include "coordinator/methods/bit_choice.h"
#include "coordinator/methods/joint_search.h"
#include "coordinator/methods/rounding.h"
#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- settings ------------------------------------------------------------------------------- */

struct mixed_settings {
    int weights[WIDTHS_MOST], activations[WIDTHS_MOST];
    int weight_count, activation_count;
    struct bit_limits budget;
    enum bit_model model;
    int reach; /* 0: all */
    int tries;
    int finals, descents;
    int draws;
    int sweeps;
    double norm;
};

CONFIG_FITS_OWN(mixed_settings);

static const struct mixed_settings *own(const struct config_method_settings *settings)
{
    return (const void *)settings->own;
}

#define OWN(member) CONFIG_OWN(mixed_settings, member)
#define MODEL_IS_OF_PAIRS                                                              \
    {                                                                                  \
        "model: pairs", OWN(model), BITS_BY_PAIRS                                      \
    }

static const char *const models[] = {[BITS_BY_PAIRS] = "pairs",
                                     [BITS_BY_SINGLES] = "singles",
                                     [BITS_BY_GREEDY] = "greedy"};

static const struct config_field limits[] = {
    {"average_bits", KIND_REAL, CONFIG_AT(bit_limits, average_bits), NULL,
     .range = {2, 32},
     .help =
         "of all values of tensors that have a choice; activations are those of one "
         "sample"},
    {"weight_bytes", KIND_REAL, CONFIG_AT(bit_limits, weight_bytes), NULL,
     .range = {1, 1e15},
     .help = "of all weights: codes, steps, and what stays in float"},
    {"bit_operations", KIND_REAL, CONFIG_AT(bit_limits, bit_operations), NULL,
     .range = {1, 1e18},
     .help =
         "multiply-adds of a sample, each times the bits of its weight and those of "
         "its activation"},
    {"loss", KIND_REAL, CONFIG_AT(bit_limits, loss), NULL, .range = {0, 1e9},
     .help = "that the model predicts; average bits are made least"},
    {"points", KIND_REAL, CONFIG_AT(bit_limits, points), NULL, .range = {0, 100},
     .help =
         "of the metric, a share of calibration samples: each group has the fewest "
         "bits that, alone, lower it by at most so many hundredths; with bits [8, 32] "
         "all is quantized but what costs more"},
};

static const struct config_section budget_section = {
    "a budget", true, false, limits, CONFIG_COUNT(limits), NULL};

static const struct config_field fields[] = {
    {"weights", KIND_INT, OWN(weights), "[2, 3, 4, 8]", .range = {2, BITS_FLOAT},
     .help = "bits that weights may have, in rising order: 2 to 8, or 32: float",
     .list = {1, WIDTHS_MOST, sizeof(int), OWN(weight_count)}, .only = "mixed"},
    {"activations", KIND_INT, OWN(activations), NULL, .range = {2, BITS_FLOAT},
     .help = "bits that activations may have, in rising order: 2 to 8, or 32: float; "
             "default: those of "
             "the case",
     .list = {0, WIDTHS_MOST, sizeof(int), OWN(activation_count)}, .only = "mixed"},
    {"budget", KIND_SECTION, OWN(budget), "{}",
     .help = "what bits may cost; default: as many average bits as weights have in the "
             "case",
     .section = &budget_section, .only = "mixed"},
    {"model", KIND_WORD, OWN(model), "pairs",
     .help = "bits by what single tensors and pairs of them lose; by what single ones "
             "lose; or from those that lose least on, one after the other",
     .words = CONFIG_WORDS(models), .only = "mixed"},
    {"reach", KIND_INT_OR_ALL, OWN(reach), "all", .range = {1, 1e6},
     .help = "how far apart two groups may be, in the order of execution, to be "
             "measured as a pair",
     .only = "mixed", .needs = MODEL_IS_OF_PAIRS},
    {"tries", KIND_INT, OWN(tries), "8", .range = {1, 1000},
     .help = "how many of the best predicted are evaluated; with pairs, as many by "
             "singles alone, too",
     .only = "mixed"},
    {"finals", KIND_INT, OWN(finals), "4", .range = {0, 1000},
     .help =
         "with `rounding: gram`, how many of these are rounded layer behind layer and "
         "evaluated again, those of least loss and the same bits for all",
     .only = "mixed"},
    {"descents", KIND_INT, OWN(descents), "0", .range = {0, 1000},
     .help = "how often as many neighbours of the best of them are rounded, too, as "
             "long as one is better",
     .only = "mixed"},
    {"draws", KIND_INT, OWN(draws), "0", .range = {0, 10000},
     .help =
         "so many assignments are drawn, by `seed`, and evaluated, to tell how well "
         "losses are predicted",
     .only = "mixed"},
    {"step_norm", KIND_REAL, OWN(norm), "2", .range = {CONFIG_ABOVE_0, 100},
     .help = "p of the Lp norm of the error by which steps are found at each width",
     .only = "mixed"},
    {"joint_sweeps", KIND_INT, OWN(sweeps), "1", .range = {0, 1000},
     .help = "of the search over all steps behind the choice of bits; 0: none",
     .only = "mixed"},
};

const struct config_section mixed_section = CONFIG_FIELDS(fields);

/* Where the case has a kind of tensors in float, none of them is in the placement. */
static int find_widths(const struct method_task *task, struct bit_widths *widths,
                       struct error *err)
{
    const struct mixed_settings *settings = own(task->one->method);

    *widths = (struct bit_widths){.weight_count = settings->weight_count,
                                  .activation_count = settings->activation_count,
                                  .of_case = task->one->bits};
    memcpy(widths->weights, settings->weights, sizeof widths->weights);
    memcpy(widths->activations, settings->activations, sizeof widths->activations);
    if (widths->activation_count == 0)
        widths->activations[widths->activation_count++] = task->one->bits.activations;
    return bit_widths_check(widths, "method mixed", err);
}

static struct bit_limits limits_of(const struct method_task *task)
{
    struct bit_limits limits = own(task->one->method)->budget;

    if (isnan(limits.average_bits) && isnan(limits.weight_bytes) &&
        isnan(limits.bit_operations) && isnan(limits.loss) && isnan(limits.points))
        limits.average_bits = task->one->bits.weights;
    return limits;
}

/* ---- the method ----------------------------------------------------------------------------- */

/* A start_find. */
static int find_bits(const struct method_task *task, long *evaluations,
                     struct result *result, struct error *err)
{
    const struct mixed_settings *settings = own(task->one->method);
    struct bit_question question = {
        .rule = {.kind = CLIP_LP, .number = settings->norm},
        .limits = limits_of(task),
        .model = settings->model,
        .reach = settings->reach,
        .tries = settings->tries,
        .finals =
            task->one->method->rounding.name == ROUNDING_GRAM ? settings->finals : 0,
        .descents = settings->descents,
        .draws = settings->draws,
    };

    if (find_widths(task, &question.widths, err) < 0)
        return -1;
    return bit_choice_find(task, &question, evaluations, result, err);
}

static const struct method_start *
start_of(const struct config_method_settings *settings)
{
    static const struct method_start bits = {"bits", find_bits};

    (void)settings;
    return &bits;
}

static struct clip_rule rule_of(const struct config_method_settings *settings)
{
    return (struct clip_rule){.kind = CLIP_LP, .number = own(settings)->norm};
}

/* Evaluations that a line search takes on average, as measured on ResNet-20. */
enum { LINE_EVALUATIONS = 3 };

/* As if all tensors had the widths of weights: half of them are. */
static long evaluations_of(const struct config_method_settings *settings, int steps,
                           int starts)
{
    const struct mixed_settings *mixed = own(settings);
    long groups = mixed->activation_count > 1 ? steps : (steps + 1) / 2;
    long each = mixed->weight_count - 1, pairs = 0;
    long tries = mixed->model == BITS_BY_PAIRS ? 2 * mixed->tries : mixed->tries;

    if (mixed->model == BITS_BY_PAIRS)
        for (long apart = 1;
             apart < groups && (mixed->reach == 0 || apart <= mixed->reach); apart++)
            pairs += groups - apart;
    return starts * (2 + tries + mixed->draws + groups * each + pairs * each * each) +
           (long)mixed->sweeps * steps * LINE_EVALUATIONS;
}

/* ---- what is asked in batches ----------------------------------------------------------------- */

/* Tensors that have a choice, as if none were in a group with others: what share of an evaluation each needs again, and how many
 * choices there are beside the widest. */
struct wide_items {
    double *shares; /* [count] owned */
    int *choices;   /* [count] owned */
    int count;
    int weights; /* of them */
};

/* Seconds of the layers behind a tensor, of those of all. */
static double share_behind(const struct quantized_tensor *item,
                           const struct network *network, const double *seconds)
{
    double behind = 0, all = 0;

    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        all += seconds[index];
        if (item->is_weight ? index >= item->index : layer->output > item->index)
            behind += seconds[index];
    }
    return all > 0 ? behind / all : 0;
}

static struct wide_items find_wide(const struct mixed_settings *mixed,
                                   const struct placement *placement,
                                   const struct network *network, const double *seconds)
{
    size_t room = (size_t)placement->count;
    struct wide_items wide = {.shares = memory_get(room * sizeof(double)),
                              .choices = memory_get(room * sizeof(int))};

    for (int i = 0; i < placement->count; i++) {
        const struct quantized_tensor *item = &placement->items[i];
        int widths = item->is_weight ? mixed->weight_count : mixed->activation_count;

        if (item->why || widths < 2)
            continue;
        wide.shares[wide.count] = share_behind(item, network, seconds);
        wide.choices[wide.count++] = widths - 1;
        wide.weights += item->is_weight;
    }
    return wide;
}

/* A batch has one choice of a tensor with all those of later ones within reach: what is before the later one they share. */
static void add_batches(const struct wide_items *wide, int first, int reach,
                        struct rank_cost_batches *batches)
{
    int choices = wide->choices[first];
    long before = batches->candidates;

    for (int other = first + 1;
         other < wide->count && (reach == 0 || other - first <= reach); other++) {
        batches->candidates += choices * wide->choices[other];
        batches->evaluations += choices * wide->choices[other] * wide->shares[other];
    }
    if (batches->candidates == before)
        return;
    batches->batches += choices;
    batches->evaluations += choices * wide->shares[first];
}

/* Singles are one batch. Each candidate makes the codes of a layer or two. */
static struct rank_cost_batches
batches_of(const struct config_method_settings *settings,
           const struct placement *placement, const struct network *network,
           const double *layer_seconds)
{
    const struct mixed_settings *mixed = own(settings);
    struct wide_items wide = find_wide(mixed, placement, network, layer_seconds);
    struct rank_cost_batches batches = {"single tensors and pairs", 1, 1, 1, 0};

    for (int item = 0; item < wide.count; item++) {
        batches.candidates += wide.choices[item];
        batches.evaluations += wide.choices[item] * wide.shares[item];
    }
    for (int item = 0; mixed->model == BITS_BY_PAIRS && item < wide.count; item++)
        add_batches(&wide, item, mixed->reach, &batches);
    if (wide.weights > 0)
        batches.weights = 2 * (double)batches.candidates / wide.weights;
    free(wide.shares);
    free(wide.choices);
    return batches;
}

/* ---- the search ------------------------------------------------------------------------------- */

static int search_from_start(const struct method_task *task, struct result *result,
                             struct error *err)
{
    const struct joint_search_options options = {
        .line_search = LINE_SEARCH_DEFAULT,
        .halvings = 3,
        .drop_errors = 1,
        .sweeps = own(task->one->method)->sweeps,
        .patience = 2,
    };

    return options.sweeps == 0 ? 0 : joint_search(task, &options, result, err);
}

/* ---- the choice as it was rounded --------------------------------------------------------------- */

static bool was_rounded(const struct method_task *task)
{
    const struct config_method_settings *method = task->one->method;

    return method->rounding.name == ROUNDING_GRAM &&
           method->rounding.when == ROUNDING_AFTER && own(method)->finals > 0 &&
           own(method)->sweeps > 0;
}

/* The choice, rounded as when it was compared; what is known of its layers is in the journal. */
static int compare_with_choice(const struct method_task *task, struct result *result,
                               struct error *err)
{
    size_t bytes = (size_t)result->placement->count * sizeof *result->start.choices;
    struct result_point point = {.choices = memory_copy(result->start.choices, bytes),
                                 .state = state_copy(&result->start.state)};
    int phase = method_begin_phase(task->team, result, "the choice as rounded");
    int status = rounding_try(task, &point, err);

    if (status == 0 && method_is_better(&point, &result->result))
        method_copy_point(result, &result->result, &point);
    if (status == 0)
        status = team_put_state(task->team, &result->result.state, err);
    method_end_phase(task->team, result, phase, 1);
    state_clear(&point.state);
    free(point.choices);
    return status;
}

/* A search moves steps under nearest codes, and may end at steps that suit rounded ones less. */
static int keep_the_better(const struct method_task *task, struct result *result,
                           struct error *err)
{
    return was_rounded(task) ? compare_with_choice(task, result, err) : 0;
}

const struct method mixed_method = {
    .known = {"mixed",
              "bits for each tensor, by what single tensors and pairs of them lose",
              .is_exported = true},
    .evaluations = evaluations_of,
    .start = start_of,
    .rule = rule_of,
    .search = search_from_start,
    .refine = keep_the_better,
    .batches = batches_of,
};
