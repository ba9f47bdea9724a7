#include "coordinator/methods/rounding.h"

#include "coordinator/methods/float_measures.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/evaluate/candidate.h"
#include "core/evaluate/layer_gram.h"
#include "core/network/batchnorm.h"
#include "core/quant/channel_ratios.h"
#include "core/quant/gram_rounding.h"
#include "core/quant/packed_codes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_asked_for(const struct method_task *task)
{
    return task->one->method->rounding.name == ROUNDING_GRAM;
}

long rounding_evaluations(const struct method_task *task)
{
    return is_asked_for(task);
}

/* ---- layers --------------------------------------------------------------------------------- */

/* The item of a layer's weights, if they are quantized at all; else -1. */
static int item_of(const struct method_task *task, int layer,
                   const struct choice *choices)
{
    int item = placement_of_weights(team_placement(task->team), layer, 0);

    return item >= 0 && choices[item].step > 0 ? item : -1;
}

static bool suits(const struct method_task *task, int layer, int item)
{
    const struct network *network = team_network(task->team);
    const struct layer *of = &network->layers[layer];
    const struct wide_rules *wide = &team_placement(task->team)->items[item].wide;

    return layer_gram_suits(network, of) && !of->weights->steps && wide->added == 0 &&
           wide->second_above == 0;
}

/* ---- grids of floats ------------------------------------------------------------------------ */

/* Steps of what layers see, where that is floats, and of their products. */
struct grids {
    float *input_steps, *target_steps; /* [layers] owned */
};

static void clear_grids(struct grids *grids)
{
    free(grids->input_steps);
    free(grids->target_steps);
}

static int find_grids(const struct method_task *task, const struct choice *choices,
                      struct grids *grids, struct error *err)
{
    int layers = team_network(task->team)->layer_count, status;
    struct float_measures all = {0};

    grids->input_steps = memory_zeroed((size_t)layers, sizeof(float));
    grids->target_steps = memory_zeroed((size_t)layers, sizeof(float));
    for (int layer = 0; layer < layers; layer++) {
        int item = item_of(task, layer, choices);

        if (item < 0 || !suits(task, layer, item))
            continue;
        float_measures_add(
            &all, (struct measure){.kind = MEASURE_LARGEST_INPUT, .subject = layer},
            sizeof(double));
        float_measures_add(
            &all, (struct measure){.kind = MEASURE_LARGEST_PRODUCT, .subject = layer},
            sizeof(double));
    }
    status = float_measures_take(&all, task->team, err);
    for (int i = 0; status == 0 && i < all.count; i++) {
        const struct measure *measure = &all.measures[i];

        (measure->kind == MEASURE_LARGEST_INPUT
             ? grids->input_steps
             : grids->target_steps)[measure->subject] =
            layer_gram_step(*(double *)all.answers[i]);
    }
    float_measures_clear(&all);
    return status;
}

/* ---- one layer ------------------------------------------------------------------------------ */

/* A layer at work, and what is found of it: numbers that the journal keeps. */
struct rounded_layer {
    const struct method_task *task;
    const struct choice *choices;
    int index, item;
    const struct layer *layer;
    struct measure measure;
    bool refits; /* a batch norm behind it takes factors */
    size_t outputs, code_count, number_count;
    double
        *numbers; /* packed codes, lacking [outputs], factors [outputs], ridge; owned */
};

static struct rounded_layer begin_layer(const struct method_task *task, int index,
                                        int item, const struct choice *choices,
                                        const struct grids *grids)
{
    const struct layer *layer = &team_network(task->team)->layers[index];
    struct rounded_layer of = {
        .task = task,
        .choices = choices,
        .index = index,
        .item = item,
        .layer = layer,
        .measure = measure_of_gram(index, grids->input_steps[index],
                                   grids->target_steps[index]),
        .refits =
            task->one->method->rounding.affine == AFFINE_LAYER && layer->batchnorm,
        .outputs = (size_t)layer->weights->outputs,
        .code_count = weights_count(layer->weights),
    };

    of.number_count = packed_codes_count(of.code_count) + 2 * of.outputs + 1;
    of.numbers = memory_zeroed(of.number_count, sizeof *of.numbers);
    return of;
}

static double *lacking_of(const struct rounded_layer *of)
{
    return of->numbers + packed_codes_count(of->code_count);
}

static double *factors_of(const struct rounded_layer *of)
{
    return lacking_of(of) + of->outputs;
}

static double *ridge_of(const struct rounded_layer *of)
{
    return factors_of(of) + of->outputs;
}

/* Steps of the outputs' codes, to be freed. */
static float *weight_steps(const struct rounded_layer *of)
{
    const struct quantizer quantizer = choice_quantizer(of->choices[of->item]);
    const float *ratios = team_placement(of->task->team)->items[of->item].ratios;
    float *steps = memory_get(of->outputs * sizeof *steps);

    for (size_t output = 0; output < of->outputs; output++)
        steps[output] = channel_quantizer(&quantizer, ratios, output).step;
    return steps;
}

/* What group `group` is rounded by. */
static struct gram_weights weights_of(const struct rounded_layer *of,
                                      const struct gram_answer *answer,
                                      const float *steps, size_t first)
{
    const struct quantizer quantizer = choice_quantizer(of->choices[of->item]);

    return (struct gram_weights){
        .values =
            of->layer->weights->values + first * weights_per_output(of->layer->weights),
        .steps = steps + first,
        .lowest = quantizer_lowest(&quantizer),
        .highest = quantizer_highest(&quantizer),
        .centre = (double)grid_centre(quantizer.grid),
        .input_step = answer->input_step,
        .input_zero = answer->input_zero,
        .target_step = (double)of->measure.range.high,
        .refits = of->refits,
    };
}

/* Rounds group after group. */
static void find_codes(const struct rounded_layer *of, const struct gram_answer *answer)
{
    const struct weights *weights = of->layer->weights;
    size_t of_group = of->outputs / (size_t)weights->groups;
    int8_t *codes = memory_get(of->code_count);
    float *steps = weight_steps(of);

    for (int group = 0; group < weights->groups; group++) {
        const struct gram gram = layer_gram_of(of->layer, group, answer->numbers);
        size_t first = (size_t)group * of_group;
        const struct gram_weights how = weights_of(of, answer, steps, first);
        double ridge = gram_round(
            &gram, &how,
            &(struct gram_rounded){codes + first * weights_per_output(weights),
                                   lacking_of(of) + first, factors_of(of) + first});

        *ridge_of(of) = fmax(*ridge_of(of), ridge);
    }
    packed_codes_pack(codes, of->code_count, of->numbers);
    free(steps);
    free(codes);
}

static struct hash128 key_of(const struct rounded_layer *of)
{
    struct hash128 key =
        candidate_key(of->choices, team_placement(of->task->team)->count);
    uint32_t with_factors = of->refits;

    hash128_add(&key, &of->measure, sizeof of->measure);
    hash128_add(&key, &with_factors, sizeof with_factors);
    return key;
}

static int measure_and_round(const struct rounded_layer *of, struct error *err)
{
    struct gram_answer answer = {
        .numbers = memory_get(layer_gram_count(of->layer) * sizeof *answer.numbers)};
    int status = team_measure(of->task->team, &of->measure, 1, of->choices,
                              (void *[]){&answer}, err);

    if (status == 0)
        find_codes(of, &answer);
    free(answer.numbers);
    return status;
}

static int recall_or_round(const struct rounded_layer *of, struct error *err)
{
    struct team *team = of->task->team;
    size_t bytes = of->number_count * sizeof *of->numbers;
    struct hash128 key = key_of(of);
    double began = clock_seconds();

    if (team_recall(team, JOURNAL_MEASURE, key, of->numbers, bytes))
        return 0;
    if (measure_and_round(of, err) < 0)
        return -1;
    return team_keep(team, JOURNAL_MEASURE, key, of->numbers, bytes,
                     clock_seconds() - began, err);
}

/* ---- what is put in force ------------------------------------------------------------------- */

/* Statistics under which the batch norm's scale is `factor` times what was trained, and what that scale is. */
static float variance_of(const struct batchnorm *batchnorm, int channel, double factor)
{
    double deviation = batchnorm_deviation(batchnorm, channel) / factor;

    return (float)fmax(deviation * deviation - (double)batchnorm->epsilon, 0);
}

static double scale_under(const struct rounded_layer *of, int channel, float variance)
{
    const struct batchnorm *batchnorm = of->layer->batchnorm;
    double deviation = sqrt((double)variance + (double)batchnorm->epsilon);

    return (double)of->layer->conv.scale[channel] *
           (batchnorm_deviation(batchnorm, channel) / deviation);
}

/* Scales take the factors; *shifts [outputs] are corrected by what the means are scaled to otherwise. */
static void put_factors(const struct rounded_layer *of, struct state *found,
                        double *shifts)
{
    const struct batchnorm *batchnorm = of->layer->batchnorm;
    float *statistics = memory_get(2 * of->outputs * sizeof *statistics);

    for (size_t output = 0; output < of->outputs; output++) {
        int channel = (int)output;
        float variance = variance_of(batchnorm, channel, factors_of(of)[output]);

        statistics[output] = batchnorm->mean[output];
        statistics[of->outputs + output] = variance;
        shifts[output] -= ((double)of->layer->conv.scale[output] -
                           scale_under(of, channel, variance)) *
                          (double)batchnorm->mean[output];
    }
    state_set_floats(found, STATE_STATISTICS, of->index, statistics, 2 * of->outputs);
    free(statistics);
}

static void put_shifts(const struct rounded_layer *of, struct state *found,
                       const double *shifts)
{
    float *floats = memory_get(of->outputs * sizeof *floats);

    for (size_t output = 0; output < of->outputs; output++) {
        float shift = (float)shifts[output];

        floats[output] = isfinite(shift) ? shift : 0;
    }
    state_set_floats(found, STATE_BIAS_SHIFT, of->index, floats, of->outputs);
    free(floats);
}

/* The layer's batch norm has its trained statistics so far. */
static void put_layer(const struct rounded_layer *of, struct state *found)
{
    double *shifts = memory_get(of->outputs * sizeof *shifts);

    for (size_t output = 0; output < of->outputs; output++)
        shifts[output] = (double)of->layer->conv.scale[output] * lacking_of(of)[output];
    state_set(found, STATE_CODES, of->item, of->numbers,
              packed_codes_count(of->code_count));
    if (of->refits)
        put_factors(of, found, shifts);
    put_shifts(of, found, shifts);
    free(shifts);
}

/* ---- each alone, at several widths ---------------------------------------------------------- */

static void put_at_width(const struct rounded_layer *of, struct state *found)
{
    size_t codes = packed_codes_count(of->code_count);
    double *numbers = memory_get((codes + of->outputs) * sizeof *numbers);

    memcpy(numbers, of->numbers, codes * sizeof *numbers);
    for (size_t output = 0; output < of->outputs; output++) {
        float shift =
            (float)((double)of->layer->conv.scale[output] * lacking_of(of)[output]);

        numbers[codes + output] = (double)(isfinite(shift) ? shift : 0);
    }
    state_set(found, STATE_CODES_OF_BITS,
              GIVEN_CODES * of->item + of->choices[of->item].bits, numbers,
              codes + of->outputs);
    free(numbers);
}

/* A layer at one width. What it sees does not depend on that: `answer` is measured where it is not there. */
static int round_at_width(struct rounded_layer *of, struct gram_answer *answer,
                          struct error *err)
{
    struct team *team = of->task->team;
    size_t bytes = of->number_count * sizeof *of->numbers;
    struct hash128 key = key_of(of);
    double began = clock_seconds();

    if (team_recall(team, JOURNAL_MEASURE, key, of->numbers, bytes))
        return 0;
    if (!answer->numbers) {
        answer->numbers =
            memory_get(layer_gram_count(of->layer) * sizeof *answer->numbers);
        if (team_measure(team, &of->measure, 1, of->choices, (void *[]){answer}, err) <
            0)
            return -1;
    }
    find_codes(of, answer);
    return team_keep(team, JOURNAL_MEASURE, key, of->numbers, bytes,
                     clock_seconds() - began, err);
}

static int round_at_widths(const struct method_task *task, int layer, int item,
                           const struct grids *grids,
                           const struct rounding_widths *widths, struct state *found,
                           struct error *err)
{
    size_t items = (size_t)team_placement(task->team)->count;
    struct choice *choices = memory_copy(widths->base, items * sizeof *choices);
    struct gram_answer answer = {0};
    int status = 0;

    for (int i = 0; status == 0 && i < widths->count; i++) {
        struct rounded_layer of;

        choices[item] = widths->at[(size_t)i * items + (size_t)item];
        if (choices[item].step == 0 || choices[item].bits >= BITS_MOST)
            continue;
        of = begin_layer(task, layer, item, choices, grids);
        of.refits = false;
        status = round_at_width(&of, &answer, err);
        if (status == 0)
            put_at_width(&of, found);
        free(of.numbers);
    }
    free(answer.numbers);
    free(choices);
    return status;
}

int rounding_at_widths(const struct method_task *task,
                       const struct rounding_widths *widths, struct state *found,
                       struct error *err)
{
    const struct network *network = team_network(task->team);
    struct grids grids = {0};
    int status = is_asked_for(task) ? find_grids(task, widths->at, &grids, err) : 0;

    for (int layer = 0;
         status == 0 && is_asked_for(task) && layer < network->layer_count; layer++) {
        int item = item_of(task, layer, widths->at);

        if (item >= 0 && suits(task, layer, item) &&
            network->layers[layer].kind == LAYER_CONV)
            status = round_at_widths(task, layer, item, &grids, widths, found, err);
    }
    clear_grids(&grids);
    return status;
}

/* ---- all layers ----------------------------------------------------------------------------- */

/* How many layers were rounded, and left; what the form took most, and of which layer. */
struct tally {
    int left;
    double ridge;
    const char *worst;
};

static int round_layer(const struct method_task *task, int layer, int item,
                       const struct grids *grids, struct result_point *trial,
                       struct tally *tally, struct error *err)
{
    struct rounded_layer of = begin_layer(task, layer, item, trial->choices, grids);
    int status = recall_or_round(&of, err);

    if (status == 0) {
        if (*ridge_of(&of) > tally->ridge) {
            tally->ridge = *ridge_of(&of);
            tally->worst = of.layer->name;
        }
        put_layer(&of, &trial->state);
        status = team_put_state(task->team, &trial->state, err);
    }
    free(of.numbers);
    return status;
}

/* One layer after the other, each behind those that are rounded. */
static int round_layers(const struct method_task *task, const struct grids *grids,
                        struct result_point *trial, struct tally *tally,
                        struct error *err)
{
    const struct network *network = team_network(task->team);
    int status = team_put_state(task->team, &trial->state, err);

    for (int layer = 0; status == 0 && layer < network->layer_count; layer++) {
        int item = item_of(task, layer, trial->choices);

        if (item < 0)
            continue;
        if (suits(task, layer, item))
            status = round_layer(task, layer, item, grids, trial, tally, err);
        else
            tally->left++;
    }
    return status;
}

static void warn_of(const struct tally *tally, struct result *result)
{
    if (tally->left > 0)
        result_warn(result,
                    "the weights of %d layers keep the nearest codes (tables, "
                    "recurrences, split weights, more than %d weights an output)",
                    tally->left, LAYER_GRAM_INPUTS_MOST);
    if (tally->ridge > 0.011)
        result_warn(result,
                    "layer %s sees too little to round its weights by: they are held "
                    "where they were by %g of the mean square of its inputs",
                    tally->worst, tally->ridge);
}

/* ---- keeping -------------------------------------------------------------------------------- */

static int keep_or_forget(const struct method_task *task, struct result_point *trial,
                          struct result_point *point, struct result *result,
                          struct error *err)
{
    bool is_judged = task->one->method->rounding.accept == ACCEPT_IF_LOSS_DROPS;
    char before[TEXT_OF_LOSS_BYTES], after[TEXT_OF_LOSS_BYTES];

    text_of_loss(method_judged_loss(point), before);
    text_of_loss(method_judged_loss(trial), after);
    if (is_judged && !method_is_better(trial, point)) {
        result_warn(result,
                    "rounding by what weights do does not lower the loss (%s, with it "
                    "%s): the nearest codes stay",
                    before, after);
        return team_put_state(task->team, &point->state, err);
    }
    if (method_is_better(point, trial))
        result_warn(result,
                    "rounding by what weights do: the loss rose from %s to %s; it is "
                    "kept (rounding: accept: always), if_loss_drops would leave it out",
                    before, after);
    state_swap(&point->state, &trial->state);
    point->calibration = trial->calibration;
    point->check = trial->check;
    return 0;
}

/* Nothing is in force that was measured with other codes. */
static struct state state_before(const struct result_point *point)
{
    struct state state = state_copy(&point->state);

    state_drop(&state, STATE_CODES);
    state_drop(&state, STATE_STATISTICS);
    state_drop(&state, STATE_BIAS_SHIFT);
    return state;
}

static int round_point(const struct method_task *task, struct result_point *point,
                       struct result *result, struct error *err)
{
    struct result_point trial = {.choices = point->choices,
                                 .state = state_before(point)};
    struct tally tally = {0};
    struct grids grids = {0};
    int status = find_grids(task, trial.choices, &grids, err);

    if (status == 0)
        status = round_layers(task, &grids, &trial, &tally, err);
    if (status == 0)
        status = method_score(task, &trial, err);
    if (status == 0) {
        warn_of(&tally, result);
        status = keep_or_forget(task, &trial, point, result, err);
    }
    clear_grids(&grids);
    state_clear(&trial.state);
    return status;
}

int rounding(const struct method_task *task, struct result_point *point,
             struct result *result, struct error *err)
{
    int phase, status;

    if (!is_asked_for(task))
        return 0;
    phase = method_begin_phase(task->team, result, "rounding");
    progress_show(task->progress, "%s: rounding", task->one->id);
    status = round_point(task, point, result, err);
    method_end_phase(task->team, result, phase, 1);
    return status;
}
