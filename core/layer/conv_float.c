#include "core/layer/conv_float.h"

#include "core/kernel/sgemm.h"
#include "core/kernel/vector_clones.h"

#include <string.h>

/* Windows that are gathered at once: enough for a product at full speed, and not more than stay in
 * the cache. */
enum { WINDOWS_AT_ONCE = 448, WINDOW_BYTES_MOST = 512 * 1024 };

/* Output rows whose windows are gathered at once. */
static size_t chunk_rows(const struct conv_plan *plan)
{
    size_t windows = (size_t)plan->columns;
    size_t row_bytes = windows * (size_t)plan->window_count * sizeof(float);
    size_t rows = WINDOWS_AT_ONCE / windows, most = WINDOW_BYTES_MOST / row_bytes;

    rows = rows < most ? rows : most;
    return rows > 0 ? rows : 1;
}

size_t conv_float_windows(const struct conv_run *run)
{
    const struct conv_plan *plan = &run->plan;

    return chunk_rows(plan) * (size_t)plan->columns * (size_t)plan->window_count +
           FLOAT_SLACK;
}

/* Some output rows, counted over all samples. */
struct row_range {
    size_t first, count;
};

/* sums [pixels of the rows, out_channels] = windows times weights. */
static void float_products(const struct conv_run *run, const float *planes,
                           struct row_range rows, float *sums,
                           const struct scratch *scratch)
{
    const struct conv_plan *plan = &run->plan;
    const struct weights *weights = run->layer->weights;
    int pixels = (int)rows.count * plan->columns;
    int outputs = weights->outputs / weights->groups;
    int depth = plan->window_count;

    for (int group = 0; group < weights->groups; group++) {
        const float *windows =
            planes + rows.first * (size_t)plan->columns * (size_t)plan->plane.channels;

        if (!conv_plan_is_pointwise(plan)) {
            conv_plan_gather(plan, planes, group, rows.first, rows.count,
                             scratch->windows);
            windows = scratch->windows;
        }
        sgemm(pixels, outputs, depth, windows, depth,
              run->weights.now->floats +
                  (size_t)group * (size_t)outputs * (size_t)depth,
              outputs, sums + (size_t)group * (size_t)outputs, weights->outputs);
    }
}

/* sums [channels] of one output pixel. */
VECTOR_CLONES
static void float_depthwise_pixel(const struct conv_run *run, const float *window,
                                  float *sums)
{
    const struct conv_plan *plan = &run->plan;
    size_t channels = (size_t)plan->plane.channels;

    memset(sums, 0, channels * sizeof *sums);
    for (int tap = 0; tap < plan->runs; tap++) {
        const float *x = window + plan->run_offsets[tap];
        const float *w = run->weights.now->floats + (size_t)tap * channels;

        for (size_t channel = 0; channel < channels; channel++)
            sums[channel] += x[channel] * w[channel];
    }
}

static void float_depthwise(const struct conv_run *run, const float *planes,
                            struct row_range rows, float *sums)
{
    const struct conv_plan *plan = &run->plan;
    size_t height = (size_t)plan->rows;

    for (size_t row = rows.first; row < rows.first + rows.count; row++) {
        const float *window = planes + plan->first +
                              (ptrdiff_t)(row / height) * plan->windows.sample +
                              (ptrdiff_t)(row % height) * plan->windows.row;

        for (int column = 0; column < plan->columns; column++) {
            float_depthwise_pixel(run, window, sums);
            window += plan->windows.column;
            sums += plan->plane.channels;
        }
    }
}

/* sums = clamp(scale * sums + shift + residual), in place. */
VECTOR_CLONES
static void finish_floats(const struct layer *layer, const float *restrict residual,
                          size_t pixels, float *restrict sums)
{
    const struct conv *conv = &layer->conv;
    const float *restrict scale = conv->scale, *restrict shift = conv->shift;
    size_t channels = (size_t)layer->weights->outputs;
    float low = layer->low, high = layer->high;

    for (size_t pixel = 0; pixel < pixels; pixel++, sums += channels) {
        for (size_t channel = 0; channel < channels; channel++) {
            float v = sums[channel] * scale[channel] + shift[channel];

            if (residual)
                v += residual[channel];
            v = v > low ? v : low;
            sums[channel] = v < high ? v : high;
        }
        if (residual)
            residual += channels;
    }
}

static const float *padded(const struct conv_plan *plan, const float *input,
                           int samples, const struct scratch *scratch)
{
    if (conv_plan_is_pointwise(plan))
        return input;
    conv_plan_pad(plan, input, samples, scratch->planes);
    return scratch->planes;
}

/* Some rows of the output: the sums are finished and stored while they are in the cache. */
static void float_rows(const struct conv_run *run, const float *planes,
                       const float *residual, struct row_range rows,
                       const struct quantizer *quantizer, struct value *output,
                       const struct scratch *scratch)
{
    size_t columns = (size_t)run->plan.columns;
    size_t row_count = columns * (size_t)run->layer->weights->outputs;
    size_t first = rows.first * row_count;
    float *sums = quantizer ? scratch->sums : (float *)output->data + first;

    if (run->weights.is_depthwise)
        float_depthwise(run, planes, rows, sums);
    else
        float_products(run, planes, rows, sums, scratch);
    if (!run->is_bare)
        finish_floats(run->layer, residual ? residual + first : NULL,
                      rows.count * columns, sums);
    if (quantizer)
        value_put_rows(sums, rows.first, rows.count, quantizer, output);
}

void conv_float_run(struct conv_run *run, const struct value *input,
                    const struct value *residual, int samples,
                    const struct quantizer *quantizer, struct value *output,
                    const struct scratch *scratch)
{
    const struct conv_plan *plan = &run->plan;
    const float *planes = padded(
        plan, value_as_floats(input, samples, scratch->floats[0]), samples, scratch);
    const float *addend =
        residual ? value_as_floats(residual, samples, scratch->floats[1]) : NULL;
    size_t all = (size_t)samples * (size_t)plan->rows, chunk = chunk_rows(plan);

    conv_weights_need_floats(&run->weights);
    if (quantizer)
        value_become_codes(output, samples, quantizer);
    else
        value_become_floats(output);
    for (size_t first = 0; first < all; first += chunk) {
        struct row_range rows = {first, all - first < chunk ? all - first : chunk};

        float_rows(run, planes, addend, rows, quantizer, output, scratch);
    }
}
