#include "core/layer/split_layer.h"

#include "core/base/memory.h"
#include "core/layer/weight_ratios.h"

#include <assert.h>
#include <stdlib.h>

static struct split_shape shape_of(const struct weights *weights)
{
    return (struct split_shape){
        .outputs = (size_t)weights->outputs,
        .inputs = (size_t)weights->inputs,
        .window = (size_t)weights->window,
    };
}

/* [outputs, window, inputs] to [outputs, inputs, window]. */
static float *channels_first(const struct split_shape *shape, const float *weights)
{
    size_t count = shape->inputs * shape->window;
    float *ordered = memory_get(shape->outputs * count * sizeof *ordered);

    for (size_t output = 0; output < shape->outputs; output++)
        for (size_t tap = 0; tap < shape->window; tap++)
            for (size_t channel = 0; channel < shape->inputs; channel++)
                ordered[output * count + channel * shape->window + tap] = *weights++;
    return ordered;
}

void split_layer_order(const struct split_shape *shape, const int32_t *folded,
                       int16_t *codes)
{
    size_t count = shape->inputs * shape->window;

    for (size_t output = 0; output < shape->outputs; output++)
        for (size_t tap = 0; tap < shape->window; tap++)
            for (size_t channel = 0; channel < shape->inputs; channel++)
                *codes++ =
                    (int16_t)folded[output * count + channel * shape->window + tap];
}

void split_layer_init(struct split_weights *split, const struct weights *weights,
                      const struct weight_rules *rules, float step)
{
    struct split_shape shape = shape_of(weights);
    float *values = weights_in_ratio(weights, rules);
    float *ordered = channels_first(&shape, values);

    assert(weights->groups == 1);
    outlier_splitting_init(split, ordered, shape, (size_t)rules->wide.added, step);
    free(ordered);
    free(values);
}

float split_layer_step(const struct weight_rules *rules,
                       const struct quantizer *quantizer)
{
    return rules->wide.halves_plainly ? 0 : quantizer->step;
}
