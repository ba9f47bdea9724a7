#include "core/layer/conv_integer.h"

#include "core/kernel/winograd.h"
#include "core/layer/channel_epilogue.h"
#include "core/layer/conv_blocks.h"
#include "core/layer/epilogue_output.h"
#include "core/network/batchnorm.h"
#include "core/network/bias_shift.h"
#include "core/quant/wide_codes.h"

#include <math.h>
#include <string.h>

static bool needs_window_sums(const struct conv_weights *weights)
{
    return conv_weights_offset(weights) != 0 || weights->rules.corrects_mean ||
           weights->rules.corrects_variance;
}

/* Whether no value before the clamp can reach 2^30, whatever the codes are: the sums of products
 * and of codes are bounded by the number of weights. */
static bool is_tame(const struct conv_run *run)
{
    const struct conv_steps *steps = &run->made_for;
    double codes = (double)UINT8_MAX * run->weights.window_count;
    double residual =
        UINT8_MAX * (double)steps->residual / (steps->output > 0 ? steps->output : 1.0);

    for (int channel = 0; channel < run->layer->weights->outputs; channel++) {
        double most =
            fabs((double)run->shift[channel]) +
            fabs((double)run->correction[channel]) * codes +
            fabs((double)run->scale[channel]) * (codes * run->weights.now->code_most +
                                                 fabs((double)run->bias[channel])) +
            residual;

        if (!(most < 1 << 30)) /* or NaN */
            return false;
    }
    return true;
}

static void make_epilogue(struct conv_run *run)
{
    const struct conv none = {.scale = &(float){1}, .shift = &(float){0}};
    const struct conv *conv = run->is_bare ? &none : &run->layer->conv;
    const struct conv_weights *weights = &run->weights;
    const float *shifts = run->is_bare ? NULL : conv_weights_shifts(weights);
    const struct conv_steps *steps = &run->made_for;
    struct epilogue_terms terms = {
        .input_step = steps->input,
        .output_step = steps->output > 0 ? steps->output : 1.0,
        .input_zero = steps->input_zero,
        .residual_zero = (double)steps->residual * steps->residual_zero,
        .offset = conv_weights_offset(weights),
        .window_count = weights->window_count,
        .in_integers = run->rounds_like_kernel,
    };

    for (int channel = 0; channel < run->layer->weights->outputs; channel++) {
        struct channel_epilogue epilogue;

        terms.weight_step = weights->now->steps[channel];
        terms.correction = weights->now->corrections[channel];
        terms.code_sum = weights->now->code_sums[channel];
        terms.shift = shifts ? shifts[channel] : 0;
        epilogue = channel_epilogue_of(conv, run->is_bare ? 0 : channel, &terms);
        run->bias[channel] = epilogue.bias;
        run->scale[channel] = epilogue.scale;
        run->correction[channel] = epilogue.correction;
        run->shift[channel] = epilogue.shift;
    }
    run->is_tame = is_tame(run);
}

static void renew_epilogue(struct conv_run *run, struct conv_steps steps)
{
    if (memcmp(&run->made_for, &steps, sizeof steps) == 0)
        return;
    run->made_for = steps;
    make_epilogue(run);
}

static void set_residual(struct epilogue *epilogue, const struct value *residual,
                         float unit)
{
    if (value_is_codes(residual)) {
        epilogue->residual_u8 = value_codes(residual);
        epilogue->residual_scale = residual->step / unit;
        epilogue->residual = plane_strides(residual->plane);
    } else {
        struct plane bare = plane_bare(residual->plane);

        epilogue->residual_f32 = residual->data;
        epilogue->residual_scale = 1 / unit;
        epilogue->residual = plane_strides(&bare);
    }
}

static struct epilogue epilogue_of(const struct conv_run *run,
                                   const struct value *residual, int samples,
                                   const struct quantizer *quantizer,
                                   struct value *output)
{
    float unit = quantizer ? quantizer->step : 1.0f;
    struct epilogue epilogue = {
        .bias = run->bias,
        .scale = run->scale,
        .shift = run->shift,
        .correction = needs_window_sums(&run->weights) ? run->correction : NULL,
        .low = run->is_bare ? -INFINITY : run->layer->low / unit,
        .high = run->is_bare ? INFINITY : run->layer->high / unit,
        .is_tame = run->is_tame,
    };

    if (residual)
        set_residual(&epilogue, residual, unit);
    epilogue_set_output(&epilogue, quantizer, 1, output, samples);
    return epilogue;
}

/* The epilogue for the steps at hand. */
static struct epilogue prepare(struct conv_run *run, const struct value *input,
                               const struct value *residual, int samples,
                               const struct quantizer *quantizer, struct value *output)
{
    renew_epilogue(run, (struct conv_steps){
                            .weights = run->weights.now->quantizer.step,
                            .input = input->step,
                            .output = quantizer ? quantizer->step : 0,
                            .residual = residual ? residual->step : 0,
                            .input_zero = input->zero_code,
                            .residual_zero = residual ? residual->zero_code : 0,
                            .constants = batchnorm_signature(run->layer) ^
                                         bias_shift_signature(run->layer) ^
                                         run->weights.now->given,
                        });
    return epilogue_of(run, residual, samples, quantizer, output);
}

/* Moves the epilogue to the channels of the next group. */
static void advance(struct epilogue *epilogue, size_t channels)
{
    if (epilogue->bias)
        epilogue->bias += channels;
    if (epilogue->scale)
        epilogue->scale += channels;
    if (epilogue->shift)
        epilogue->shift += channels;
    if (epilogue->correction)
        epilogue->correction += channels;
    epilogue_move(epilogue, 0, (ptrdiff_t)channels, (ptrdiff_t)channels);
}

/* The window sums of a group, as the kernels are asked for them. */
static struct window_sums_u8 window_sums_of(const struct conv_run *run,
                                            const uint8_t *planes, int samples,
                                            int32_t *scratch, float *sums)
{
    const struct conv_plan *plan = &run->plan;
    const struct window *window = &run->layer->window;

    return (struct window_sums_u8){
        .input = planes,
        .windows = plan->windows,
        .samples = samples,
        .rows = plan->rows,
        .columns = plan->columns,
        .taps_high = plan->taps_high,
        .taps_wide = plan->taps_wide,
        .tap_row = window->dilation_height * plane_row(&plan->plane),
        .tap_column = (ptrdiff_t)window->dilation_width * plan->plane.channels,
        .input_row = plane_row(&plan->plane),
        .input_channels = plan->plane.channels,
        .channels = plan->group_channels,
        .scratch = scratch,
        .sums = sums,
    };
}

/* `windows` is the window of the first output pixel; `window_sums` are found on the way unless they
 * are NULL. */
static void integer_groups(const struct conv_run *run, const struct weight_part *part,
                           const uint8_t *windows, int zero_code, int samples,
                           struct epilogue epilogue, float *window_sums,
                           const struct scratch *scratch)
{
    const struct conv_plan *plan = &run->plan;
    const struct weights *weights = run->layer->weights;
    int outputs = weights->outputs / weights->groups;
    conv_u8s8_fn multiply =
        part->winograd ? part->winograd->run : run->kernels->conv_u8s8;
    struct conv_u8s8 product = conv_plan_product(plan);

    product.samples = samples;
    product.most = part->most;
    product.channels = outputs;
    product.transformed = scratch->transformed;
    if (zero_code != 0)
        product.row_runs = product.column_bytes = NULL;

    for (int group = 0; group < weights->groups; group++) {
        const uint8_t *input = windows + (size_t)group * (size_t)plan->group_channels;

        if (window_sums) {
            struct window_sums_u8 sums =
                window_sums_of(run, input, samples, scratch->pixel_sums, window_sums);

            run->kernels->window_sums_u8(&sums);
        }
        product.input = input;
        product.weights = part->packed + (size_t)group * part->group_bytes;
        product.epilogue = epilogue;
        multiply(&product);
        advance(&epilogue, (size_t)outputs);
    }
}

static void integer_depthwise(const struct conv_run *run, const uint8_t *windows,
                              int samples, struct epilogue epilogue)
{
    const struct conv_plan *plan = &run->plan;

    run->kernels->depthwise_u8s8(&(struct depthwise_u8s8){
        .input = windows,
        .windows = plan->windows,
        .samples = samples,
        .rows = plan->rows,
        .columns = plan->columns,
        .tap_offsets = plan->run_offsets,
        .taps_high = plan->taps_high,
        .taps_wide = plan->taps_wide,
        .weights = run->weights.now->parts[0].packed,
        .channels = plan->plane.channels,
        .epilogue = epilogue,
    });
}

/* All products with the first part of the weights, each handed to the epilogue. */
static void multiply(const struct conv_run *run, const struct value *input, int samples,
                     struct epilogue epilogue, float *window_sums,
                     const struct scratch *scratch)
{
    const uint8_t *windows = (const uint8_t *)input->data + run->plan.first;

    epilogue.window_sums = window_sums;
    if (run->weights.is_depthwise)
        integer_depthwise(run, windows, samples, epilogue);
    else
        integer_groups(run, &run->weights.now->parts[0], windows, input->zero_code,
                       samples, epilogue,
                       needs_window_sums(&run->weights) ? window_sums : NULL, scratch);
}

/* An epilogue that stores the sums of products as they are. */
static struct epilogue bare_sums(const struct conv_run *run, int32_t *sums)
{
    const struct conv_plan *plan = &run->plan;
    ptrdiff_t channels = run->layer->weights->outputs;

    return (struct epilogue){
        .out_s32 = sums,
        .out = {channels * (ptrdiff_t)conv_plan_pixels(plan), channels * plan->columns,
                channels},
    };
}

/* Products with the second part of the weights are added to the sums. */
static void add_second_part(const struct conv_run *run, const struct value *input,
                            int samples, int32_t *sums, const struct scratch *scratch)
{
    int32_t *high = scratch->products[1];

    integer_groups(run, &run->weights.now->parts[1],
                   (const uint8_t *)input->data + run->plan.first, input->zero_code,
                   samples, bare_sums(run, high), NULL, scratch);
    wide_codes_add_sums(sums, high, conv_integer_products(run, samples));
}

/* Of weights with blocks. */
static float *floats_of(const struct conv_sums *sums)
{
    return (float *)(void *)sums->products;
}

/* All products, of the present weights. */
static void multiply_all(const struct conv_run *run, const struct value *input,
                         int samples, const struct conv_sums *sums,
                         const struct scratch *scratch)
{
    if (run->weights.has_blocks) {
        conv_blocks_multiply(run, input, samples, floats_of(sums), scratch);
        return;
    }
    multiply(run, input, samples, bare_sums(run, sums->products), sums->window_sums,
             scratch);
    if (run->weights.now->part_count > 1)
        add_second_part(run, input, samples, sums->products, scratch);
}

/* Sums of blocks, to all of an output. */
static void finish_blocks(struct conv_run *run, const struct value *input,
                          const struct value *residual, int samples, const float *sums,
                          const struct quantizer *quantizer, struct value *output)
{
    if (quantizer)
        value_become_codes(output, samples, quantizer);
    else
        value_become_floats(output);
    conv_blocks_finish(run, input, residual, sums, 0,
                       (size_t)samples * (size_t)run->plan.rows, quantizer, output);
}

static void finish_all(struct conv_run *run, const struct value *input,
                       const struct value *residual, int samples,
                       const struct conv_sums *sums, const struct quantizer *quantizer,
                       struct value *output)
{
    const struct conv_plan *plan = &run->plan;
    struct finish_s32 finish = {
        .sums = sums->products,
        .samples = samples,
        .rows = plan->rows,
        .columns = plan->columns,
        .channels = run->layer->weights->outputs,
        .epilogue = prepare(run, input, residual, samples, quantizer, output),
    };

    finish.epilogue.window_sums = sums->window_sums;
    run->kernels->finish_s32(&finish);
}

void conv_integer_multiply(struct conv_run *run, const struct quantizer *weights,
                           const struct value *input, int samples,
                           const struct conv_sums *sums, const struct scratch *scratch)
{
    conv_weights_set(&run->weights, &run->plan, weights, input->code_most);
    multiply_all(run, input, samples, sums, scratch);
}

void conv_integer_finish(struct conv_run *run, const struct quantizer *weights,
                         const struct value *input, const struct value *residual,
                         int samples, const struct conv_sums *sums,
                         const struct quantizer *quantizer, struct value *output)
{
    conv_weights_set(&run->weights, &run->plan, weights, input->code_most);
    if (run->weights.has_blocks)
        finish_blocks(run, input, residual, samples, floats_of(sums), quantizer,
                      output);
    else
        finish_all(run, input, residual, samples, sums, quantizer, output);
}

void conv_integer_finish_rows(struct conv_run *run, const struct quantizer *weights,
                              const struct value *input, const struct value *residual,
                              const struct conv_sums *sums, size_t first, size_t rows,
                              struct value *output)
{
    const struct conv_plan *plan = &run->plan;
    const size_t pixels = first * (size_t)plan->columns;
    const int channels = run->layer->weights->outputs;
    struct finish_s32 finish = {
        .sums = sums->products + pixels * (size_t)channels,
        .samples = 1,
        .rows = (int)rows,
        .columns = plan->columns,
        .channels = channels,
    };
    const struct strides *strides = &finish.epilogue.residual;

    conv_weights_set(&run->weights, plan, weights, input->code_most);
    if (run->weights.has_blocks) {
        value_become_floats(output);
        conv_blocks_finish(run, input, residual,
                           floats_of(sums) + pixels * (size_t)channels, first, rows,
                           NULL, output);
        return;
    }
    finish.epilogue = prepare(run, input, residual, 1, NULL, output);
    finish.epilogue.window_sums = sums->window_sums;
    epilogue_move(&finish.epilogue, (ptrdiff_t)pixels,
                  (ptrdiff_t)first / plan->rows * strides->sample +
                      (ptrdiff_t)first % plan->rows * strides->row,
                  0);
    run->kernels->finish_s32(&finish);
}

void conv_integer_run(struct conv_run *run, const struct value *input,
                      const struct value *residual, int samples,
                      const struct quantizer *quantizer, struct value *output,
                      const struct scratch *scratch)
{
    const struct conv_sums sums = {scratch->products[0], scratch->window_sums};

    if (run->weights.has_blocks) {
        multiply_all(run, input, samples, &sums, scratch);
        finish_blocks(run, input, residual, samples, floats_of(&sums), quantizer,
                      output);
        return;
    }
    if (run->weights.now->part_count == 1) {
        multiply(run, input, samples,
                 prepare(run, input, residual, samples, quantizer, output),
                 scratch->window_sums, scratch);
        return;
    }
    multiply_all(run, input, samples, &sums, scratch);
    finish_all(run, input, residual, samples, &sums, quantizer, output);
}

size_t conv_integer_scratch(const struct conv_run *run, int samples)
{
    struct window_sums_u8 window_sums = window_sums_of(run, NULL, samples, NULL, NULL);

    return window_sums_scratch(&window_sums);
}

size_t conv_integer_transformed(const struct conv_run *run)
{
    struct conv_u8s8 product = conv_plan_product(&run->plan);

    return winograd_scratch(run->kernels, &product);
}

size_t conv_integer_products(const struct conv_run *run, int samples)
{
    return (size_t)samples * conv_plan_pixels(&run->plan) *
           (size_t)run->layer->weights->outputs;
}
