#include "core/layer/conv_float.h"

#include "core/layer/epilogue_output.h"
#include "core/layer/winograd_float.h"

#include <math.h>
#include <string.h>

/* ---- the input ------------------------------------------------------------------------------ */

/* The planes of floats that are copied at once: what stays in the cache until it is multiplied. */
enum { COPY_BYTES = 256 * 1024 };

/* Samples that are copied at once. */
static int samples_at_once(const struct conv_plan *plan)
{
    size_t samples = COPY_BYTES / (plane_count(&plan->plane) * sizeof(float));

    return samples > 0 ? (int)samples : 1;
}

size_t conv_float_planes(const struct conv_run *run)
{
    const struct conv_plan *plan = &run->float_plan;

    return (size_t)samples_at_once(plan) * plane_count(&plan->plane);
}

static bool lies_ready(const struct conv_plan *plan, const struct value *input)
{
    return !value_is_codes(input) && !plane_has_border(&plan->plane);
}

/* Some samples of a block. */
struct sample_range {
    int first, count;
};

/* The samples' input as planes with the border that the layer needs, zero. */
static void copy_planes(const struct conv_plan *plan, const struct value *input,
                        struct sample_range samples, float *planes)
{
    const struct plane *plane = &plan->plane;
    size_t row = (size_t)samples.first * (size_t)plane->height;

    plane_fill_border(plane, samples.count, sizeof *planes, 0, planes);
    for (int sample = 0; sample < samples.count; sample++) {
        float *to = planes + (size_t)sample * plane_count(plane) + plane_first(plane);

        for (int y = 0; y < plane->height; y++, to += plane_row(plane))
            value_row_to_floats(input, row++, to);
    }
}

static const float *planes_of_samples(const struct conv_plan *plan,
                                      const struct value *input,
                                      struct sample_range samples,
                                      const struct scratch *scratch)
{
    if (lies_ready(plan, input))
        return (const float *)input->data +
               (size_t)samples.first * plane_count(&plan->plane);
    copy_planes(plan, input, samples, scratch->planes);
    return scratch->planes;
}

/* ---- products ------------------------------------------------------------------------------- */

/* Moves the epilogue to the channels of the next group. */
static void advance(struct epilogue *epilogue, size_t channels)
{
    if (epilogue->scale) {
        epilogue->scale += channels;
        epilogue->shift += channels;
    }
    epilogue_move(epilogue, 0, (ptrdiff_t)channels, (ptrdiff_t)channels);
}

/* Input, weights and epilogue are still to be said. */
static struct conv_f32 product_of(const struct conv_plan *plan, int samples,
                                  int channels)
{
    return (struct conv_f32){
        .windows = plan->windows,
        .samples = samples,
        .rows = plan->rows,
        .columns = plan->columns,
        .run_offsets = plan->run_offsets,
        .runs = plan->runs,
        .run_length = plan->run_length,
        .row_runs = plan->row_runs,
        .channels = channels,
    };
}

static void multiply_depthwise(const struct conv_run *run, const float *planes,
                               int samples, const struct epilogue *epilogue)
{
    const struct conv_plan *plan = &run->float_plan;
    struct conv_f32 product = product_of(plan, samples, plan->plane.channels);

    product.input = planes + plan->first;
    product.weights = run->weights.now->floats;
    product.epilogue = *epilogue;
    run->kernels->depthwise_f32(&product);
}

static void multiply_groups(const struct conv_run *run, const float *planes,
                            int samples, struct epilogue epilogue)
{
    const struct conv_plan *plan = &run->float_plan;
    const struct weights *weights = run->layer->weights;
    int outputs = weights->outputs / weights->groups;
    struct conv_f32 product = product_of(plan, samples, outputs);

    for (int group = 0; group < weights->groups; group++) {
        product.input = planes + plan->first + group * plan->group_channels;
        product.weights =
            run->weights.now->floats +
            (size_t)group * conv_f32_packed_count(outputs, plan->window_count);
        product.epilogue = epilogue;
        run->kernels->conv_f32(&product);
        advance(&epilogue, (size_t)outputs);
    }
}

/* A row of some that stand in scratch->windows; `at` is counted over the samples at hand. */
struct winograd_row {
    int rows, row;
    ptrdiff_t at;
};

static void finish_winograd(const struct conv_run *run, const struct winograd_row *of,
                            size_t first_row, const struct epilogue *epilogue,
                            const struct quantizer *quantizer, struct value *output,
                            const struct scratch *scratch)
{
    const struct winograd_finish finish = {epilogue->scale, epilogue->shift,
                                           epilogue->low, epilogue->high};
    const float *residual = epilogue->residual_f32;
    float *out =
        quantizer ? scratch->sums : epilogue->out_f32 + of->at * epilogue->out.row;

    if (residual)
        residual += of->at * epilogue->residual.row; /* floats have no border */
    winograd_float_finish(&run->float_plan, run->layer->weights->outputs, of->rows,
                          of->row, scratch->windows, &finish, residual, out);
    if (quantizer)
        value_put_rows(out, first_row + (size_t)of->at, 1, quantizer, output);
}

static void multiply_winograd(const struct conv_run *run, const float *planes,
                              struct sample_range samples,
                              const struct epilogue *epilogue,
                              const struct quantizer *quantizer, struct value *output,
                              const struct scratch *scratch)
{
    const struct conv_plan *plan = &run->float_plan;
    size_t first_row = (size_t)samples.first * (size_t)plan->rows;
    int outputs = run->layer->weights->outputs;
    int most = winograd_float_band(plan, outputs);

    for (int sample = 0; sample < samples.count; sample++)
        for (int first = 0; first < plan->rows; first += most) {
            struct winograd_row of = {
                .rows = plan->rows - first < most ? plan->rows - first : most,
                .at = (ptrdiff_t)sample * plan->rows + first};

            winograd_float_rows(plan, run->kernels, outputs, run->weights.now->floats,
                                planes + plan->first + sample * plan->windows.sample +
                                    first * plan->windows.row,
                                of.rows, scratch->windows);
            for (; of.row < of.rows; of.row++, of.at++)
                finish_winograd(run, &of, first_row, epilogue, quantizer, output,
                                scratch);
        }
}

/* ---- the epilogue --------------------------------------------------------------------------- */

/* Scale and shift with what must be readable behind them. */
static void take_constants(struct conv_run *run)
{
    const struct conv *conv = &run->layer->conv;
    const float *shifts = conv_weights_shifts(&run->weights);
    size_t bytes = (size_t)run->layer->weights->outputs * sizeof *run->scale;

    memcpy(run->scale, conv->scale, bytes);
    memcpy(run->shift, conv->shift, bytes);
    for (int channel = 0; shifts && channel < run->layer->weights->outputs; channel++)
        run->shift[channel] += shifts[channel];
    run->made_for = (struct conv_steps){0}; /* they are no longer those of integers */
}

static struct epilogue epilogue_of(struct conv_run *run, const struct value *residual,
                                   int samples, const struct quantizer *quantizer,
                                   struct value *output, const struct scratch *scratch)
{
    struct epilogue epilogue = {.low = -INFINITY, .high = INFINITY};

    if (!run->is_bare) {
        take_constants(run);
        epilogue.scale = run->scale;
        epilogue.shift = run->shift;
        epilogue.low = run->layer->low;
        epilogue.high = run->layer->high;
    }
    if (residual) {
        struct plane bare = plane_bare(residual->plane);

        epilogue.residual_f32 = value_as_floats(residual, samples, scratch->floats[1]);
        epilogue.residual = plane_strides(&bare);
    }
    if (quantizer)
        epilogue.step = quantizer->step;
    epilogue_set_output(&epilogue, quantizer, quantizer ? quantizer->step : 1, output,
                        samples);
    return epilogue;
}

void conv_float_run(struct conv_run *run, const struct value *input,
                    const struct value *residual, int samples,
                    const struct quantizer *quantizer, struct value *output,
                    const struct scratch *scratch)
{
    const struct conv_plan *plan = &run->float_plan;
    int most = lies_ready(plan, input) ? samples : samples_at_once(plan);
    struct epilogue epilogue =
        epilogue_of(run, residual, samples, quantizer, output, scratch);

    conv_weights_need_floats(&run->weights, plan);
    for (int first = 0; first < samples; first += most) {
        struct sample_range some = {first,
                                    samples - first < most ? samples - first : most};
        const float *planes = planes_of_samples(plan, input, some, scratch);

        if (run->weights.is_depthwise)
            multiply_depthwise(run, planes, some.count, &epilogue);
        else if (run->weights.floats_by_winograd)
            multiply_winograd(run, planes, some, &epilogue, quantizer, output, scratch);
        else
            multiply_groups(run, planes, some.count, epilogue);
        epilogue_move(&epilogue, 0, some.count * epilogue.residual.sample,
                      some.count * epilogue.out.sample);
    }
}
