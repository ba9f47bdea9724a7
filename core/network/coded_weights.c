#include "core/network/coded_weights.h"

#include "core/base/memory.h"

#include <stdlib.h>

/* Codes, step and correction of an output channel. */
static void code_channel(struct coded_weights *weights, const struct conv *conv,
                         const struct weight_rules *rules,
                         const struct quantizer *of_tensor, size_t channel,
                         size_t count, int8_t *codes)
{
    const struct container *container = &weights->container;
    struct quantizer quantizer =
        weight_rules_quantizer(rules, conv, of_tensor, channel);
    int16_t *integers = weights->integers + channel * count;
    struct weight_values values;

    quantizer_codes(&quantizer, conv->weights + channel * count, count, codes);
    values = weight_rules_values(rules, conv, of_tensor, channel, codes, count);
    for (size_t i = 0; i < count; i++)
        integers[i] = (int16_t)(container->factor * codes[i] + container->offset);
    weights->steps[channel] = container_step(container, values.step);
    if (weights->corrections)
        weights->corrections[channel] = values.correction;
}

void coded_weights_init(struct coded_weights *weights, const struct layer *layer,
                        const struct weight_rules *rules,
                        const struct quantizer *quantizer, bool in_4_bits)
{
    size_t outputs = (size_t)layer->conv.out_channels;
    size_t count = layer_window_count(layer);
    int8_t *codes = memory_get(count * sizeof *codes);

    *weights = (struct coded_weights){
        .container = container_of(quantizer, in_4_bits),
        .integers = memory_get(outputs * count * sizeof *weights->integers),
        .steps = memory_get(outputs * sizeof *weights->steps),
    };
    if (rules->corrects_mean || rules->corrects_variance)
        weights->corrections = memory_get(outputs * sizeof *weights->corrections);
    for (size_t channel = 0; channel < outputs; channel++)
        code_channel(weights, &layer->conv, rules, quantizer, channel, count, codes);
    free(codes);
}

void coded_weights_clear(struct coded_weights *weights)
{
    free(weights->integers);
    free(weights->steps);
    free(weights->corrections);
    *weights = (struct coded_weights){0};
}
