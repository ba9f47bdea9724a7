#include "core/network/layer.h"

#include "core/base/memory.h"
#include "core/network/batchnorm.h"
#include "core/network/layer_kind.h"

#include <math.h>
#include <stdlib.h>

static int output_size(int size, int pads, int kernel, int stride, int dilation)
{
    return (size + pads - dilation * (kernel - 1) - 1) / stride + 1;
}

int window_output_height(const struct window *window, int height)
{
    return output_size(height, window->pad_top + window->pad_bottom,
                       window->kernel_height, window->stride_height,
                       window->dilation_height);
}

int window_output_width(const struct window *window, int width)
{
    return output_size(width, window->pad_left + window->pad_right,
                       window->kernel_width, window->stride_width,
                       window->dilation_width);
}

struct window window_of_one(void)
{
    return (struct window){.kernel_height = 1,
                           .kernel_width = 1,
                           .stride_height = 1,
                           .stride_width = 1,
                           .dilation_height = 1,
                           .dilation_width = 1};
}

bool file_codes_are_equal(const struct file_codes *a, const struct file_codes *b)
{
    return a->step == b->step && a->lowest == b->lowest && a->highest == b->highest;
}

bool layer_reads(const struct layer *layer, int tensor)
{
    for (int i = 0; i < layer->input_count; i++)
        if (layer->inputs[i] == tensor)
            return true;
    return false;
}

bool layer_is_unclamped(const struct layer *layer)
{
    return layer->low == -INFINITY && layer->high == INFINITY;
}

void layer_add_weights(struct layer *layer, struct weights weights)
{
    size_t count = (size_t)layer->weight_count + 1;

    layer->weights = memory_resize(layer->weights, count * sizeof weights);
    layer->weights[layer->weight_count++] = weights;
}

size_t weights_per_output(const struct weights *weights)
{
    return (size_t)weights->window * (size_t)weights->inputs;
}

size_t weights_count(const struct weights *weights)
{
    return (size_t)weights->outputs * weights_per_output(weights);
}

struct step_layout weights_layout(const struct weights *weights, int block)
{
    size_t count = weights_per_output(weights), outputs = (size_t)weights->outputs;
    size_t run =
        (size_t)weights->inputs / (weights->slices > 1 ? (size_t)weights->slices : 1);

    return block > 0 ? (struct step_layout){outputs * count / run, run, (size_t)block}
                     : (struct step_layout){outputs, count, count};
}

int weights_inputs(const struct weights *weights)
{
    return weights->groups * weights->inputs;
}

static void weights_clear(struct weights *weights)
{
    free(weights->name);
    free(weights->values);
    free(weights->steps);
    free(weights->corrections);
}

void layer_clear(struct layer *layer)
{
    free(layer->name);
    free(layer->op);
    free(layer->inputs);
    batchnorm_destroy(layer->batchnorm);
    for (int which = 0; which < layer->weight_count; which++)
        weights_clear(&layer->weights[which]);
    free(layer->weights);
    if (layer_kind_of(layer)->clear)
        layer_kind_of(layer)->clear(layer);
}
