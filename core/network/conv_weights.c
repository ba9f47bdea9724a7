#include "core/network/conv_weights.h"

#include "core/base/memory.h"
#include "core/kernel/kernel.h"

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
                       const struct weight_rules *rules)
{
    *weights = (struct conv_weights){
        .conv = conv,
        .kernels = kernels,
        .window_count = plan->window_count,
        .is_depthwise = conv->groups > 1 && plan->group_channels == 1 &&
                        conv->out_channels == conv->in_channels,
        .rules = *rules,
        .run_bytes = (plan->run_length + QUAD - 1) / QUAD * QUAD,
    };
    weights->rules.corrects_mean |= conv->corrections != NULL;
    weights->codes = memory_get(weight_count(weights));
    conv_weights_set(weights, plan, NULL);
}

void conv_weights_clear(struct conv_weights *weights)
{
    for (int i = 0; i < WEIGHT_VARIANTS; i++) {
        struct weight_variant *variant = &weights->variants[i];

        free(variant->code_sums);
        free(variant->steps);
        free(variant->corrections);
        free(variant->packed);
        free(variant->floats);
    }
    free(weights->codes);
    *weights = (struct conv_weights){0};
}

double conv_weights_offset(const struct conv_weights *weights)
{
    return weights->now->quantizer.grid == GRID_MIDRISE ? 0.5 : 0.0;
}

static void sum_codes(const struct conv_weights *weights, int32_t *sums)
{
    const int8_t *code = weights->codes;

    for (int channel = 0; channel < weights->conv->out_channels; channel++) {
        int32_t sum = 0;

        for (int i = 0; i < weights->window_count; i++)
            sum += *code++;
        sums[channel] = sum;
    }
}

static void pack(const struct conv_weights *weights, const struct conv_plan *plan,
                 struct weight_variant *variant)
{
    const struct conv *conv = weights->conv;
    int outputs = group_outputs(conv);

    if (weights->is_depthwise) {
        transpose(weights->codes, conv->out_channels, plan->window_count,
                  variant->packed);
        return;
    }
    for (int group = 0; group < conv->groups; group++)
        conv_u8s8_pack(weights->kernels, variant->weight_most,
                       weights->codes +
                           (size_t)group * (size_t)outputs * (size_t)plan->window_count,
                       outputs, plan->runs, plan->run_length, weights->run_bytes,
                       variant->packed + (size_t)group * variant->packed_group_bytes);
}

static void find_codes(const struct conv_weights *weights,
                       const struct quantizer *of_tensor)
{
    const struct conv *conv = weights->conv;
    size_t count = (size_t)weights->window_count;

    if (!weights->rules.ratios && !conv->steps) {
        quantizer_codes(of_tensor, conv->weights, weight_count(weights),
                        weights->codes);
        return;
    }
    for (size_t channel = 0; channel < (size_t)conv->out_channels; channel++) {
        struct quantizer quantizer =
            weight_rules_quantizer(&weights->rules, conv, of_tensor, channel);

        quantizer_codes(&quantizer, conv->weights + channel * count, count,
                        weights->codes + channel * count);
    }
}

/* What the codes of each channel stand for: steps and corrections. */
static void find_values(const struct conv_weights *weights,
                        struct weight_variant *variant)
{
    size_t count = (size_t)weights->window_count;

    for (size_t channel = 0; channel < (size_t)weights->conv->out_channels; channel++) {
        struct weight_values values =
            weight_rules_values(&weights->rules, weights->conv, &variant->quantizer,
                                channel, weights->codes + channel * count, count);

        variant->steps[channel] = values.step;
        variant->corrections[channel] = values.correction;
    }
}

/* Room for quantized weights; packed ones of any grid fit. */
static void make_room(const struct conv_weights *weights, const struct conv_plan *plan,
                      struct weight_variant *variant)
{
    size_t outputs = (size_t)weights->conv->out_channels;

    if (variant->packed)
        return;
    variant->code_sums = memory_zeroed(outputs, sizeof *variant->code_sums);
    variant->steps = memory_zeroed(outputs, sizeof *variant->steps);
    variant->corrections = memory_zeroed(outputs, sizeof *variant->corrections);
    variant->packed = memory_aligned(group_bytes(weights, plan, WEIGHT_MOST) *
                                     (size_t)weights->conv->groups);
}

static void quantize(const struct conv_weights *weights, const struct conv_plan *plan,
                     struct weight_variant *variant)
{
    const struct quantizer *quantizer = &variant->quantizer;

    make_room(weights, plan, variant);
    variant->weight_most = -quantizer_lowest(quantizer);
    variant->packed_group_bytes = group_bytes(weights, plan, variant->weight_most);
    find_codes(weights, quantizer);
    find_values(weights, variant);
    sum_codes(weights, variant->code_sums);
    pack(weights, plan, variant);
}

static bool is_of(const struct weight_variant *variant,
                  const struct quantizer *quantizer)
{
    return variant->last_used > 0 && variant->quantizer.step == quantizer->step &&
           variant->quantizer.grid == quantizer->grid &&
           variant->quantizer.bits == quantizer->bits;
}

/* The variant of that quantizer, or else the one that was not asked for longest. */
static struct weight_variant *variant_for(struct conv_weights *weights,
                                          const struct quantizer *quantizer)
{
    struct weight_variant *oldest = weights->variants;

    for (int i = 0; i < WEIGHT_VARIANTS; i++) {
        struct weight_variant *variant = &weights->variants[i];

        if (is_of(variant, quantizer))
            return variant;
        if (variant->last_used < oldest->last_used)
            oldest = variant;
    }
    return oldest;
}

void conv_weights_set(struct conv_weights *weights, const struct conv_plan *plan,
                      const struct quantizer *quantizer)
{
    static const struct quantizer in_float = {.step = 0};
    const struct quantizer *wanted = quantizer ? quantizer : &in_float;
    struct weight_variant *variant = variant_for(weights, wanted);

    weights->now = variant;
    if (!is_of(variant, wanted)) {
        variant->quantizer = *wanted;
        variant->has_floats = false;
        if (quantizer)
            quantize(weights, plan, variant);
    }
    variant->last_used = ++weights->uses;
}

/* A quantized weight needs its code again: the scratch may hold those of another variant. */
static void codes_of_now(const struct conv_weights *weights)
{
    find_codes(weights, &weights->now->quantizer);
}

/* A weight as the float path has it: quantized and corrected, or as it was. */
static float value_of(const struct conv_weights *weights, int channel, size_t at)
{
    const struct weight_variant *now = weights->now;
    struct quantizer quantizer = now->quantizer;

    if (now->quantizer.step == 0)
        return weights->conv->weights[at];
    quantizer.step = now->steps[channel];
    return quantizer_value(&quantizer, weights->codes[at]) + now->corrections[channel];
}

void conv_weights_need_floats(struct conv_weights *weights)
{
    struct weight_variant *now = weights->now;
    size_t count = (size_t)weights->window_count;
    /* Channels that stand beside each other for each element of the window. */
    size_t together = weights->is_depthwise ? (size_t)weights->conv->out_channels
                                            : (size_t)group_outputs(weights->conv);

    if (now->has_floats)
        return;
    if (!now->floats)
        now->floats = memory_aligned(weight_count(weights) * sizeof *now->floats);
    if (now->quantizer.step > 0)
        codes_of_now(weights);
    for (int channel = 0; channel < weights->conv->out_channels; channel++) {
        size_t group = (size_t)channel / together;
        float *to = now->floats + group * together * count + (size_t)channel % together;

        for (size_t i = 0; i < count; i++)
            to[i * together] = value_of(weights, channel, (size_t)channel * count + i);
    }
    now->has_floats = true;
}
