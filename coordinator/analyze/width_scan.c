#include "coordinator/analyze/width_scan.h"

#include "coordinator/methods/sensitivity.h"
#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- settings ------------------------------------------------------------------------------- */

struct width_settings {
    int weights[WIDTHS_MOST], activations[WIDTHS_MOST];
    int weight_count, activation_count;
    int reach;
};

static_assert(sizeof(struct width_settings) <= CONFIG_OWN_BYTES,
              "raise CONFIG_OWN_BYTES");

#define OWN(member) CONFIG_ANALYSIS_OWN(width_settings, member)

static const struct config_field fields[] = {
    {"weight_bits", KIND_INT, OWN(weights), "[2, 3, 4, 8]", .range = {2, BITS_FLOAT},
     .help = "of weights, in rising order: 2 to 8, or 32: float",
     .list = {1, WIDTHS_MOST, sizeof(int), OWN(weight_count)}, .only = "sensitivity"},
    {"activation_bits", KIND_INT, OWN(activations), NULL, .range = {2, BITS_FLOAT},
     .help = "the same of activations; default: those of the case",
     .list = {0, WIDTHS_MOST, sizeof(int), OWN(activation_count)},
     .only = "sensitivity"},
    {"pairs_within", KIND_INT, OWN(reach), "0", .range = {0, 1e6},
     .help = "pairs of each tensor with so many next ones; 0: none, 1000000: all",
     .only = "sensitivity"},
};

const struct config_section sensitivity_section = CONFIG_FIELDS(fields);

static const struct width_settings *own(const struct analysis_task *task)
{
    return (const void *)task->settings->own;
}

static int find_space(const struct analysis_task *task, struct bit_space *space,
                      struct error *err)
{
    const struct clip_rule rule = {.kind = CLIP_LP, .number = 2};
    const struct width_settings *settings = own(task);
    struct bit_widths widths = {.weight_count = settings->weight_count,
                                .activation_count = settings->activation_count,
                                .of_case = task->method.one->bits};

    memcpy(widths.weights, settings->weights, sizeof widths.weights);
    memcpy(widths.activations, settings->activations, sizeof widths.activations);
    if (widths.activation_count == 0)
        widths.activations[widths.activation_count++] = widths.of_case.activations;
    if (bit_widths_check(&widths, "analysis sensitivity", err) < 0)
        return -1;
    return bit_space_find(space, &task->method, &widths, &rule, task->result, err);
}

/* ---- axes ----------------------------------------------------------------------------------- */

/* Groups that have a choice; [count] of the space. */
struct wide_groups {
    int *groups; /* owned */
    int count;
};

static struct wide_groups find_rows(const struct bit_space *space)
{
    struct wide_groups rows = {memory_get((size_t)space->groups * sizeof(int)), 0};

    for (int group = 0; group < space->groups; group++)
        if (space->counts[group] > 1)
            rows.groups[rows.count++] = group;
    return rows;
}

static int add_groups(struct findings *findings, const struct bit_space *space,
                      const struct wide_groups *rows, const char *title)
{
    const char **names = memory_get(((size_t)rows->count + 1) * sizeof *names);
    int axis;

    for (int row = 0; row < rows->count; row++)
        names[row] = bit_space_name(space, rows->groups[row]);
    axis = findings_add_text_axis(
        findings,
        (struct findings_name){title,
                               "the first tensor of each group that has a choice", ""},
        rows->count, names);
    free(names);
    return axis;
}

/* All bits that a group may have but the most, rising; returns how many. */
static int find_bits(const struct bit_space *space, const struct wide_groups *rows,
                     double *bits)
{
    int count = 0;

    for (int width = 2; width <= BITS_FLOAT; width++) {
        bool has = false;

        for (int row = 0; row < rows->count; row++)
            for (int k = 0; k + 1 < space->counts[rows->groups[row]]; k++)
                has = has || bit_space_bits(space, rows->groups[row], k) == width;
        if (has)
            bits[count++] = width;
    }
    return count;
}

/* The choice of a group that has these bits; -1: none but the most. */
static int choice_of(const struct bit_space *space, int group, double bits)
{
    for (int k = 0; k + 1 < space->counts[group]; k++)
        if (bit_space_bits(space, group, k) == (int)bits)
            return k;
    return -1;
}

/* ---- layers' outputs ------------------------------------------------------------------------- */

/* The tensor that the last layer of a group puts out: of its weights, if it has some, else its activation. */
static int output_of(const struct bit_space *space, const struct network *network,
                     int group)
{
    const struct placement *placement = space->placement;
    int last = -1;

    for (int item = 0; item < placement->count; item++)
        if (space->group_of[item] == group &&
            (last < 0 || placement->items[item].is_weight ||
             !placement->items[last].is_weight))
            last = item;
    return placement->items[last].is_weight
               ? network->layers[placement->items[last].index].output
               : placement->items[last].index;
}

/* What outputs of layers lose beside the float network, with each group at each of its bits; of others nothing is
 * written. */
static int scan_outputs(const struct analysis_task *task, struct findings *findings,
                        const struct bit_space *space, const struct wide_groups *rows,
                        const int *axes, const struct choice *points, struct error *err)
{
    struct team *team = task->method.team;
    const struct findings_axis *bits = &findings->axes[axes[1]];
    size_t items = (size_t)space->placement->count;
    double *sqnr = findings_add_variable(
        findings,
        (struct findings_name){"output_sqnr",
                               "power of what the group's last layer puts out over "
                               "that of its difference from the float network",
                               "dB"},
        axes, 2);
    double *cosine = findings_add_variable(
        findings,
        (struct findings_name){
            "output_cosine", "of the angle between that output and the float network's",
            ""},
        axes, 2);

    for (int i = 0; i < rows->count * bits->count; i++) {
        int group = rows->groups[i / bits->count];
        const struct measure measure = {
            .kind = MEASURE_OUTPUT,
            .subject = output_of(space, team_network(team), group)};
        struct tensor_error error;
        void *answer = &error;

        if (choice_of(space, group, bits->numbers[i % bits->count]) < 0)
            continue;
        if (team_measure(team, &measure, 1, points + (size_t)i * items, &answer, err) <
            0)
            return -1;
        sqnr[i] = error.sqnr;
        cosine[i] = error.cosine;
    }
    return 0;
}

/* ---- what is found -------------------------------------------------------------------------- */

/* Of bits that a group cannot have nothing is known. */
static void forget_others(struct findings *findings, int variable,
                          const struct bit_space *space, const struct wide_groups *rows,
                          const int *axes)
{
    const struct findings_axis *bits = &findings->axes[axes[1]];

    for (int v = variable; v < findings->variable_count; v++)
        for (int i = 0; i < rows->count * bits->count; i++)
            if (choice_of(space, rows->groups[i / bits->count],
                          bits->numbers[i % bits->count]) < 0)
                findings->variables[v].values[i] = NAN;
}

/* Scores each group at each of its bits, and the base. */
static int scan_singles(const struct analysis_task *task, struct findings *findings,
                        const struct bit_space *space, const struct wide_groups *rows,
                        const int *axes, struct error *err)
{
    const struct findings_axis *bits = &findings->axes[axes[1]];
    size_t items = (size_t)space->placement->count;
    int count = rows->count * bits->count;
    struct choice *points = analysis_points(task, space->base, count + 1);
    struct score *scores = memory_zeroed((size_t)count + 1, sizeof *scores);
    int variable = findings->variable_count, status;

    for (int i = 0; i < count; i++) {
        int group = rows->groups[i / bits->count];
        int k = choice_of(space, group, bits->numbers[i % bits->count]);

        if (k >= 0)
            bit_space_put(space, group, k, points + (size_t)i * items);
    }
    status = analysis_score(task, points, count + 1, scores, err);
    if (status == 0) {
        analysis_add_scores(task, findings, "", "with a group of tensors at fewer bits",
                            axes, 2, scores, count);
        analysis_add_score_facts(task, findings, "base_", "with the most bits",
                                 &scores[count]);
        status = scan_outputs(task, findings, space, rows, axes, points, err);
        forget_others(findings, variable, space, rows, axes);
    }
    free(scores);
    free(points);
    return status;
}

/* The largest interaction of two groups, over all of their bits: by magnitude, with its sign. */
static double largest_pair(const struct sensitivity *found,
                           const struct bit_space *space, int left, int right)
{
    double largest = 0;

    for (int k = 0; k + 1 < space->counts[left]; k++)
        for (int l = 0; l + 1 < space->counts[right]; l++) {
            double pair = found->pairs[bit_space_place(space, left, k) * found->places +
                                       bit_space_place(space, right, l)];

            if (fabs(pair) > fabs(largest))
                largest = pair;
        }
    return largest;
}

static int scan_pairs(const struct analysis_task *task, struct findings *findings,
                      const struct bit_space *space, const struct wide_groups *rows,
                      int axis, struct error *err)
{
    int axes[] = {axis, add_groups(findings, space, rows, "tensor2")};
    struct sensitivity found;
    int status =
        sensitivity_measure(&found, &task->method, space, own(task)->reach, err);
    double *values = findings_add_variable(
        findings,
        (struct findings_name){
            "interaction",
            "by how much both together lose more than each alone, at "
            "the bits where that is most",
            analysis_loss_unit(task)},
        axes, 2);

    for (int i = 0; status == 0 && i < rows->count; i++)
        for (int j = i + 1; j < rows->count && j - i <= own(task)->reach; j++)
            values[i * rows->count + j] = values[j * rows->count + i] =
                largest_pair(&found, space, rows->groups[i], rows->groups[j]);
    sensitivity_clear(&found);
    return status;
}

static int scan(const struct analysis_task *task, struct findings *findings,
                const struct bit_space *space, const struct wide_groups *rows,
                struct error *err)
{
    double bits[BITS_FLOAT];
    int bit_count = find_bits(space, rows, bits);
    int axes[2];

    if (rows->count == 0)
        return error_set(err, EXIT_CONFIG,
                         "no tensor has several bits; give "
                         "weight_bits or activation_bits more than one");
    axes[0] = add_groups(findings, space, rows, "tensor");
    axes[1] = findings_add_axis(
        findings, (struct findings_name){"bits", "of all tensors of the group", "bits"},
        bit_count, bits);
    if (scan_singles(task, findings, space, rows, axes, err) < 0)
        return -1;
    return own(task)->reach > 0 ? scan_pairs(task, findings, space, rows, axes[0], err)
                                : 0;
}

static int run(struct analysis_task *task, struct findings *findings, struct error *err)
{
    struct bit_space space = {0};
    struct wide_groups rows = {0};
    int status = find_space(task, &space, err);

    if (status == 0) {
        rows = find_rows(&space);
        status = scan(task, findings, &space, &rows, err);
    }
    free(rows.groups);
    bit_space_clear(&space);
    return status;
}

const struct analysis_kind sensitivity_analysis = {
    {"sensitivity",
     "loss, metric and error of the layer's output with each tensor alone at each of "
     "some bits, and how pairs of them interact"},
    .needs_point = false,
    .run = run};
