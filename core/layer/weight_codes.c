#include "core/layer/weight_codes.h"

#include "core/base/memory.h"
#include "core/layer/split_layer.h"
#include "core/layer/weight_ratios.h"
#include "core/quant/bias_correction.h"
#include "core/quant/container.h"
#include "core/quant/second_codes.h"
#include "core/quant/step_ratios.h"

#include <math.h>
#include <stdlib.h>

/* ---- quantizers of channels and blocks ------------------------------------------------------- */

/* Steps of a file are those of its integers. */
static int file_factor(const struct quantizer *of_tensor)
{
    struct container container = container_of(of_tensor, 8);

    return container.factor;
}

struct quantizer weight_codes_quantizer(const struct weights *weights,
                                        const struct weight_rules *rules,
                                        const struct quantizer *of_tensor, size_t step)
{
    struct quantizer quantizer = *of_tensor;

    if (!weights->steps)
        return step_ratios_quantizer(of_tensor, rules->ratios, step);
    quantizer.step = (float)file_factor(of_tensor) * weights->steps[step];
    return quantizer;
}

static int block_of(const struct weights *weights, const struct weight_rules *rules)
{
    return weights->steps ? weights->block : rules->block;
}

struct step_layout weight_codes_layout(const struct weights *weights,
                                       const struct weight_rules *rules)
{
    return weights_layout(weights, block_of(weights, rules));
}

bool weight_codes_have_blocks(const struct weights *weights,
                              const struct weight_rules *rules)
{
    return block_of(weights, rules) > 0;
}

/* ---- codes of the grid -------------------------------------------------------------------- */

static bool are_odd(const struct quantizer *quantizer)
{
    return quantizer->grid == GRID_MIDRISE && quantizer->bits < BITS_MOST;
}

static int odd_code(int code)
{
    return 2 * code + 1;
}

struct weight_codes weight_codes_of_grid(const struct quantizer *quantizer)
{
    if (are_odd(quantizer))
        return (struct weight_codes){0.5f, 0, 1};
    return (struct weight_codes){1, grid_centre(quantizer->grid), 1};
}

int weight_codes_most_of_grid(const struct quantizer *quantizer)
{
    int lowest = quantizer_lowest(quantizer);

    return are_odd(quantizer) ? -odd_code(lowest) : -lowest;
}

static struct weight_codes plain_codes(const struct weights *weights,
                                       const struct weight_rules *rules,
                                       const struct quantizer *of_tensor,
                                       int16_t *codes)
{
    struct step_layout layout = weight_codes_layout(weights, rules);
    size_t count = weights_count(weights);
    bool is_one = !rules->ratios && !weights->steps;

    if (is_one)
        quantizer_wide_codes(of_tensor, weights->values, count, codes);
    for (size_t i = 0; !is_one && i < step_layout_count(&layout); i++) {
        struct step_span span = step_layout_span(&layout, i);
        struct quantizer quantizer =
            weight_codes_quantizer(weights, rules, of_tensor, i);

        quantizer_wide_codes(&quantizer, weights->values + span.first, span.count,
                             codes + span.first);
    }
    for (size_t i = 0; are_odd(of_tensor) && i < count; i++)
        codes[i] = (int16_t)odd_code(codes[i]);
    return weight_codes_of_grid(of_tensor);
}

/* ---- codes that are given ------------------------------------------------------------------- */

static bool are_given(const struct weight_rules *rules,
                      const struct quantizer *of_tensor)
{
    return rules->given && given_codes_of(rules->given, of_tensor->bits)->codes;
}

/* Those that the grid has; they are of the weights' tensor, at whatever step. */
static struct weight_codes given_codes(const struct weights *weights,
                                       const struct given_codes *given,
                                       const struct quantizer *of_tensor,
                                       int16_t *codes)
{
    size_t count = weights_count(weights);
    int lowest = quantizer_lowest(of_tensor), highest = quantizer_highest(of_tensor);

    for (size_t i = 0; i < count; i++) {
        int code = given->codes[i];

        code = code < lowest ? lowest : code > highest ? highest : code;
        codes[i] = (int16_t)(are_odd(of_tensor) ? odd_code(code) : code);
    }
    return weight_codes_of_grid(of_tensor);
}

/* ---- folded codes of split channels --------------------------------------------------------- */

static struct weight_codes fold(const struct split_weights *split,
                                const struct quantizer *quantizer, int16_t *codes)
{
    const struct split_shape *shape = &split->shape;
    size_t taps = shape->outputs * shape->window;
    bool has_zero = grid_centre(quantizer->grid) == 0;
    int8_t *narrow = memory_get((shape->inputs + split->added) * taps);
    int32_t *folded = memory_get(shape->inputs * taps * sizeof *folded);

    quantizer_codes(quantizer, split->values, (shape->inputs + split->added) * taps,
                    narrow);
    if (has_zero)
        outlier_splitting_fold(split, narrow, folded);
    else
        outlier_splitting_fold_halves(split, narrow, folded);
    split_layer_order(shape, folded, codes);
    free(narrow);
    free(folded);
    return (struct weight_codes){has_zero ? 1 : 0.5f, 0, 1};
}

static struct weight_codes split_codes(const struct weights *weights,
                                       const struct weight_rules *rules,
                                       const struct quantizer *of_tensor,
                                       int16_t *codes)
{
    struct split_weights split;
    struct weight_codes found;

    split_layer_init(&split, weights, rules, split_layer_step(rules, of_tensor));
    found = fold(&split, of_tensor, codes);
    outlier_splitting_clear(&split);
    return found;
}

/* A file has the folded codes. */
static struct weight_codes folded_codes(const struct weights *weights,
                                        const struct quantizer *of_tensor,
                                        int16_t *codes)
{
    size_t count = weights_count(weights), each = weights_per_output(weights);

    for (size_t i = 0; i < count; i++)
        codes[i] = (int16_t)lrintf(weights->values[i] / weights->steps[i / each]);
    return (struct weight_codes){1 / (float)file_factor(of_tensor), 0, 1};
}

/* ---- codes of two tensors ------------------------------------------------------------------- */

/* The factor whose codes, at their largest, cannot overflow. */
static int factor_at_most(const struct quantizer *quantizer, size_t window_count)
{
    size_t each = (size_t)-quantizer_lowest(quantizer);
    size_t most = CODE_SUM_MOST / (window_count * each) - 1;

    return most < SECOND_FACTOR_MOST ? (int)most : SECOND_FACTOR_MOST;
}

static struct weight_codes second_codes(const struct weights *weights,
                                        const struct weight_rules *rules,
                                        const struct quantizer *of_tensor,
                                        int16_t *codes)
{
    size_t count = weights_count(weights);
    float *values = weights_in_ratio(weights, rules);
    bool is_poor = second_codes_relative_error(of_tensor, values, count) >
                   rules->wide.second_above;
    int factor =
        is_poor
            ? second_codes_find(of_tensor, values, count,
                                factor_at_most(of_tensor, weights_per_output(weights)),
                                codes)
            : 1;

    free(values);
    if (factor == 1)
        return plain_codes(weights, rules, of_tensor, codes);
    return (struct weight_codes){
        .step_factor = 1 / (float)factor,
        .centre = (float)(factor + 1) * grid_centre(of_tensor->grid),
        .factor = factor,
    };
}

struct weight_codes weight_codes_find(const struct weights *weights,
                                      const struct weight_rules *rules,
                                      const struct quantizer *of_tensor, int16_t *codes)
{
    if (are_given(rules, of_tensor))
        return given_codes(weights, given_codes_of(rules->given, of_tensor->bits),
                           of_tensor, codes);
    if (rules->wide.added > 0 && weights->steps)
        return folded_codes(weights, of_tensor, codes);
    if (rules->wide.added > 0)
        return split_codes(weights, rules, of_tensor, codes);
    if (rules->wide.second_above > 0)
        return second_codes(weights, rules, of_tensor, codes);
    return plain_codes(weights, rules, of_tensor, codes);
}

/* What is added to the weights of an output channel; its step may become another. */
static float correct(const struct weight_codes *found, const struct weights *weights,
                     const struct weight_rules *rules, size_t channel,
                     const int16_t *codes, float *step)
{
    size_t count = weights_per_output(weights);
    const float *floats = weights->values + channel * count;
    struct code_values values = {*step, found->centre};
    float correction = 0;

    codes += channel * count;
    if (rules->corrects_variance && !weights->steps)
        *step = values.step = bias_correction_step(floats, codes, count, values);
    if (weights->corrections)
        correction = weights->corrections[channel];
    else if (rules->corrects_mean || rules->corrects_variance)
        bias_correction_mean(floats, codes, 1, count, values, &correction);
    return correction;
}

void weight_codes_values(const struct weight_codes *found,
                         const struct weights *weights,
                         const struct weight_rules *rules,
                         const struct quantizer *of_tensor, const int16_t *codes,
                         float *steps, float *corrections)
{
    struct step_layout layout = weight_codes_layout(weights, rules);

    for (size_t i = 0; i < step_layout_count(&layout); i++)
        steps[i] = weight_codes_quantizer(weights, rules, of_tensor, i).step *
                   found->step_factor;
    for (size_t channel = 0; channel < (size_t)weights->outputs; channel++)
        corrections[channel] =
            weight_codes_have_blocks(weights, rules)
                ? 0
                : correct(found, weights, rules, channel, codes, &steps[channel]);
}
