#include "coordinator/methods/layerwise.h"

#include "coordinator/methods/float_views.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/layer/split_layer.h"
#include "core/layer/weight_ratios.h"
#include "core/quant/clip_look.h"
#include "link/link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Weights of more values than this are looked at through a histogram. */
enum { VALUES_MOST = HISTOGRAM_BINS };

void layerwise_init(struct layerwise *layerwise, struct team *team,
                    const struct config_method_settings *method, enum clip_kind kind)
{
    size_t items = (size_t)team_placement(team)->count;

    *layerwise = (struct layerwise){
        .team = team,
        .mode = method->layerwise,
        .kind = kind,
        .clips_weights_only = method->activation_rule == ACTIVATION_RULE_MINMAX,
        .sees_split = method->splitting.clip_sees == CLIP_SEES_SPLIT,
        .views = memory_zeroed(items, sizeof *layerwise->views),
        .is_known = memory_zeroed(items, sizeof *layerwise->is_known),
        .now = memory_zeroed(items, sizeof *layerwise->now),
    };
}

void layerwise_clear(struct layerwise *layerwise)
{
    int items = team_placement(layerwise->team)->count;

    for (int item = 0; item < items; item++)
        clip_view_clear(&layerwise->views[item]);
    free(layerwise->views);
    free(layerwise->is_known);
    free(layerwise->now);
    free(layerwise->bits);
    *layerwise = (struct layerwise){0};
}

void layerwise_set_bits(struct layerwise *layerwise, const uint8_t *bits)
{
    size_t items = (size_t)team_placement(layerwise->team)->count;

    free(layerwise->bits);
    layerwise->bits = bits ? memory_copy(bits, items * sizeof *bits) : NULL;
}

/* An item with the bits at which its step is to be found. */
static struct quantized_tensor tensor_of(const struct layerwise *layerwise, int item)
{
    struct quantized_tensor tensor = team_placement(layerwise->team)->items[item];

    if (layerwise->bits)
        tensor.bits = layerwise->bits[item];
    return tensor;
}

static bool is_zero_everywhere(struct range range)
{
    return range.low == 0 && range.high == 0;
}

/* ---- weights ------------------------------------------------------------------------------ */

/* Looks at many values through histograms. */
static void look_through_histograms(const float *values, size_t count,
                                    const struct clip_sight *sight,
                                    struct clip_view *view)
{
    struct histogram *histogram = memory_get(sizeof *histogram);
    struct clip_look look;

    clip_look_begin(&look, sight, view);
    while (look.bins > 0) {
        histogram_init(histogram, look.range, look.bins);
        histogram_add(histogram, values, count);
        clip_look_take(&look, histogram);
    }
    clip_look_clear(&look);
    free(histogram);
}

static void look_at_values(const float *weights, size_t count,
                           const struct clip_sight *sight, struct clip_view *view)
{
    struct clip_sight through = *sight;

    view->range = range_empty();
    range_add(&view->range, weights, count);
    through.distribution = sight->distribution && count > VALUES_MOST;
    look_through_histograms(weights, count, &through, view);
    if (!sight->distribution || through.distribution)
        return;
    view->distribution = distribution_of_values(weights, count);
    distribution_keep(&view->distribution, view->range);
}

/* Split in plain halves: there is no step yet. */
static void look_at_split(const struct layer *layer,
                          const struct quantized_tensor *tensor,
                          const struct clip_sight *sight, struct clip_view *view)
{
    const struct weight_rules rules = {
        .ratios = tensor->ratios, .block = tensor->block, .wide = tensor->wide};
    struct split_weights split;
    const struct split_shape *shape = &split.shape;

    split_layer_init(&split, layer->weights, &rules, 0);
    look_at_values(split.values,
                   shape->outputs * (shape->inputs + split.added) * shape->window,
                   sight, view);
    outlier_splitting_clear(&split);
}

static void look_at_whole(const struct layer *layer,
                          const struct quantized_tensor *tensor,
                          const struct clip_sight *sight, struct clip_view *view)
{
    const struct weights *weights = layer->weights;
    const struct weight_rules rules = {.ratios = tensor->ratios,
                                       .block = tensor->block};
    float *divided = tensor->ratios ? weights_in_ratio(weights, &rules) : NULL;

    look_at_values(divided ? divided : weights->values, weights_count(weights), sight,
                   view);
    free(divided);
}

static void look_at_weights(const struct layerwise *layerwise,
                            const struct quantized_tensor *tensor,
                            const struct clip_sight *sight, struct clip_view *view)
{
    const struct layer *layer = &team_network(layerwise->team)->layers[tensor->index];

    if (tensor->wide.added > 0 && layerwise->sees_split)
        look_at_split(layer, tensor, sight, view);
    else
        look_at_whole(layer, tensor, sight, view);
}

/* ---- activations -------------------------------------------------------------------------- */

static int look_at_activation(struct layerwise *layerwise, int item,
                              const struct clip_sight *sight,
                              const struct choice *choices, struct error *err)
{
    struct clip_view *view = &layerwise->views[item];
    struct histogram *histogram = memory_get(sizeof *histogram);
    struct clip_look look = {0};
    struct measure measure = {.kind = MEASURE_RANGE, .subject = item};
    void *answer = &view->range;
    int status = team_measure(layerwise->team, &measure, 1, choices, &answer, err);

    if (status == 0)
        clip_look_begin(&look, sight, view);
    while (status == 0 && look.bins > 0) {
        measure = (struct measure){MEASURE_HISTOGRAM, item, look.range, look.bins};
        answer = histogram;
        status = team_measure(layerwise->team, &measure, 1, choices, &answer, err);
        if (status == 0)
            clip_look_take(&look, histogram);
    }
    clip_look_clear(&look);
    free(histogram);
    return status;
}

/* ---- a step ------------------------------------------------------------------------------- */

static bool cannot_be_negative(const struct layerwise *layerwise,
                               const struct quantized_tensor *tensor)
{
    return !tensor->is_weight &&
           team_network(layerwise->team)->tensors[tensor->index].nonnegative;
}

/* Begins to look at a tensor, in the way that a rule does. */
static struct clip_sight begin_view(struct layerwise *layerwise, int item,
                                    const struct clip_rule *rule)
{
    const struct quantized_tensor *tensor =
        &team_placement(layerwise->team)->items[item];
    struct clip_view *view = &layerwise->views[item];

    clip_view_clear(view);
    view->grid = tensor->grid;
    view->bits = tensor->bits;
    view->zero = 0;
    view->nonnegative = cannot_be_negative(layerwise, tensor);
    return clip_sight(rule, view->nonnegative);
}

static void end_view(struct layerwise *layerwise, int item,
                     const struct clip_sight *sight)
{
    struct clip_view *view = &layerwise->views[item];

    if (view->histogram && !sight->skips_zeros)
        histogram_put_zeros_in_their_bin(view->histogram);
    layerwise->is_known[item] =
        team_placement(layerwise->team)->items[item].is_weight ||
        layerwise->mode == LAYERWISE_INDEPENDENT;
}

/* The rule of one tensor. 16 bits have levels finer than what rules see: there nothing is clipped. */
static const struct clip_rule *rule_of(const struct layerwise *layerwise, int item,
                                       const struct clip_rule *rule)
{
    static const struct clip_rule minmax = {.kind = CLIP_MINMAX};
    const struct quantized_tensor of_item = tensor_of(layerwise, item);
    const struct quantized_tensor *tensor = &of_item;

    return bits_are_wide(tensor->bits) ||
                   (layerwise->clips_weights_only && !tensor->is_weight)
               ? &minmax
               : rule;
}

/* All of them at once, each in the way of its own rule; where bits change from one search of steps to the next, a
 * tensor of 16 bits is looked at for fewer, too. */
static int look_at_float_activations(struct layerwise *layerwise, struct error *err)
{
    const struct placement *placement = team_placement(layerwise->team);
    struct clip_sight *sights = memory_zeroed((size_t)placement->count, sizeof *sights);
    int status;

    for (int item = 0; item < placement->count; item++)
        if (!placement->items[item].is_weight)
            sights[item] =
                begin_view(layerwise, item,
                           layerwise->bits ? layerwise->rule
                                           : rule_of(layerwise, item, layerwise->rule));
    status = float_views_find(layerwise->team, sights, layerwise->views, err);
    for (int item = 0; status == 0 && item < placement->count; item++)
        if (!placement->items[item].is_weight)
            end_view(layerwise, item, &sights[item]);
    free(sights);
    return status;
}

/* Makes sure that the view of a tensor is that under `choices`. */
static int look_at(struct layerwise *layerwise, int item, const struct clip_rule *rule,
                   const struct choice *choices, struct error *err)
{
    const struct quantized_tensor *tensor =
        &team_placement(layerwise->team)->items[item];
    struct clip_sight sight;

    if (layerwise->is_known[item])
        return 0;
    if (!tensor->is_weight && layerwise->mode == LAYERWISE_INDEPENDENT)
        return look_at_float_activations(layerwise, err);
    sight = begin_view(layerwise, item, rule);
    if (tensor->is_weight)
        look_at_weights(layerwise, tensor, &sight, &layerwise->views[item]);
    else if (look_at_activation(layerwise, item, &sight, choices, err) < 0)
        return -1;
    end_view(layerwise, item, &sight);
    return 0;
}

/* A step and what there is to say about it: an answer for the journal. */
struct found_step {
    float step;
    uint16_t is_zero_everywhere;
    uint16_t zero; /* of an asymmetric grid; else 0 */
};

/* Any step keeps zeros as they are, but on a grid without a zero level, where the smallest takes them
 * closest to it. */
static float step_of_zeros(const struct quantized_tensor *tensor)
{
    return tensor->grid == GRID_MIDRISE ? placement_step_of_clip(tensor, 0)
                                        : placement_step_at_most(tensor, 1);
}

static int find_step(struct layerwise *layerwise, int item,
                     const struct clip_rule *rule, const struct choice *choices,
                     struct found_step *found, struct error *err)
{
    const struct quantized_tensor of_item = tensor_of(layerwise, item);
    const struct quantized_tensor *tensor = &of_item;
    struct clip_view *view = &layerwise->views[item];
    struct choice choice = placement_choice(tensor, 1);
    double clip;

    if (look_at(layerwise, item, rule, choices, err) < 0)
        return -1;
    *found = (struct found_step){.step = step_of_zeros(tensor),
                                 .is_zero_everywhere = is_zero_everywhere(view->range),
                                 .zero = choice.zero};
    if (found->is_zero_everywhere)
        return 0;
    view->bits = tensor->bits;
    if (clip_find(rule, view, &clip, err) < 0)
        return error_prefix(err, "tensor %s", tensor->name);
    if (rule->kind == CLIP_MINMAX) /* its largest part is not clipped */
        clip *= activation_split_gain(&tensor->split);
    choice.zero = (uint8_t)view->zero;
    found->step = placement_put_clip(tensor, choice, clip).step;
    found->zero = choice.zero;
    return 0;
}

/* What a step depends on: the tensor, its bits and grid, the rule, and for an activation the choices
 * before it. */
static struct hash128 key_of(const struct layerwise *layerwise, int item,
                             const struct clip_rule *rule, const struct choice *choices)
{
    const struct placement *placement = team_placement(layerwise->team);
    const struct quantized_tensor of_item = tensor_of(layerwise, item);
    const struct quantized_tensor *tensor = &of_item;
    int32_t numbers[] = {item, tensor->bits, (int32_t)tensor->grid, (int32_t)rule->kind,
                         (int32_t)rule->density};
    struct hash128 key = {{0}};

    hash128_add(&key, numbers, sizeof numbers);
    hash128_add(&key, &rule->number, sizeof rule->number);
    if (!tensor->is_weight)
        hash128_add(&key, choices, (size_t)placement->count * sizeof *choices);
    return key;
}

static int recall_or_find(struct layerwise *layerwise, int item,
                          const struct clip_rule *rule, const struct choice *choices,
                          struct found_step *found, struct error *err)
{
    struct hash128 key = key_of(layerwise, item, rule, choices);
    double began = clock_seconds();

    if (team_recall(layerwise->team, JOURNAL_STEP, key, found, sizeof *found))
        return 0;
    if (link_check_stop(err) < 0 ||
        find_step(layerwise, item, rule, choices, found, err) < 0)
        return -1;
    return team_keep(layerwise->team, JOURNAL_STEP, key, found, sizeof *found,
                     clock_seconds() - began, err);
}

int layerwise_steps(struct layerwise *layerwise, const struct clip_rule *rule,
                    struct choice *choices, struct result *result, struct error *err)
{
    const struct placement *placement = team_placement(layerwise->team);
    bool in_force = layerwise->mode == LAYERWISE_SEQUENTIAL;
    struct choice *now = layerwise->now; /* those before the tensor; float behind it */

    assert(rule->kind == layerwise->kind);
    layerwise->rule = rule;
    memset(now, 0, (size_t)placement->count * sizeof *now);
    for (int item = 0; item < placement->count; item++) {
        const struct quantized_tensor tensor = tensor_of(layerwise, item);
        struct found_step found;

        choices[item] = (struct choice){0};
        if (tensor.bits == BITS_FLOAT)
            continue;
        if (recall_or_find(layerwise, item, rule_of(layerwise, item, rule), now, &found,
                           err) < 0)
            return -1;
        if (found.is_zero_everywhere)
            result_warn(result, "tensor %s is zero everywhere; its step is set to %g",
                        placement->items[item].name, (double)found.step);
        choices[item] = placement_choice(&tensor, found.step);
        choices[item].zero = (uint8_t)found.zero;
        if (in_force)
            now[item] = choices[item];
    }
    return 0;
}
