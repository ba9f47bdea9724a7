#include "core/network/layer.h"

#include "core/network/batchnorm.h"

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

bool layer_hands_on(const struct layer *layer)
{
    switch (layer->kind) { /* the compiler says which kind has no answer */
    case LAYER_MAX_POOL:
    case LAYER_CONCAT:
    case LAYER_REARRANGE:
        return true;
    case LAYER_CONV:
    case LAYER_AFFINE:
    case LAYER_ADD:
    case LAYER_AVERAGE_POOL:
    case LAYER_QUANTIZE:
    case LAYER_KIND_COUNT:
        break;
    }
    return false;
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

size_t layer_window_count(const struct layer *layer)
{
    return (size_t)layer->window.kernel_height * (size_t)layer->window.kernel_width *
           (size_t)(layer->conv.in_channels / layer->conv.groups);
}

size_t layer_macs(const struct layer *layer, size_t outputs)
{
    return layer->kind == LAYER_CONV ? outputs * layer_window_count(layer) : 0;
}

static const char *conv_name(const struct layer *layer)
{
    const struct conv *conv = &layer->conv;

    if (conv->groups > 1)
        return conv->groups == conv->in_channels ? "depthwise" : "grouped conv";
    return layer->window.kernel_height * layer->window.kernel_width == 1
               ? "1x1 conv or fc"
               : "conv";
}

const char *layer_kind_name(const struct layer *layer)
{
    static const char *const names[LAYER_KIND_COUNT] = {
        [LAYER_AFFINE] = "affine",     [LAYER_ADD] = "add",
        [LAYER_MAX_POOL] = "max pool", [LAYER_AVERAGE_POOL] = "average pool",
        [LAYER_CONCAT] = "concat",     [LAYER_REARRANGE] = "rearrange",
        [LAYER_QUANTIZE] = "quantize",
    };

    return layer->kind == LAYER_CONV ? conv_name(layer) : names[layer->kind];
}

void layer_clear(struct layer *layer)
{
    free(layer->name);
    free(layer->inputs);
    batchnorm_destroy(layer->batchnorm);
    if (layer->kind == LAYER_CONV) {
        free(layer->conv.weight_name);
        free(layer->conv.weights);
        free(layer->conv.scale);
        free(layer->conv.shift);
        free(layer->conv.steps);
        free(layer->conv.corrections);
        free(layer->conv.bare_shift);
    } else if (layer->kind == LAYER_AFFINE) {
        free(layer->affine.scale);
        free(layer->affine.shift);
    } else if (layer->kind == LAYER_REARRANGE) {
        free(layer->rearrange.from);
    }
}
