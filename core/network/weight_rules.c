#include "core/network/weight_rules.h"

#include "core/network/container.h"
#include "core/quant/bias_correction.h"
#include "core/quant/channel_ratios.h"

struct quantizer weight_rules_quantizer(const struct weight_rules *rules,
                                        const struct conv *conv,
                                        const struct quantizer *of_tensor,
                                        size_t channel)
{
    struct quantizer quantizer = *of_tensor;
    struct container container;

    if (!conv->steps)
        return channel_quantizer(of_tensor, rules->ratios, channel);
    container = container_of(of_tensor, false);
    quantizer.step = (float)container.factor * conv->steps[channel];
    return quantizer;
}

struct weight_values weight_rules_values(const struct weight_rules *rules,
                                         const struct conv *conv,
                                         const struct quantizer *of_tensor,
                                         size_t channel, const int8_t *codes,
                                         size_t count)
{
    struct quantizer quantizer =
        weight_rules_quantizer(rules, conv, of_tensor, channel);
    const float *floats = conv->weights + channel * count;
    struct weight_values values = {.correction = 0};

    if (rules->corrects_variance && !conv->steps)
        quantizer.step = bias_correction_step(floats, codes, count, &quantizer);
    if (conv->corrections)
        values.correction = conv->corrections[channel];
    else if (rules->corrects_mean || rules->corrects_variance)
        bias_correction_mean(floats, codes, 1, count, &quantizer, &values.correction);
    values.step = quantizer.step;
    return values;
}
