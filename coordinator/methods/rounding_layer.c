#include "coordinator/methods/rounding_layer.h"

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/evaluate/candidate.h"
#include "core/evaluate/layer_gram.h"
#include "core/network/batchnorm.h"
#include "core/network/layer_kind.h"
#include "core/quant/gram_rounding.h"
#include "core/quant/packed_codes.h"
#include "core/quant/step_ratios.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- one layer ------------------------------------------------------------------------------ */

struct rounding_layer rounding_layer_begin(const struct method_task *task, int index,
                                           int item, const struct choice *choices,
                                           float input_step, float target_step)
{
    const struct layer *layer = &team_network(task->team)->layers[index];
    struct rounding_layer of = {
        .task = task,
        .choices = choices,
        .index = index,
        .item = item,
        .layer = layer,
        .measure = measure_of_gram(index, input_step, target_step),
        .refits =
            task->one->method->rounding.affine == AFFINE_LAYER && layer->batchnorm,
        .scans = task->one->method->rounding.steps == GRAM_STEPS_SCANNED,
        .outputs = (size_t)layer->weights->outputs,
        .code_count = weights_count(layer->weights),
    };

    of.number_count = packed_codes_count(of.code_count) + 3 * of.outputs + 1;
    of.numbers = memory_zeroed(of.number_count, sizeof *of.numbers);
    return of;
}

void rounding_layer_stand_alone(struct rounding_layer *of)
{
    of->keeps_products = true;
    of->refits = false;
    of->scans = of->scans && !team_placement(of->task->team)->items[of->item].ratios;
}

void rounding_layer_end(struct rounding_layer *of)
{
    free(of->numbers);
}

static double *lacking_of(const struct rounding_layer *of)
{
    return of->numbers + packed_codes_count(of->code_count);
}

static double *factors_of(const struct rounding_layer *of)
{
    return lacking_of(of) + of->outputs;
}

static double *step_factors_of(const struct rounding_layer *of)
{
    return factors_of(of) + of->outputs;
}

static double *ridge_of(const struct rounding_layer *of)
{
    return step_factors_of(of) + of->outputs;
}

double rounding_layer_ridge(const struct rounding_layer *of)
{
    return *ridge_of(of);
}

static const struct quantized_tensor *tensor_of(const struct rounding_layer *of)
{
    return &team_placement(of->task->team)->items[of->item];
}

/* Steps may differ from output to output, or factors may. */
static bool is_by_output(const struct rounding_layer *of)
{
    return of->refits || tensor_of(of)->ratios;
}

/* The choice of the weights with the step that was found. */
static struct choice choice_of(const struct rounding_layer *of)
{
    const struct choice choice = of->choices[of->item];
    double factor = *step_factors_of(of);

    return is_by_output(of) || factor == 1
               ? choice
               : placement_put_step(tensor_of(of), choice,
                                    (float)((double)choice.step * factor));
}

/* Which weights share a step, those of an output at most; so does a tensor whose outputs all have its step. */
static struct step_layout layout_of(const struct rounding_layer *of)
{
    return placement_layout(team_network(of->task->team), tensor_of(of));
}

/* Ratios of steps as they were found, to be freed; NULL: there are none. */
static float *ratios_of(const struct rounding_layer *of)
{
    const float *before = tensor_of(of)->ratios;
    const struct step_layout layout = layout_of(of);
    size_t count = step_layout_count(&layout), each = count / of->outputs;
    float *ratios = NULL;

    if (!before)
        return NULL;
    ratios = memory_get(count * sizeof *ratios);
    for (size_t i = 0; i < count; i++)
        ratios[i] = (float)((double)before[i] * step_factors_of(of)[i / each]);
    return ratios;
}

/* Steps of codes: of the outputs, and shares in them of weights that have steps of their own. */
struct weight_steps_found {
    float *steps;   /* [outputs] owned */
    double *shares; /* [outputs, weights of one] owned, or NULL: all are 1 */
};

/* Those of blocks are shares in the step of the first of the output. */
static void find_shares(const struct rounding_layer *of, const float *steps,
                        struct weight_steps_found *found)
{
    const struct step_layout layout = layout_of(of);
    size_t each = step_layout_count(&layout) / of->outputs;
    size_t row = weights_per_output(of->layer->weights);

    if (each > 1)
        found->shares = memory_get(of->code_count * sizeof *found->shares);
    for (size_t output = 0; output < of->outputs; output++)
        found->steps[output] = steps[output * each];
    for (size_t i = 0; found->shares && i < of->code_count; i++)
        found->shares[i] =
            (double)steps[step_layout_at(&layout, i)] / (double)found->steps[i / row];
}

static struct weight_steps_found weight_steps(const struct rounding_layer *of)
{
    const struct quantizer quantizer = choice_quantizer(choice_of(of));
    const struct step_layout layout = layout_of(of);
    size_t count = step_layout_count(&layout);
    float *ratios = ratios_of(of);
    float *steps = memory_get(count * sizeof *steps);
    struct weight_steps_found found = {
        .steps = memory_get(of->outputs * sizeof *found.steps)};

    for (size_t i = 0; i < count; i++)
        steps[i] = step_ratios_quantizer(&quantizer, ratios, i).step;
    find_shares(of, steps, &found);
    free(ratios);
    free(steps);
    return found;
}

static void weight_steps_clear(struct weight_steps_found *found)
{
    free(found->steps);
    free(found->shares);
}

/* What group `group` is rounded by. */
static struct gram_weights weights_of(const struct rounding_layer *of,
                                      const struct gram_answer *answer,
                                      const struct weight_steps_found *steps,
                                      size_t first)
{
    const struct quantizer quantizer = choice_quantizer(of->choices[of->item]);
    size_t each = weights_per_output(of->layer->weights);

    return (struct gram_weights){
        .values = of->layer->weights->values + first * each,
        .steps = steps->steps + first,
        .shares = steps->shares ? steps->shares + first * each : NULL,
        .lowest = quantizer_lowest(&quantizer),
        .highest = quantizer_highest(&quantizer),
        .centre = (double)grid_centre(quantizer.grid),
        .input_step = answer->input_step,
        .input_zero = answer->input_zero,
        .target_step = (double)of->measure.range.high,
        .keeps_products = of->keeps_products,
        .keeps_bias = layer_recurs(of->layer),
        .refits = of->refits,
    };
}

/* ---- steps ---------------------------------------------------------------------------------- */

static size_t outputs_of_group(const struct rounding_layer *of)
{
    return of->outputs / (size_t)of->layer->weights->groups;
}

/* Errors [outputs, GRAM_STEPS_TRIED], to be freed. */
static double *errors_of_steps(const struct rounding_layer *of,
                               const struct gram_answer *answer)
{
    double *errors = memory_get(of->outputs * GRAM_STEPS_TRIED * sizeof *errors);
    struct weight_steps_found steps = weight_steps(of);

    for (int group = 0; group < of->layer->weights->groups; group++) {
        const struct gram gram = layer_gram_of(of->layer, group, answer->numbers);
        size_t first = (size_t)group * outputs_of_group(of);
        const struct gram_weights how = weights_of(of, answer, &steps, first);

        gram_try_steps(&gram, &how, errors + first * GRAM_STEPS_TRIED);
    }
    weight_steps_clear(&steps);
    return errors;
}

/* The step that errs least, over `outputs` outputs; the one that there is where others are no better. */
static double best_factor(const double *errors, size_t outputs)
{
    double sums[GRAM_STEPS_TRIED] = {0};
    int best = GRAM_STEP_KEPT;

    for (size_t i = 0; i < outputs * GRAM_STEPS_TRIED; i++)
        sums[i % GRAM_STEPS_TRIED] += errors[i];
    for (int tried = 0; tried < GRAM_STEPS_TRIED; tried++)
        if (sums[tried] < sums[best])
            best = tried;
    return gram_step_factor(best);
}

static void scan_steps(const struct rounding_layer *of,
                       const struct gram_answer *answer)
{
    double *errors = errors_of_steps(of, answer);
    double *factors = of->refits ? factors_of(of) : step_factors_of(of);
    double of_all = best_factor(errors, of->outputs);

    for (size_t output = 0; output < of->outputs; output++)
        factors[output] = is_by_output(of)
                              ? best_factor(errors + output * GRAM_STEPS_TRIED, 1)
                              : of_all;
    free(errors);
}

/* ---- codes ---------------------------------------------------------------------------------- */

/* Rounds group after group. */
static void find_codes(const struct rounding_layer *of,
                       const struct gram_answer *answer)
{
    const struct weights *weights = of->layer->weights;
    size_t of_group = outputs_of_group(of);
    int8_t *codes = memory_get(of->code_count);
    struct weight_steps_found steps = weight_steps(of);

    for (int group = 0; group < weights->groups; group++) {
        const struct gram gram = layer_gram_of(of->layer, group, answer->numbers);
        size_t first = (size_t)group * of_group;
        const struct gram_weights how = weights_of(of, answer, &steps, first);
        double ridge = gram_round(
            &gram, &how,
            &(struct gram_rounded){codes + first * weights_per_output(weights),
                                   lacking_of(of) + first, factors_of(of) + first});

        *ridge_of(of) = fmax(*ridge_of(of), ridge);
    }
    packed_codes_pack(codes, of->code_count, of->numbers);
    weight_steps_clear(&steps);
    free(codes);
}

static void find(const struct rounding_layer *of, const struct gram_answer *answer)
{
    for (size_t output = 0; output < of->outputs; output++)
        factors_of(of)[output] = step_factors_of(of)[output] = 1;
    if (of->scans)
        scan_steps(of, answer);
    find_codes(of, answer);
}

static struct hash128 key_of(const struct rounding_layer *of)
{
    struct hash128 key =
        candidate_key(of->choices, team_placement(of->task->team)->count);
    const uint32_t how[] = {of->refits, of->scans + 2u * of->keeps_products};

    hash128_add(&key, &of->measure, sizeof of->measure);
    hash128_add(&key, how, sizeof how);
    return key;
}

static int measure(const struct rounding_layer *of, struct gram_answer *answer,
                   struct error *err)
{
    if (answer->numbers)
        return 0;
    answer->numbers = memory_get(layer_gram_count(of->layer) * sizeof *answer->numbers);
    return team_measure(of->task->team, &of->measure, 1, of->choices,
                        (void *[]){answer}, err);
}

int rounding_layer_find(const struct rounding_layer *of, struct gram_answer *answer,
                        struct error *err)
{
    struct team *team = of->task->team;
    size_t bytes = of->number_count * sizeof *of->numbers;
    struct hash128 key = key_of(of);
    double began = clock_seconds();

    if (team_recall(team, JOURNAL_MEASURE, key, of->numbers, bytes))
        return 0;
    if (measure(of, answer, err) < 0)
        return -1;
    find(of, answer);
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

static double scale_under(const struct rounding_layer *of, int channel, float variance)
{
    const struct batchnorm *batchnorm = of->layer->batchnorm;
    double deviation = sqrt((double)variance + (double)batchnorm->epsilon);

    return (double)of->layer->conv.scale[channel] *
           (batchnorm_deviation(batchnorm, channel) / deviation);
}

/* Scales take the factors; *shifts [outputs] are corrected by what the means are scaled to otherwise. */
static void put_factors(const struct rounding_layer *of, struct state *found,
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

static void put_shifts(const struct rounding_layer *of, struct state *found,
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

/* Ratios in place of those that the tensor's step was found with. */
static void put_ratios(const struct rounding_layer *of, struct state *state)
{
    const struct step_layout layout = layout_of(of);
    float *ratios = ratios_of(of);

    if (ratios)
        state_set_floats(state, STATE_CODE_RATIOS, of->item, ratios,
                         step_layout_count(&layout));
    free(ratios);
}

/* Factors and biases of a convolution; a recurrence has none to take them. */
static void put_affine(const struct rounding_layer *of, struct state *state)
{
    double *shifts = memory_get(of->outputs * sizeof *shifts);

    for (size_t output = 0; output < of->outputs; output++)
        shifts[output] = (double)of->layer->conv.scale[output] * lacking_of(of)[output];
    if (of->refits)
        put_factors(of, state, shifts);
    put_shifts(of, state, shifts);
    free(shifts);
}

void rounding_layer_put(const struct rounding_layer *of, struct choice *choices,
                        struct state *state)
{
    choices[of->item] = choice_of(of);
    put_ratios(of, state);
    state_set(state, STATE_CODES, of->item, of->numbers,
              packed_codes_count(of->code_count));
    if (!layer_recurs(of->layer))
        put_affine(of, state);
}

void rounding_layer_put_at_width(const struct rounding_layer *of, struct state *found)
{
    size_t codes = packed_codes_count(of->code_count);
    size_t count = codes + of->outputs + 1;
    double *numbers = memory_get(count * sizeof *numbers);

    memcpy(numbers, of->numbers, codes * sizeof *numbers);
    for (size_t output = 0; output < of->outputs; output++) {
        float shift =
            (float)((double)of->layer->conv.scale[output] * lacking_of(of)[output]);

        numbers[codes + output] = (double)(isfinite(shift) ? shift : 0);
    }
    numbers[count - 1] = (double)choice_of(of).step;
    state_set(found, STATE_CODES_OF_BITS,
              GIVEN_CODES * of->item + of->choices[of->item].bits, numbers, count);
    free(numbers);
}
