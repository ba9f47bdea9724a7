#include "core/layer/conv_weights.h"

#include "core/base/memory.h"
#include "core/kernel/kernel.h"
#include "core/kernel/winograd.h"
#include "core/layer/conv_blocks.h"
#include "core/layer/winograd_float.h"
#include "core/quant/wide_codes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int group_outputs(const struct weights *of)
{
    return of->outputs / of->groups;
}

/* [channels, taps] to [taps, channels], for the depthwise kernels. */
static void transpose(const int8_t *from, int channels, int taps, int8_t *to)
{
    for (int channel = 0; channel < channels; channel++)
        for (int tap = 0; tap < taps; tap++)
            to[tap * channels + channel] = *from++;
}

static size_t group_bytes(const struct conv_weights *weights,
                          const struct conv_plan *plan, struct conv_most most,
                          const struct winograd_kernel *winograd)
{
    int outputs = group_outputs(weights->of);

    if (weights->is_depthwise)
        return (size_t)plan->window_count;
    if (winograd)
        return winograd_packed_bytes(winograd, outputs, plan->runs, plan->run_length);
    return conv_u8s8_packed_bytes(weights->kernels, most, outputs, plan->runs,
                                  conv_plan_run_bytes(plan));
}

/* The kernel for such codes, or NULL. Runs that do not fill their bytes are not for it, nor is what meets
 * floats. */
static const struct winograd_kernel *winograd_of(const struct conv_weights *weights,
                                                 const struct conv_plan *plan,
                                                 struct conv_most most)
{
    struct conv_u8s8 product = conv_plan_product(plan);

    product.most = most;
    if (weights->is_depthwise || most.input == 0 ||
        plan->run_length != product.run_bytes)
        return NULL;
    return winograd_for(weights->kernels, &product);
}

void conv_weights_init(struct conv_weights *weights, const struct kernel_set *kernels,
                       const struct conv_plan *plan, const struct weights *of,
                       const struct weight_rules *rules)
{
    *weights = (struct conv_weights){
        .of = of,
        .kernels = kernels,
        .window_count = plan->window_count,
        .is_depthwise = of->groups > 1 && of->inputs == 1 && of->outputs == of->groups,
        .rules = *rules,
    };
    weights->rules.corrects_mean |= of->corrections != NULL;
    weights->has_blocks = weight_codes_have_blocks(of, rules);
    assert(of->groups == 1 || !conv_weights_may_be_wide(weights));
    weights->codes = memory_get(weights_count(weights->of) * sizeof *weights->codes);
    weights->narrow[0] = memory_get(weights_count(weights->of));
    if (conv_weights_may_be_wide(weights))
        weights->narrow[1] = memory_get(weights_count(weights->of));
    conv_weights_set(weights, plan, NULL, 0);
}

void conv_weights_clear(struct conv_weights *weights)
{
    for (int i = 0; i < WEIGHT_VARIANTS; i++) {
        struct weight_variant *variant = &weights->variants[i];

        free(variant->code_sums);
        free(variant->steps);
        free(variant->corrections);
        for (int part = 0; part < WEIGHT_PARTS; part++)
            free(variant->parts[part].packed);
        conv_blocks_clear(&variant->blocks);
        free(variant->floats);
    }
    free(weights->codes);
    for (int part = 0; part < WEIGHT_PARTS; part++)
        free(weights->narrow[part]);
    *weights = (struct conv_weights){0};
}

double conv_weights_offset(const struct conv_weights *weights)
{
    return weights->now->meaning.centre;
}

bool conv_weights_may_be_wide(const struct conv_weights *weights)
{
    return weights->rules.wide.added > 0 || weights->rules.wide.second_above > 0;
}

static void sum_codes(const struct conv_weights *weights, int32_t *sums)
{
    const int16_t *code = weights->codes;

    for (int channel = 0; channel < weights->of->outputs; channel++) {
        int32_t sum = 0;

        for (int i = 0; i < weights->window_count; i++)
            sum += *code++;
        sums[channel] = sum;
    }
}

static void pack_group(const struct conv_weights *weights, const struct conv_plan *plan,
                       const int8_t *codes, const struct weight_part *part,
                       int8_t *packed)
{
    int outputs = group_outputs(weights->of);

    if (part->winograd)
        winograd_pack(part->winograd, part->most, codes, outputs, plan->runs,
                      plan->run_length, packed);
    else
        conv_u8s8_pack(weights->kernels, part->most, codes, outputs, plan->runs,
                       plan->run_length, conv_plan_run_bytes(plan), packed);
}

static void pack(const struct conv_weights *weights, const struct conv_plan *plan,
                 const int8_t *codes, struct conv_most most, struct weight_part *part)
{
    const struct weights *of = weights->of;
    size_t group_codes = (size_t)group_outputs(of) * (size_t)plan->window_count;
    size_t groups = (size_t)of->groups;

    part->most = most;
    part->winograd = winograd_of(weights, plan, most);
    part->group_bytes = group_bytes(weights, plan, most, part->winograd);
    if (part->group_bytes * groups > part->room) {
        free(part->packed);
        part->room = part->group_bytes * groups;
        part->packed = memory_aligned(part->room);
    }
    if (weights->is_depthwise) {
        transpose(codes, of->outputs, plan->window_count, part->packed);
        return;
    }
    for (size_t group = 0; group < groups; group++)
        pack_group(weights, plan, codes + group * group_codes, part,
                   part->packed + group * part->group_bytes);
}

/* All that 8 bits can hold goes in one part. */
static void pack_parts(const struct conv_weights *weights, const struct conv_plan *plan,
                       struct weight_variant *variant)
{
    size_t count = weights_count(weights->of);
    int8_t *low = weights->narrow[0], *high = weights->narrow[1];
    int input_most = variant->input_most, most;

    variant->part_count =
        conv_weights_may_be_wide(weights) && variant->code_most > INT8_MAX ? 2 : 1;
    if (variant->part_count == 1) {
        wide_codes_narrow(weights->codes, count, low);
        pack(weights, plan, low, (struct conv_most){variant->code_most, input_most},
             &variant->parts[0]);
        return;
    }
    most = wide_codes_part(weights->codes, count, low, high);
    pack(weights, plan, low, (struct conv_most){WIDE_LOW_MOST, input_most},
         &variant->parts[0]);
    pack(weights, plan, high, (struct conv_most){most, input_most}, &variant->parts[1]);
}

static void pack_blocks(const struct conv_weights *weights,
                        struct weight_variant *variant)
{
    if (variant->input_most == 0)
        return;
    assert(variant->meaning.centre == 0);
    wide_codes_narrow(weights->codes, weights_count(weights->of), weights->narrow[0]);
    conv_blocks_set(&variant->blocks, weights,
                    (struct conv_most){variant->code_most, variant->input_most},
                    weights->narrow[0], variant->steps);
}

static struct weight_codes find_codes(const struct conv_weights *weights,
                                      const struct quantizer *of_tensor)
{
    return weight_codes_find(weights->of, &weights->rules, of_tensor, weights->codes);
}

static void make_room(const struct conv_weights *weights,
                      struct weight_variant *variant)
{
    const struct step_layout layout = weight_codes_layout(weights->of, &weights->rules);
    size_t outputs = (size_t)weights->of->outputs;

    if (variant->code_sums)
        return;
    variant->code_sums = memory_zeroed(outputs, sizeof *variant->code_sums);
    variant->steps = memory_zeroed(step_layout_count(&layout), sizeof *variant->steps);
    variant->corrections = memory_zeroed(outputs, sizeof *variant->corrections);
}

/* Codes of the grid are bounded by it, all others by what they are. */
static int bound_codes(const struct conv_weights *weights,
                       const struct quantizer *quantizer)
{
    int most;

    if (!conv_weights_may_be_wide(weights))
        return weight_codes_most_of_grid(quantizer);
    most = wide_codes_most(weights->codes, weights_count(weights->of));
    return most > 0 ? most : 1;
}

static void quantize(const struct conv_weights *weights, const struct conv_plan *plan,
                     struct weight_variant *variant)
{
    make_room(weights, variant);
    variant->meaning = find_codes(weights, &variant->quantizer);
    variant->code_most = bound_codes(weights, &variant->quantizer);
    weight_codes_values(&variant->meaning, weights->of, &weights->rules,
                        &variant->quantizer, weights->codes, variant->steps,
                        variant->corrections);
    if (weights->has_blocks) {
        pack_blocks(weights, variant);
        return;
    }
    sum_codes(weights, variant->code_sums);
    pack_parts(weights, plan, variant);
}

static uint64_t given_signature(const struct conv_weights *weights,
                                const struct quantizer *quantizer)
{
    return weights->rules.given
               ? given_codes_of(weights->rules.given, quantizer->bits)->signature
               : 0;
}

static bool is_of(const struct weight_variant *variant,
                  const struct quantizer *quantizer, int input_most, uint64_t given)
{
    return variant->last_used > 0 && variant->input_most == input_most &&
           variant->given == given && variant->quantizer.step == quantizer->step &&
           variant->quantizer.grid == quantizer->grid &&
           variant->quantizer.bits == quantizer->bits;
}

/* The variant of that, or else the one that was not asked for longest. */
static struct weight_variant *variant_for(struct conv_weights *weights,
                                          const struct quantizer *quantizer,
                                          int input_most)
{
    struct weight_variant *oldest = weights->variants;

    for (int i = 0; i < WEIGHT_VARIANTS; i++) {
        struct weight_variant *variant = &weights->variants[i];

        if (is_of(variant, quantizer, input_most, given_signature(weights, quantizer)))
            return variant;
        if (variant->last_used < oldest->last_used)
            oldest = variant;
    }
    return oldest;
}

void conv_weights_set(struct conv_weights *weights, const struct conv_plan *plan,
                      const struct quantizer *quantizer, int input_most)
{
    static const struct quantizer in_float = {.step = 0};
    const struct quantizer *wanted = quantizer ? quantizer : &in_float;
    struct weight_variant *variant;

    if (!quantizer)
        input_most = 0;
    variant = variant_for(weights, wanted, input_most);
    weights->now = variant;
    if (!is_of(variant, wanted, input_most, given_signature(weights, wanted))) {
        variant->quantizer = *wanted;
        variant->input_most = input_most;
        variant->given = given_signature(weights, wanted);
        variant->has_floats = false;
        if (quantizer)
            quantize(weights, plan, variant);
    }
    variant->last_used = ++weights->uses;
}

const float *conv_weights_shifts(const struct conv_weights *weights)
{
    const struct quantizer *quantizer = &weights->now->quantizer;

    return weights->rules.given && quantizer->step > 0
               ? given_codes_of(weights->rules.given, quantizer->bits)->shifts
               : NULL;
}

/* A weight as the float path has it: quantized and corrected, or as it was. */
static float value_of(const struct conv_weights *weights,
                      const struct step_layout *layout, int channel, size_t at)
{
    const struct weight_variant *now = weights->now;

    if (now->quantizer.step == 0)
        return weights->of->values[at];
    return now->steps[step_layout_at(layout, at)] *
               ((float)weights->codes[at] + now->meaning.centre) +
           now->corrections[channel];
}

/* Floats of all groups as they are packed, from an even start for each group. */
static size_t float_count(const struct conv_weights *weights,
                          const struct conv_plan *plan)
{
    const struct weights *of = weights->of;

    if (weights->floats_by_winograd)
        return winograd_float_packed_count(plan, of->outputs);
    return weights->is_depthwise
               ? weights_count(of)
               : (size_t)of->groups *
                     conv_f32_packed_count(group_outputs(of), weights->window_count);
}

/* Where a channel's weight stands. */
static size_t float_at(const struct conv_weights *weights, int channel, int at)
{
    int outputs = group_outputs(weights->of), count = weights->window_count;

    if (weights->is_depthwise)
        return (size_t)at * (size_t)weights->of->outputs + (size_t)channel;
    return (size_t)(channel / outputs) * conv_f32_packed_count(outputs, count) +
           conv_f32_at(count, channel % outputs, at);
}

/* `values` [window_count] are a channel's weights. */
static void pack_floats(const struct conv_weights *weights,
                        const struct conv_plan *plan, int channel, const float *values,
                        float *packed)
{
    if (weights->floats_by_winograd) {
        winograd_float_pack(plan, weights->of->outputs, channel, values, packed);
        return;
    }
    for (int at = 0; at < weights->window_count; at++)
        packed[float_at(weights, channel, at)] = values[at];
}

void conv_weights_need_floats(struct conv_weights *weights,
                              const struct conv_plan *plan)
{
    struct weight_variant *now = weights->now;
    size_t count = (size_t)weights->window_count;
    size_t bytes = float_count(weights, plan) * sizeof *now->floats;
    const struct step_layout layout = weight_codes_layout(weights->of, &weights->rules);
    float *values;

    if (now->has_floats)
        return;
    if (!now->floats)
        now->floats = memset(memory_aligned(bytes), 0, bytes);
    if (now->quantizer.step > 0) /* the scratch may hold codes of another variant */
        find_codes(weights, &now->quantizer);
    values = memory_get(count * sizeof *values);
    for (int channel = 0; channel < weights->of->outputs; channel++) {
        for (size_t at = 0; at < count; at++)
            values[at] =
                value_of(weights, &layout, channel, (size_t)channel * count + at);
        pack_floats(weights, plan, channel, values, now->floats);
    }
    free(values);
    now->has_floats = true;
}
