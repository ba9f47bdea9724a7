#include "core/network/conv_run.h"

#include "core/base/memory.h"
#include "core/kernel/sgemm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 256 * 1024 }; /* of gathered rows: they should stay in the cache */

void conv_run_init(struct conv_run *run, const struct network *network,
                   const struct layer *layer, bool corrects_mean)
{
    size_t outputs = (size_t)layer->conv.out_channels;

    *run = (struct conv_run){
        .layer = layer,
        .scale = memory_zeroed(outputs, sizeof *run->scale),
        .shift = memory_zeroed(outputs, sizeof *run->shift),
        .correction = memory_zeroed(outputs, sizeof *run->correction),
    };
    conv_plan_init(&run->plan, network, layer);
    conv_weights_init(&run->weights, &run->plan, &layer->conv, corrects_mean);
}

void conv_run_clear(struct conv_run *run)
{
    conv_plan_clear(&run->plan);
    conv_weights_clear(&run->weights);
    free(run->scale);
    free(run->shift);
    free(run->correction);
    *run = (struct conv_run){0};
}

static size_t chunk_rows(const struct conv_plan *plan)
{
    size_t rows = CHUNK_BYTES / ((size_t)plan->window_count * sizeof(float));

    return rows < 16 ? 16 : rows;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

void conv_run_sizes(const struct conv_run *run, int samples,
                    struct scratch_sizes *sizes)
{
    const struct conv_plan *plan = &run->plan;
    size_t pixels = (size_t)samples * (size_t)plan->pixels;

    if (plan->pads)
        sizes->planes =
            larger(sizes->planes, (size_t)samples * plan->plane_count * sizeof(float));
    sizes->plane_sums =
        larger(sizes->plane_sums,
               plan->plane_count / (size_t)plan->channels * sizeof(int32_t));
    sizes->window_sums = larger(sizes->window_sums, pixels * sizeof(int32_t));
    sizes->rows = larger(sizes->rows,
                         chunk_rows(plan) * (size_t)plan->window_count * sizeof(float));
}

/* ---- in integers ----------------------------------------------------------------------
 *
 * With x = sx * (X - z), w = sw * (W + offset) + c, acc = sum X*W and S = sum X over the K
 * elements of a window (padding holds the stored code z):
 *
 *   conv = sx*sw * (acc - z * sum W) + sx * (sw*offset + c) * (S - z*K)
 *
 * so scale, shift and correction of the epilogue follow, all divided by the output's step. */

static bool needs_window_sums(const struct conv_weights *weights)
{
    return conv_weights_offset(weights) != 0 || weights->corrects_mean;
}

static void make_epilogue(struct conv_run *run)
{
    const struct conv *conv = &run->layer->conv;
    const struct conv_weights *weights = &run->weights;
    const struct conv_steps *steps = &run->made_for;
    double unit = steps->output > 0 ? steps->output : 1.0;
    double zero = steps->input_zero;
    double residual_zero = (double)steps->residual * steps->residual_zero;

    for (int channel = 0; channel < conv->out_channels; channel++) {
        double to_output = conv->scale[channel] * (double)steps->input / unit;
        double product = to_output * steps->weights;
        double sum = to_output * (steps->weights * conv_weights_offset(weights) +
                                  (double)weights->corrections[channel]);

        run->scale[channel] = (float)product;
        run->correction[channel] = (float)sum;
        run->shift[channel] = (float)((conv->shift[channel] - residual_zero) / unit -
                                      product * zero * weights->code_sums[channel] -
                                      sum * zero * weights->window_count);
    }
}

static void renew_epilogue(struct conv_run *run, struct conv_steps steps)
{
    if (memcmp(&run->made_for, &steps, sizeof steps) == 0)
        return;
    run->made_for = steps;
    make_epilogue(run);
}

static struct epilogue epilogue_of(const struct conv_run *run,
                                   const struct value *residual,
                                   const struct quantizer *quantizer,
                                   struct value *output, const struct scratch *scratch)
{
    float unit = quantizer ? quantizer->step : 1.0f;
    struct epilogue epilogue = {
        .scale = run->scale,
        .shift = run->shift,
        .correction = needs_window_sums(&run->weights) ? run->correction : NULL,
        .window_sums = scratch->window_sums,
        .residual_scale = 1 / unit,
        .low = run->layer->low / unit,
        .high = run->layer->high / unit,
        .stride = (size_t)run->layer->conv.out_channels,
    };

    if (residual && value_is_codes(residual)) {
        epilogue.residual_u8 = residual->data;
        epilogue.residual_scale = residual->step / unit;
    } else if (residual) {
        epilogue.residual_f32 = residual->data;
    }
    if (quantizer) {
        float lowest = (float)quantizer_lowest(quantizer);
        float highest = (float)quantizer_highest(quantizer);

        /* Both ends of the clamp may lie beyond the codes. */
        epilogue.low = fminf(fmaxf(epilogue.low, lowest), highest);
        epilogue.high = fminf(fmaxf(epilogue.high, lowest), highest);
        epilogue.zero_code = value_zero_code(quantizer);
        epilogue.out_u8 = output->data;
    } else {
        epilogue.out_f32 = output->data;
    }
    return epilogue;
}

/* Moves the epilogue to the channels of the next group. */
static void advance(struct epilogue *epilogue, size_t channels)
{
    epilogue->scale += channels;
    epilogue->shift += channels;
    if (epilogue->correction)
        epilogue->correction += channels;
    if (epilogue->residual_f32)
        epilogue->residual_f32 += channels;
    if (epilogue->residual_u8)
        epilogue->residual_u8 += channels;
    if (epilogue->out_f32)
        epilogue->out_f32 += channels;
    if (epilogue->out_u8)
        epilogue->out_u8 += channels;
}

static void integer_groups(const struct conv_run *run, const struct kernel_set *kernels,
                           const uint8_t *planes, int samples, struct epilogue epilogue,
                           const struct scratch *scratch)
{
    const struct conv_plan *plan = &run->plan;
    const struct conv *conv = &run->layer->conv;
    int outputs = conv->out_channels / conv->groups;

    for (int group = 0; group < conv->groups; group++) {
        if (epilogue.correction)
            conv_plan_window_sums(plan, planes, samples, group, scratch->plane_sums,
                                  scratch->window_sums);
        kernels->conv_u8s8(&(struct conv_u8s8){
            .input = planes + (size_t)group * (size_t)plan->group_channels,
            .sample_bytes = plan->plane_count,
            .samples = samples,
            .pixel_offsets = plan->pixel_offsets,
            .pixels = plan->pixels,
            .run_offsets = plan->run_offsets,
            .runs = plan->runs,
            .run_bytes = run->weights.run_bytes,
            .weights =
                run->weights.packed + (size_t)group * run->weights.packed_group_bytes,
            .channels = outputs,
            .epilogue = epilogue,
        });
        advance(&epilogue, (size_t)outputs);
    }
}

static void integer_depthwise(const struct conv_run *run,
                              const struct kernel_set *kernels, const uint8_t *planes,
                              int samples, struct epilogue epilogue)
{
    const struct conv_plan *plan = &run->plan;

    kernels->depthwise_u8s8(&(struct depthwise_u8s8){
        .input = planes,
        .sample_bytes = plan->plane_count,
        .samples = samples,
        .pixel_offsets = plan->pixel_offsets,
        .pixels = plan->pixels,
        .tap_offsets = plan->run_offsets,
        .taps = plan->runs,
        .weights = run->weights.packed,
        .channels = plan->channels,
        .epilogue = epilogue,
    });
}

static const void *padded(const struct conv_plan *plan, const struct value *input,
                          int samples, const struct scratch *scratch)
{
    if (!plan->pads)
        return input->data;
    conv_plan_pad(plan, input->data, samples, value_element_bytes(input),
                  input->zero_code, scratch->planes);
    return scratch->planes;
}

static void run_in_integers(struct conv_run *run, const struct kernel_set *kernels,
                            const struct value *input, const struct value *residual,
                            int samples, const struct quantizer *quantizer,
                            struct value *output, const struct scratch *scratch)
{
    const uint8_t *planes = padded(&run->plan, input, samples, scratch);
    struct epilogue epilogue;

    renew_epilogue(run, (struct conv_steps){
                            .weights = run->weights.quantizer.step,
                            .input = input->step,
                            .output = quantizer ? quantizer->step : 0,
                            .residual = residual ? residual->step : 0,
                            .input_zero = input->zero_code,
                            .residual_zero = residual ? residual->zero_code : 0,
                        });
    epilogue = epilogue_of(run, residual, quantizer, output, scratch);
    if (run->weights.is_depthwise)
        integer_depthwise(run, kernels, planes, samples, epilogue);
    else
        integer_groups(run, kernels, planes, samples, epilogue, scratch);
    output->step = quantizer ? quantizer->step : 0;
    output->zero_code = quantizer ? value_zero_code(quantizer) : 0;
}

/* ---- in float -------------------------------------------------------------------------- */

/* sums [rows, out_channels] = windows of the planes times the weights, a chunk at a time. */
static void float_products(const struct conv_run *run, const float *planes, int samples,
                           const struct scratch *scratch)
{
    const struct conv_plan *plan = &run->plan;
    const struct conv *conv = &run->layer->conv;
    size_t rows = (size_t)samples * (size_t)plan->pixels;
    size_t chunk = chunk_rows(plan);
    int outputs = conv->out_channels / conv->groups;
    int depth = plan->window_count;

    for (size_t first = 0; first < rows; first += chunk) {
        size_t count = rows - first < chunk ? rows - first : chunk;

        for (int group = 0; group < conv->groups; group++) {
            conv_plan_gather(plan, planes, group, first, count, scratch->rows);
            sgemm((int)count, outputs, depth, scratch->rows, depth,
                  run->weights.floats + (size_t)group * (size_t)outputs * (size_t)depth,
                  depth,
                  scratch->sums + first * (size_t)conv->out_channels +
                      (size_t)group * (size_t)outputs,
                  conv->out_channels);
        }
    }
}

static void float_depthwise(const struct conv_run *run, const float *planes,
                            int samples, float *sums)
{
    const struct conv_plan *plan = &run->plan;
    size_t channels = (size_t)plan->channels;

    for (int sample = 0; sample < samples; sample++)
        for (int pixel = 0; pixel < plan->pixels; pixel++, sums += channels) {
            const float *window = planes + (size_t)sample * plan->plane_count +
                                  plan->pixel_offsets[pixel];

            memset(sums, 0, channels * sizeof *sums);
            for (int tap = 0; tap < plan->runs; tap++) {
                const float *x = window + plan->run_offsets[tap];
                const float *w = run->weights.floats + (size_t)tap * channels;

                for (size_t channel = 0; channel < channels; channel++)
                    sums[channel] += x[channel] * w[channel];
            }
        }
}

/* sums = clamp(scale * sums + shift + residual), in place. */
static void finish_floats(const struct layer *layer, const float *residual,
                          size_t pixels, float *sums)
{
    const struct conv *conv = &layer->conv;
    size_t channels = (size_t)conv->out_channels;
    float low = layer->low, high = layer->high;

    for (size_t pixel = 0; pixel < pixels; pixel++, sums += channels) {
        for (size_t channel = 0; channel < channels; channel++)
            sums[channel] = sums[channel] * conv->scale[channel] + conv->shift[channel];
        if (residual)
            for (size_t channel = 0; channel < channels; channel++)
                sums[channel] += *residual++;
        for (size_t channel = 0; channel < channels; channel++) {
            float v = sums[channel] > low ? sums[channel] : low;

            sums[channel] = v < high ? v : high;
        }
    }
}

static const float *as_floats(const struct value *value, size_t count, float *room)
{
    if (!value_is_codes(value))
        return value->data;
    value_to_floats(value, count, room);
    return room;
}

static void run_in_float(struct conv_run *run, const struct value *input,
                         const struct value *residual, int samples,
                         const struct quantizer *quantizer, struct value *output,
                         const struct scratch *scratch)
{
    const struct conv_plan *plan = &run->plan;
    size_t inputs = (size_t)samples * (size_t)plan->height * (size_t)plan->width *
                    (size_t)plan->channels;
    size_t pixels = (size_t)samples * (size_t)plan->pixels;
    size_t outputs = pixels * (size_t)run->layer->conv.out_channels;
    struct value floats = {.data =
                               (void *)as_floats(input, inputs, scratch->floats[0])};
    const float *planes = padded(plan, &floats, samples, scratch);

    conv_weights_need_floats(&run->weights);
    if (run->weights.is_depthwise)
        float_depthwise(run, planes, samples, scratch->sums);
    else
        float_products(run, planes, samples, scratch);
    finish_floats(run->layer,
                  residual ? as_floats(residual, outputs, scratch->floats[1]) : NULL,
                  pixels, scratch->sums);
    value_from_floats(scratch->sums, outputs, quantizer, output);
}

void conv_run_block(struct conv_run *run, const struct kernel_set *kernels,
                    const struct quantizer *weights, const struct value *input,
                    const struct value *residual, int samples,
                    const struct quantizer *quantizer, struct value *output,
                    const struct scratch *scratch)
{
    conv_weights_set(&run->weights, &run->plan, weights);
    if (weights && value_is_codes(input))
        run_in_integers(run, kernels, input, residual, samples, quantizer, output,
                        scratch);
    else
        run_in_float(run, input, residual, samples, quantizer, output, scratch);
}
