#include "core/network/coded_weights.h"

#include "core/base/memory.h"
#include "core/quant/bias_correction.h"

#include <stdlib.h>

static float *corrections_of(const struct layer *layer, const int16_t *codes,
                             const struct quantizer *quantizer)
{
    size_t outputs = (size_t)layer->conv.out_channels;
    float *corrections = memory_get(outputs * sizeof *corrections);

    bias_correction_mean(layer->conv.weights, codes, outputs, layer_window_count(layer),
                         code_values_of(quantizer), corrections);
    return corrections;
}

void coded_weights_init(struct coded_weights *weights, const struct layer *layer,
                        const struct quantizer *quantizer, bool corrects_mean,
                        bool in_4_bits)
{
    struct container container = container_of(quantizer, in_4_bits);
    size_t outputs = (size_t)layer->conv.out_channels;
    size_t count = outputs * layer_window_count(layer);
    int16_t *codes = memory_get(count * sizeof *codes);

    quantizer_wide_codes(quantizer, layer->conv.weights, count, codes);
    *weights = (struct coded_weights){
        .container = container,
        .integers = memory_get(count * sizeof *weights->integers),
        .steps = memory_get(outputs * sizeof *weights->steps),
        .corrections = corrects_mean ? corrections_of(layer, codes, quantizer) : NULL,
    };
    for (size_t i = 0; i < count; i++)
        weights->integers[i] =
            (int16_t)(container.factor * codes[i] + container.offset);
    for (size_t i = 0; i < outputs; i++)
        weights->steps[i] = container_step(&container, quantizer->step);
    free(codes);
}

void coded_weights_clear(struct coded_weights *weights)
{
    free(weights->integers);
    free(weights->steps);
    free(weights->corrections);
    *weights = (struct coded_weights){0};
}
