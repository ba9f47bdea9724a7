#include "coordinator/methods/layerwise.h"

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/quant/channel_ratios.h"
#include "core/quant/clip_lp.h"
#include "core/quant/clip_minmax.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Weights of more values than this are looked at through a histogram. */
enum { VALUES_MOST = HISTOGRAM_BINS };

void layerwise_init(struct layerwise *layerwise, struct team *team,
                    enum config_layerwise mode)
{
    size_t items = (size_t)team_placement(team)->count;

    *layerwise = (struct layerwise){
        .team = team,
        .mode = mode,
        .ranges = memory_zeroed(items, sizeof *layerwise->ranges),
        .distributions = memory_zeroed(items, sizeof *layerwise->distributions),
        .is_known = memory_zeroed(items, sizeof *layerwise->is_known),
        .steps = memory_zeroed(items, sizeof *layerwise->steps),
    };
}

void layerwise_clear(struct layerwise *layerwise)
{
    int items = team_placement(layerwise->team)->count;

    for (int item = 0; item < items; item++)
        distribution_clear(&layerwise->distributions[item]);
    free(layerwise->ranges);
    free(layerwise->distributions);
    free(layerwise->is_known);
    free(layerwise->steps);
    *layerwise = (struct layerwise){0};
}

static struct distribution distribution_of_many(const float *values, size_t count,
                                                struct range range)
{
    struct histogram *histogram = memory_get(sizeof *histogram);
    struct distribution distribution;

    histogram_init(histogram, range);
    histogram_add(histogram, values, count);
    distribution = distribution_of_histogram(histogram);
    free(histogram);
    return distribution;
}

/* Weights with a step for each channel as a rule is to see them; NULL: as they are. */
static float *divided_by_channel(const struct layerwise *layerwise, int item)
{
    const struct quantized_tensor *tensor =
        &team_placement(layerwise->team)->items[item];
    const struct layer *layer = &team_network(layerwise->team)->layers[tensor->index];
    size_t channels = (size_t)layer->conv.out_channels;
    size_t count = layer_window_count(layer);
    float *divided;

    if (!tensor->ratios)
        return NULL;
    divided = memory_get(channels * count * sizeof *divided);
    channel_ratios_divide(layer->conv.weights, channels, count, tensor->ratios,
                          divided);
    return divided;
}

static void look_at_weights(struct layerwise *layerwise, int item)
{
    const struct network *network = team_network(layerwise->team);
    int index = team_placement(layerwise->team)->items[item].index;
    const struct layer *layer = &network->layers[index];
    const struct conv *conv = &layer->conv;
    size_t count = (size_t)conv->out_channels * layer_window_count(layer);
    struct range range = range_empty();
    float *divided = divided_by_channel(layerwise, item);
    const float *values = divided ? divided : conv->weights;

    range_add(&range, values, count);
    layerwise->ranges[item] = range;
    layerwise->distributions[item] = count <= VALUES_MOST
                                         ? distribution_of_values(values, count)
                                         : distribution_of_many(values, count, range);
    free(divided);
}

static bool is_zero_everywhere(struct range range)
{
    return range.low == 0 && range.high == 0;
}

static int find_range(struct layerwise *layerwise, int item, const float *steps,
                      struct error *err)
{
    struct range *range = &layerwise->ranges[item];

    if (team_range(layerwise->team, item, steps, range, err) < 0)
        return -1;
    if (isfinite(range->low) && isfinite(range->high))
        return 0;
    return error_set(err, EXIT_INPUT,
                     "tensor %s takes values that are not finite on the calibration "
                     "samples: the network overflows",
                     team_placement(layerwise->team)->items[item].name);
}

static int look_at_activation(struct layerwise *layerwise, int item, const float *steps,
                              bool needs_distribution, struct error *err)
{
    struct histogram *histogram;
    int status = 0;

    if (find_range(layerwise, item, steps, err) < 0)
        return -1;
    distribution_clear(&layerwise->distributions[item]);
    if (!needs_distribution || is_zero_everywhere(layerwise->ranges[item]))
        return 0;
    histogram = memory_get(sizeof *histogram);
    status = team_histogram(layerwise->team, item, steps, layerwise->ranges[item],
                            histogram, err);
    if (status == 0)
        layerwise->distributions[item] = distribution_of_histogram(histogram);
    free(histogram);
    return status;
}

/* Makes sure that range and distribution of a tensor are those under `steps`. */
static int look_at(struct layerwise *layerwise, int item, struct layerwise_rule rule,
                   const float *steps, struct error *err)
{
    bool is_weight = team_placement(layerwise->team)->items[item].is_weight;

    if (layerwise->is_known[item])
        return 0;
    if (is_weight)
        look_at_weights(layerwise, item);
    else if (look_at_activation(layerwise, item, steps, rule.kind == LAYERWISE_LP,
                                err) < 0)
        return -1;
    layerwise->is_known[item] =
        is_weight ||
        (layerwise->mode == LAYERWISE_INDEPENDENT && rule.kind == LAYERWISE_LP);
    return 0;
}

static int find_clip(const struct layerwise *layerwise, int item,
                     struct layerwise_rule rule, double *clip, struct error *err)
{
    const struct quantized_tensor *tensor =
        &team_placement(layerwise->team)->items[item];

    if (rule.kind == LAYERWISE_MINMAX)
        return clip_minmax_of_range(layerwise->ranges[item], clip, err);
    return clip_lp(&layerwise->distributions[item], tensor->grid, tensor->bits, rule.p,
                   clip, err);
}

/* A step and what there is to say about it: an answer for the journal. */
struct found_step {
    float step;
    uint32_t is_zero_everywhere;
};

static int find_step(struct layerwise *layerwise, int item, struct layerwise_rule rule,
                     const float *steps, struct found_step *found, struct error *err)
{
    const struct quantized_tensor *tensor =
        &team_placement(layerwise->team)->items[item];
    double clip;

    if (look_at(layerwise, item, rule, steps, err) < 0)
        return -1;
    *found = (struct found_step){
        .step = 1, .is_zero_everywhere = is_zero_everywhere(layerwise->ranges[item])};
    if (found->is_zero_everywhere)
        return 0;
    if (find_clip(layerwise, item, rule, &clip, err) < 0)
        return error_prefix(err, "tensor %s", tensor->name);
    found->step = grid_step_of_clip(tensor->grid, tensor->bits, clip);
    return 0;
}

/* What a step depends on: the tensor, the rule, and for an activation the steps before it. */
static struct hash128 key_of(const struct layerwise *layerwise, int item,
                             struct layerwise_rule rule, const float *steps)
{
    const struct placement *placement = team_placement(layerwise->team);
    int32_t numbers[] = {item, rule.kind};
    struct hash128 key = {{0}};

    hash128_add(&key, numbers, sizeof numbers);
    hash128_add(&key, &rule.p, sizeof rule.p);
    if (!placement->items[item].is_weight)
        hash128_add(&key, steps, (size_t)placement->count * sizeof *steps);
    return key;
}

static int recall_or_find(struct layerwise *layerwise, int item,
                          struct layerwise_rule rule, const float *steps,
                          struct found_step *found, struct error *err)
{
    struct hash128 key = key_of(layerwise, item, rule, steps);
    double began = clock_seconds();

    if (team_recall(layerwise->team, JOURNAL_STEP, key, found, sizeof *found))
        return 0;
    if (team_check_stop(layerwise->team, err) < 0 ||
        find_step(layerwise, item, rule, steps, found, err) < 0)
        return -1;
    return team_keep(layerwise->team, JOURNAL_STEP, key, found, sizeof *found,
                     clock_seconds() - began, err);
}

int layerwise_steps(struct layerwise *layerwise, struct layerwise_rule rule,
                    float *steps, struct result *result, struct error *err)
{
    const struct placement *placement = team_placement(layerwise->team);
    bool in_force = layerwise->mode == LAYERWISE_SEQUENTIAL;
    float *now = layerwise->steps; /* those before the tensor; 0 behind it */

    memset(now, 0, (size_t)placement->count * sizeof *now);
    for (int item = 0; item < placement->count; item++) {
        struct found_step found;

        if (recall_or_find(layerwise, item, rule, now, &found, err) < 0)
            return -1;
        if (found.is_zero_everywhere)
            result_warn(result, "tensor %s is zero everywhere; its step is set to 1",
                        placement->items[item].name);
        steps[item] = found.step;
        if (in_force)
            now[item] = steps[item];
    }
    return 0;
}
