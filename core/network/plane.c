#include "core/network/plane.h"

#include "core/base/memory.h"

#include <string.h>

static void widen(int *border, int padding)
{
    if (padding > *border)
        *border = padding;
}

struct plane *planes_of(const struct network *network)
{
    struct plane *planes = memory_zeroed((size_t)network->tensor_count, sizeof *planes);

    for (int tensor = 0; tensor < network->tensor_count; tensor++) {
        planes[tensor].height = network->tensors[tensor].height;
        planes[tensor].width = network->tensors[tensor].width;
        planes[tensor].channels = network->tensors[tensor].channels;
    }
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];
        struct plane *plane = &planes[layer->inputs[0]];

        if (layer->kind != LAYER_CONV)
            continue;
        widen(&plane->top, layer->window.pad_top);
        widen(&plane->left, layer->window.pad_left);
        widen(&plane->bottom, layer->window.pad_bottom);
        widen(&plane->right, layer->window.pad_right);
    }
    return planes;
}

struct plane plane_bare(const struct plane *plane)
{
    return (struct plane){
        .height = plane->height, .width = plane->width, .channels = plane->channels};
}

void plane_fill_border(const struct plane *plane, int samples, uint8_t byte,
                       uint8_t *bytes)
{
    size_t row = (size_t)plane_row(plane);
    size_t left = (size_t)plane->left * (size_t)plane->channels;
    size_t right = (size_t)plane->right * (size_t)plane->channels;
    size_t first = (size_t)plane_first(plane);
    size_t inner = row - left - right;

    if (!plane_has_border(plane))
        return;
    for (int sample = 0; sample < samples; sample++, bytes += plane_count(plane)) {
        uint8_t *gap = bytes + first + inner; /* behind a row, up to the next one */

        memset(bytes, byte, first);
        for (int y = 1; y < plane->height; y++, gap += row)
            memset(gap, byte, left + right);
        memset(gap, byte, right + (size_t)plane->bottom * row);
    }
}
