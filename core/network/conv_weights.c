#include "core/network/conv_weights.h"

#include "core/base/memory.h"
#include "core/kernel/kernel.h"
#include "core/quant/bias_correction.h"

#include <stdlib.h>
#include <string.h>

static size_t weight_count(const struct conv_weights *weights)
{
    return (size_t)weights->conv->out_channels * (size_t)weights->window_count;
}

static int group_outputs(const struct conv *conv)
{
    return conv->out_channels / conv->groups;
}

/* [channels, taps] to [taps, channels], for the depthwise kernels. */
static void transpose(const int8_t *from, int channels, int taps, int8_t *to)
{
    for (int channel = 0; channel < channels; channel++)
        for (int tap = 0; tap < taps; tap++)
            to[tap * channels + channel] = *from++;
}

enum { WEIGHT_MOST = -INT8_MIN };

static size_t group_bytes(const struct conv_weights *weights,
                          const struct conv_plan *plan, int weight_most)
{
    if (weights->is_depthwise)
        return (size_t)plan->window_count;
    return conv_u8s8_packed_bytes(weights->kernels, weight_most,
                                  group_outputs(weights->conv), plan->runs,
                                  weights->run_bytes);
}

void conv_weights_init(struct conv_weights *weights, const struct kernel_set *kernels,
                       const struct conv_plan *plan, const struct conv *conv,
                       bool corrects_mean)
{
    size_t outputs = (size_t)conv->out_channels;

    *weights = (struct conv_weights){
        .conv = conv,
        .kernels = kernels,
        .window_count = plan->window_count,
        .is_depthwise = conv->groups > 1 && plan->group_channels == 1 &&
                        conv->out_channels == conv->in_channels,
        .corrects_mean = corrects_mean,
        .run_bytes = (plan->run_length + QUAD - 1) / QUAD * QUAD,
    };
    weights->codes = memory_get(weight_count(weights));
    weights->code_sums = memory_zeroed(outputs, sizeof *weights->code_sums);
    weights->corrections = memory_zeroed(outputs, sizeof *weights->corrections);
    weights->packed =
        memory_aligned(group_bytes(weights, plan, WEIGHT_MOST) * (size_t)conv->groups);
    weights->floats = memory_aligned(weight_count(weights) * sizeof *weights->floats);
    weights->quantizer.step = -1; /* neither float nor quantized yet */
    conv_weights_set(weights, plan, NULL);
}

void conv_weights_clear(struct conv_weights *weights)
{
    free(weights->codes);
    free(weights->code_sums);
    free(weights->corrections);
    free(weights->packed);
    free(weights->floats);
    *weights = (struct conv_weights){0};
}

double conv_weights_offset(const struct conv_weights *weights)
{
    return weights->quantizer.grid == GRID_MIDRISE ? 0.5 : 0.0;
}

static void sum_codes(struct conv_weights *weights)
{
    const int8_t *code = weights->codes;

    for (int channel = 0; channel < weights->conv->out_channels; channel++) {
        int32_t sum = 0;

        for (int i = 0; i < weights->window_count; i++)
            sum += *code++;
        weights->code_sums[channel] = sum;
    }
}

static void pack(struct conv_weights *weights, const struct conv_plan *plan)
{
    const struct conv *conv = weights->conv;
    int outputs = group_outputs(conv);

    if (weights->is_depthwise) {
        transpose(weights->codes, conv->out_channels, plan->window_count,
                  weights->packed);
        return;
    }
    for (int group = 0; group < conv->groups; group++)
        conv_u8s8_pack(weights->kernels, weights->weight_most,
                       weights->codes +
                           (size_t)group * (size_t)outputs * (size_t)plan->window_count,
                       outputs, plan->runs, plan->run_length, weights->run_bytes,
                       weights->packed + (size_t)group * weights->packed_group_bytes);
}

/* A weight as the float path has it: quantized and corrected, or as it was. */
static float value_of(const struct conv_weights *weights, int channel, size_t at)
{
    if (weights->quantizer.step == 0)
        return weights->conv->weights[at];
    return quantizer_value(&weights->quantizer, weights->codes[at]) +
           weights->corrections[channel];
}

void conv_weights_need_floats(struct conv_weights *weights)
{
    size_t count = (size_t)weights->window_count;
    /* Channels that stand beside each other for each element of the window. */
    size_t together = weights->is_depthwise ? (size_t)weights->conv->out_channels
                                            : (size_t)group_outputs(weights->conv);

    if (weights->has_floats)
        return;
    for (int channel = 0; channel < weights->conv->out_channels; channel++) {
        size_t group = (size_t)channel / together;
        float *to =
            weights->floats + group * together * count + (size_t)channel % together;

        for (size_t i = 0; i < count; i++)
            to[i * together] = value_of(weights, channel, (size_t)channel * count + i);
    }
    weights->has_floats = true;
}

void conv_weights_set(struct conv_weights *weights, const struct conv_plan *plan,
                      const struct quantizer *quantizer)
{
    static const struct quantizer in_float = {.step = 0};
    const struct quantizer *wanted = quantizer ? quantizer : &in_float;

    if (weights->quantizer.step == wanted->step &&
        weights->quantizer.grid == wanted->grid &&
        weights->quantizer.bits == wanted->bits)
        return;
    weights->quantizer = *wanted;
    if (quantizer) {
        weights->weight_most = -quantizer_lowest(quantizer);
        weights->packed_group_bytes = group_bytes(weights, plan, weights->weight_most);
        quantizer_codes(quantizer, weights->conv->weights, weight_count(weights),
                        weights->codes);
        if (weights->corrects_mean)
            bias_correction_mean(weights->conv->weights, weights->codes,
                                 (size_t)weights->conv->out_channels,
                                 (size_t)weights->window_count, quantizer,
                                 weights->corrections);
        sum_codes(weights);
        pack(weights, plan);
    }
    weights->has_floats = false;
}
