#include "core/network/coded_weights.h"

#include "core/base/memory.h"
#include "core/network/weight_codes.h"
#include "core/quant/wide_codes.h"

#include <stdlib.h>

/* The container of codes, which are integers themselves unless they have a centre. */
static struct container container_for(const struct weight_rules *rules,
                                      const struct quantizer *quantizer,
                                      const struct weight_codes *found,
                                      const int16_t *codes, size_t count,
                                      bool in_4_bits)
{
    struct container container;

    if (rules->wide.added > 0)
        return container_of_folded(wide_codes_most(codes, count), in_4_bits);
    container = container_of(quantizer, in_4_bits);
    if (found->centre == 0) {
        container.factor = 1;
        container.offset = 0;
    }
    return container;
}

/* Steps and corrections of the channels, of which the codes were found. */
static void find_values(struct coded_weights *weights, const struct layer *layer,
                        const struct weight_rules *rules,
                        const struct quantizer *quantizer,
                        const struct weight_codes *found, const int16_t *codes)
{
    size_t count = layer_window_count(layer);

    for (size_t channel = 0; channel < (size_t)layer->conv.out_channels; channel++) {
        struct weight_values values =
            weight_codes_values(found, &layer->conv, rules, quantizer, channel,
                                codes + channel * count, count);

        weights->steps[channel] = container_step(&weights->container, values.step);
        if (weights->corrections)
            weights->corrections[channel] = values.correction;
    }
}

void coded_weights_init(struct coded_weights *weights, const struct layer *layer,
                        const struct weight_rules *rules,
                        const struct quantizer *quantizer, bool in_4_bits)
{
    size_t outputs = (size_t)layer->conv.out_channels;
    size_t count = outputs * layer_window_count(layer);
    int16_t *codes = memory_get(count * sizeof *codes);
    struct weight_codes found = weight_codes_find(
        &layer->conv, layer_window_count(layer), rules, quantizer, codes);
    const struct container container =
        container_for(rules, quantizer, &found, codes, count, in_4_bits);

    *weights = (struct coded_weights){
        .container = container,
        .integers = memory_get(count * sizeof *weights->integers),
        .steps = memory_get(outputs * sizeof *weights->steps),
    };
    if (rules->corrects_mean || rules->corrects_variance)
        weights->corrections = memory_get(outputs * sizeof *weights->corrections);
    find_values(weights, layer, rules, quantizer, &found, codes);
    for (size_t i = 0; i < count; i++)
        weights->integers[i] =
            (int16_t)(container.factor * codes[i] + container.offset);
    free(codes);
}

void coded_weights_clear(struct coded_weights *weights)
{
    free(weights->integers);
    free(weights->steps);
    free(weights->corrections);
    *weights = (struct coded_weights){0};
}
