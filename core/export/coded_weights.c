#include "core/export/coded_weights.h"

#include "core/base/memory.h"
#include "core/layer/weight_codes.h"
#include "core/quant/wide_codes.h"

#include <math.h>
#include <stdlib.h>

/* The container of codes, which are integers themselves unless they have a centre. */
static struct container container_for(const struct weight_rules *rules,
                                      const struct quantizer *quantizer,
                                      const struct weight_codes *found,
                                      const int16_t *codes, size_t count, int narrowest)
{
    struct container container;

    if (rules->wide.added > 0)
        return container_of_folded(wide_codes_most(codes, count), narrowest);
    container = container_of(quantizer, narrowest);
    if (found->centre == 0) {
        container.factor = 1;
        container.offset = 0;
    }
    return container;
}

/* Steps and corrections, of which the codes were found. */
static void find_values(struct coded_weights *weights, const struct weights *of,
                        const struct weight_rules *rules,
                        const struct quantizer *quantizer,
                        const struct weight_codes *found, const int16_t *codes)
{
    weight_codes_values(found, of, rules, quantizer, codes, weights->steps,
                        weights->corrections);
    for (size_t i = 0; i < step_layout_count(&weights->layout); i++)
        weights->steps[i] = container_step(&weights->container, weights->steps[i]);
    if (rules->corrects_mean || rules->corrects_variance)
        return;
    free(weights->corrections);
    weights->corrections = NULL;
}

void coded_weights_init(struct coded_weights *weights, const struct weights *of,
                        const struct weight_rules *rules,
                        const struct quantizer *quantizer, int narrowest)
{
    size_t count = weights_count(of);
    int16_t *codes = memory_get(count * sizeof *codes);
    struct step_layout layout = weight_codes_layout(of, rules);
    struct weight_codes found = weight_codes_find(of, rules, quantizer, codes);
    const struct container container =
        container_for(rules, quantizer, &found, codes, count, narrowest);

    *weights = (struct coded_weights){
        .container = container,
        .integers = memory_get(count * sizeof *weights->integers),
        .steps = memory_get(step_layout_count(&layout) * sizeof *weights->steps),
        .layout = layout,
        .block = weight_codes_have_blocks(of, rules) ? (int)layout.block : 0,
        .corrections = memory_get((size_t)of->outputs * sizeof *weights->corrections),
    };
    find_values(weights, of, rules, quantizer, &found, codes);
    for (size_t i = 0; i < count; i++)
        weights->integers[i] =
            (int16_t)(container.factor * codes[i] + container.offset);
    free(codes);
}

/* ---- scales of channels ------------------------------------------------------------------- */

/* The magnitude that integers of shifts may have: half of what 32 bits hold. */
static const float SHIFT_MOST = 0x1p30f;

/* A step, and its product with that of the input, are no less: normal floats, also when they are
 * multiplied once more. */
static const float STEP_LEAST = 0x1p-100f;

static float largest(const float *values, size_t count)
{
    float most = 0;

    for (size_t i = 0; i < count; i++)
        most = fmaxf(most, fabsf(values[i]));
    return most;
}

static bool has_negative(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] < 0)
            return true;
    return false;
}

static void set_zero(struct coded_weights *weights, size_t channel, size_t count)
{
    for (size_t i = 0; i < count; i++)
        weights->integers[channel * count + i] = 0;
}

static bool is_zero(const struct coded_weights *weights, size_t channel, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (weights->integers[channel * count + i] != 0)
            return false;
    return true;
}

/* The integers of a channel whose step `from` becomes `to`, of which it may be a negative part. */
static void code_again(struct coded_weights *weights, size_t channel, size_t count,
                       float from, float to)
{
    int16_t *integers = weights->integers + channel * count;
    double factor = (double)from / (double)to;

    for (size_t i = 0; i < count; i++)
        integers[i] = (int16_t)rint(integers[i] * factor);
}

/* What the step of a channel with that shift has to be at least. */
static float step_least(float shift, float input_step)
{
    float least = fmaxf(STEP_LEAST, STEP_LEAST / input_step);

    return fmaxf(least, shift / (input_step * SHIFT_MOST));
}

bool coded_weights_fold(struct coded_weights *weights, const struct layer *layer,
                        float input_step)
{
    const struct conv *conv = &layer->conv;
    size_t channels = (size_t)layer->weights->outputs,
           count = weights_per_output(layer->weights);
    float *steps = weights->steps, most;

    if (weights->corrections || weights->block > 0 ||
        (layer->weights->is_turned && layer->weights->groups > 1) ||
        (weights->container.lowest != -weights->container.highest &&
         has_negative(conv->scale, channels)))
        return false;
    for (size_t channel = 0; channel < channels; channel++)
        steps[channel] *= conv->scale[channel];
    most = largest(steps, channels);
    most = most > 0 ? most : 1;
    for (size_t channel = 0; channel < channels; channel++) {
        float least = step_least(fabsf(conv->shift[channel]), input_step);
        float step = fmaxf(fabsf(steps[channel]), least);
        bool is_empty;

        if (steps[channel] == 0)
            set_zero(weights, channel, count);
        else if (step != steps[channel])
            code_again(weights, channel, count, steps[channel], step);
        is_empty = conv->shift[channel] == 0 && is_zero(weights, channel, count);
        steps[channel] = is_empty ? most : step;
    }
    return true;
}

int32_t coded_shift(const struct coded_weights *weights, const struct conv *conv,
                    float input_step, size_t channel)
{
    float unit = input_step * weights->steps[channel];

    return (int32_t)rint((double)conv->shift[channel] / (double)unit);
}

float coded_weights_step(const struct coded_weights *weights, size_t at)
{
    return weights->steps[step_layout_at(&weights->layout, at)];
}

float coded_weights_value(const struct coded_weights *weights, size_t at,
                          size_t window_count)
{
    float level = (float)weights->integers[at] * coded_weights_step(weights, at);

    return weights->corrections ? level + weights->corrections[at / window_count]
                                : level;
}

void coded_weights_clear(struct coded_weights *weights)
{
    free(weights->integers);
    free(weights->steps);
    free(weights->corrections);
    *weights = (struct coded_weights){0};
}
