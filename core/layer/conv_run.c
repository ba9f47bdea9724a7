#include "core/layer/conv_run.h"

#include "core/base/memory.h"
#include "core/layer/conv_float.h"
#include "core/layer/conv_integer.h"
#include "core/layer/winograd_float.h"

#include <stdlib.h>

/* Where floats are read: of all borders the layer's padding alone. */
static struct plane float_plane(const struct layer *layer, const struct plane *input)
{
    struct plane plane = plane_bare(input);

    plane.top = layer->window.pad_top;
    plane.left = layer->window.pad_left;
    plane.bottom = layer->window.pad_bottom;
    plane.right = layer->window.pad_right;
    return plane;
}

void conv_run_init(struct conv_run *run, const struct kernel_set *kernels,
                   const struct layer *layer, const struct plane *input,
                   const struct weight_rules *rules)
{
    size_t outputs = (size_t)layer->weights->outputs + CHANNEL_SLACK;
    struct plane of_floats = float_plane(layer, input);

    *run = (struct conv_run){
        .layer = layer,
        .kernels = kernels,
        .bias = memory_zeroed(outputs, sizeof *run->bias),
        .scale = memory_zeroed(outputs, sizeof *run->scale),
        .shift = memory_zeroed(outputs, sizeof *run->shift),
        .correction = memory_zeroed(outputs, sizeof *run->correction),
    };
    conv_plan_init(&run->plan, layer, input);
    conv_plan_init(&run->float_plan, layer, &of_floats);
    conv_weights_init(&run->weights, kernels, &run->plan, layer->weights, rules);
    if (run->weights.has_blocks)
        run->row =
            memory_get(2 * (size_t)run->plan.columns * outputs * sizeof *run->row);
    run->weights.floats_by_winograd =
        winograd_float_suits(&run->float_plan, layer->weights, &layer->window);
}

void conv_run_clear(struct conv_run *run)
{
    conv_plan_clear(&run->plan);
    conv_plan_clear(&run->float_plan);
    conv_weights_clear(&run->weights);
    free(run->bias);
    free(run->scale);
    free(run->shift);
    free(run->correction);
    free(run->row);
    *run = (struct conv_run){0};
}

void conv_run_round_like_kernel(struct conv_run *run, bool does)
{
    if (run->rounds_like_kernel != does)
        run->made_for = (struct conv_steps){0};
    run->rounds_like_kernel = does;
}

void conv_run_sizes(const struct conv_run *run, int samples,
                    struct scratch_sizes *sizes)
{
    const struct conv_plan *plan = &run->plan;

    sizes->planes =
        memory_larger(sizes->planes, conv_float_planes(run) * sizeof(float));
    if (run->weights.floats_by_winograd)
        sizes->windows = memory_larger(
            sizes->windows,
            winograd_float_room(&run->float_plan, run->layer->weights->outputs) *
                sizeof(float));
    sizes->pixel_sums = memory_larger(
        sizes->pixel_sums, conv_integer_scratch(run, samples) * sizeof(int32_t));
    sizes->window_sums = memory_larger(
        sizes->window_sums, (size_t)samples * conv_plan_pixels(plan) * sizeof(float));
    if (conv_weights_may_be_wide(&run->weights) ||
        run->weights.has_blocks) /* and PANEL for finish_s32 */
        sizes->products = memory_larger(sizes->products,
                                        (conv_integer_products(run, samples) + PANEL) *
                                            sizeof(int32_t));
    sizes->transformed =
        memory_larger(sizes->transformed, conv_integer_transformed(run));
}

void conv_run_block(struct conv_run *run, const struct quantizer *weights,
                    const struct value *input, const struct value *residual,
                    int samples, const struct quantizer *quantizer,
                    struct value *output, const struct scratch *scratch)
{
    conv_weights_set(&run->weights, &run->plan, weights, input->code_most);
    if (weights && value_is_codes(input))
        conv_integer_run(run, input, residual, samples, quantizer, output, scratch);
    else
        conv_float_run(run, input, residual, samples, quantizer, output, scratch);
}

struct scratch conv_scratch_make(const struct scratch_sizes *sizes)
{
    struct scratch scratch = {
        .planes = memory_aligned(sizes->planes),
        .pixel_sums = memory_aligned(sizes->pixel_sums),
        .window_sums = memory_aligned(sizes->window_sums),
        .transformed = memory_aligned(sizes->transformed),
        .windows = memory_aligned(sizes->windows),
        .sums = memory_aligned(sizes->floats),
        .floats = {memory_aligned(sizes->floats), memory_aligned(sizes->floats)},
        .states = memory_aligned(sizes->states),
    };

    for (int part = 0; part < WEIGHT_PARTS; part++)
        scratch.products[part] = memory_aligned(sizes->products);
    return scratch;
}

void conv_scratch_clear(struct scratch *scratch)
{
    free(scratch->planes);
    free(scratch->pixel_sums);
    free(scratch->window_sums);
    free(scratch->transformed);
    for (int part = 0; part < WEIGHT_PARTS; part++)
        free(scratch->products[part]);
    free(scratch->windows);
    free(scratch->sums);
    free(scratch->floats[0]);
    free(scratch->floats[1]);
    free(scratch->states);
    *scratch = (struct scratch){0};
}

struct scratch conv_run_scratch(const struct conv_run *run, int samples)
{
    struct scratch_sizes sizes = {0};

    conv_run_sizes(run, samples, &sizes);
    return conv_scratch_make(&sizes);
}

void conv_run_products(struct conv_run *run, const struct quantizer *weights,
                       const struct value *input, int samples, float *products,
                       const struct scratch *scratch)
{
    struct plane plane = {.height = run->plan.rows,
                          .width = run->plan.columns,
                          .channels = run->layer->weights->outputs};
    struct value output = {.data = products, .plane = &plane};

    run->is_bare = true;
    run->made_for = (struct conv_steps){0};
    conv_run_block(run, weights, input, NULL, samples, NULL, &output, scratch);
    run->is_bare = false;
    run->made_for = (struct conv_steps){0};
}
