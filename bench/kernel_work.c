#include "bench/kernel_work.h"

#include "bench/random.h"
#include "core/base/memory.h"
#include "core/layer/conv_run.h"
#include "core/network/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A network of this one layer, run as the evaluator runs it. */
struct kernel_work {
    struct network *network;
    struct plane *planes;
    struct conv_run run;
    struct quantizer weights, input_quantizer, output_quantizer;
    bool is_float;
    struct value input, output;
    int samples;
    struct scratch scratch;
};

int kernel_shape_padding(const struct kernel_shape *shape)
{
    return shape->kernel / 2;
}

int kernel_shape_outputs(const struct kernel_shape *shape)
{
    return (shape->size + 2 * kernel_shape_padding(shape) - shape->kernel) /
               shape->stride +
           1;
}

double kernel_shape_operations(const struct kernel_shape *shape)
{
    double outputs = kernel_shape_outputs(shape);

    return 2.0 * shape->samples * outputs * outputs * shape->out * shape->kernel *
           shape->kernel * (shape->is_depthwise ? 1 : shape->in);
}

/* What a layer of such a network looks like. */
static struct network *network_of(const struct kernel_shape *shape)
{
    int in[3] = {shape->in, shape->size, shape->size};
    int outputs = kernel_shape_outputs(shape);
    int out[3] = {shape->out, outputs, outputs};
    struct network *network = network_create(shape->name);
    int input = network_add_tensor(network, "input", 3, in);
    int output = network_add_tensor(network, "output", 3, out);
    struct layer *layer =
        network_add_layer(network, LAYER_CONV, shape->name, &input, 1, output);
    struct conv *conv = &layer->conv;
    float *values;
    size_t weights;
    uint32_t state = 1;

    layer_add_weights(layer,
                      (struct weights){.groups = shape->is_depthwise ? shape->in : 1,
                                       .inputs = shape->is_depthwise ? 1 : shape->in,
                                       .outputs = shape->out,
                                       .window = shape->kernel * shape->kernel});
    layer->window.kernel_height = layer->window.kernel_width = shape->kernel;
    layer->window.stride_height = layer->window.stride_width = shape->stride;
    layer->window.pad_top = layer->window.pad_left = layer->window.pad_bottom =
        layer->window.pad_right = kernel_shape_padding(shape);
    layer->low = 0;
    weights = weights_count(layer->weights);
    values = layer->weights->values = memory_get(weights * sizeof *values);
    for (size_t i = 0; i < weights; i++)
        values[i] = random_value(&state);
    conv->scale = memory_get((size_t)shape->out * sizeof *conv->scale);
    conv->shift = memory_get((size_t)shape->out * sizeof *conv->shift);
    for (int channel = 0; channel < shape->out; channel++) {
        conv->scale[channel] = 1 + 0.1f * random_value(&state);
        conv->shift[channel] = 0.5f;
    }
    network_add_input(network, input, NULL);
    network->output = output;
    return network;
}

static void make_values(struct kernel_work *work)
{
    uint32_t state = 2;
    size_t inputs = (size_t)work->samples * plane_inner_count(&work->planes[0]);
    float *floats = memory_get(inputs * sizeof *floats);

    for (size_t i = 0; i < inputs; i++)
        floats[i] = fabsf(random_value(&state));
    work->input = (struct value){
        .data = memory_aligned(value_float_bytes(&work->planes[0], work->samples) +
                               value_code_bytes(&work->planes[0], work->samples)),
        .plane = &work->planes[0]};
    work->output = (struct value){
        .data = memory_aligned(value_float_bytes(&work->planes[1], work->samples) +
                               value_code_bytes(&work->planes[1], work->samples)),
        .plane = &work->planes[1]};
    value_from_floats(floats, work->samples,
                      work->is_float ? NULL : &work->input_quantizer, &work->input);
    free(floats);
}

static void make_quantizers(struct kernel_work *work,
                            const struct kernel_work_options *options)
{
    /* Of the sums, in standard deviations of about one. */
    double reach = sqrt((double)weights_per_output(work->network->layers[0].weights));
    work->weights = (struct quantizer){
        .grid = options->is_midrise ? GRID_MIDRISE : GRID_NARROW,
        .bits = options->weight_bits,
        .step = grid_step_of_clip(GRID_NARROW, options->weight_bits, 1)};
    work->input_quantizer = (struct quantizer){
        .grid = GRID_UNSIGNED,
        .bits = options->activation_bits,
        .step = grid_step_of_clip(GRID_UNSIGNED, options->activation_bits, 1)};
    work->output_quantizer = work->input_quantizer;
    work->output_quantizer.step =
        grid_step_of_clip(GRID_UNSIGNED, options->activation_bits, reach);
}

struct kernel_work *kernel_work_create(const struct kernel_shape *shape,
                                       const struct kernel_work_options *options)
{
    struct kernel_work *work = memory_zeroed(1, sizeof *work);

    work->network = network_of(shape);
    work->samples = shape->samples;
    work->is_float = options->is_float;
    work->planes = planes_of(work->network);
    work->planes[1].top = work->planes[1].left = shape->border;
    work->planes[1].bottom = work->planes[1].right = shape->border;
    if (!work->is_float)
        make_quantizers(work, options);
    conv_run_init(&work->run, options->kernels, &work->network->layers[0],
                  &work->planes[0], &(struct weight_rules){0});
    work->scratch = conv_run_scratch(&work->run, work->samples);
    make_values(work);
    return work;
}

void kernel_work_destroy(struct kernel_work *work)
{
    if (!work)
        return;
    conv_run_clear(&work->run);
    conv_scratch_clear(&work->scratch);
    free(work->input.data);
    free(work->output.data);
    free(work->planes);
    network_destroy(work->network);
    free(work);
}

void kernel_work_run(void *context)
{
    struct kernel_work *work = context;
    bool is_float = work->is_float;

    conv_run_block(&work->run, is_float ? NULL : &work->weights, &work->input, NULL,
                   work->samples, is_float ? NULL : &work->output_quantizer,
                   &work->output, &work->scratch);
}

size_t kernel_work_count(const struct kernel_work *work)
{
    return (size_t)work->samples * plane_inner_count(&work->planes[1]);
}

void kernel_work_values(const struct kernel_work *work, float *values)
{
    value_to_floats(&work->output, work->samples, values);
}
