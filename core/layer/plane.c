#include "core/layer/plane.h"

#include "core/base/memory.h"

#include <string.h>

/* Addresses that are this far apart share a place in a cache. */
enum { CACHE_PERIOD = 2048, CACHE_LINE = 64 };

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
    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        if (plane_count(&planes[tensor]) % CACHE_PERIOD == 0)
            planes[tensor].gap = CACHE_LINE;
    return planes;
}

ptrdiff_t plane_stride(const struct plane *plane, ptrdiff_t without_border)
{
    ptrdiff_t row = (ptrdiff_t)plane->width * plane->channels;

    return without_border % row == 0 ? without_border / row * plane_row(plane)
                                     : without_border;
}

struct plane plane_bare(const struct plane *plane)
{
    return (struct plane){
        .height = plane->height, .width = plane->width, .channels = plane->channels};
}

/* Between two rows there is often less than a call is worth. */
static inline void fill(uint8_t *bytes, uint8_t byte, size_t count)
{
    enum { PIECE = 16 };
    uint8_t piece[PIECE];

    if (count > 8 * PIECE || count % PIECE != 0) {
        memset(bytes, byte, count);
        return;
    }
    memset(piece, byte, PIECE);
    for (size_t at = 0; at < count; at += PIECE)
        memcpy(bytes + at, piece, PIECE);
}

void plane_fill_border(const struct plane *plane, int samples, size_t element_bytes,
                       uint8_t byte, void *planes)
{
    size_t pixel = (size_t)plane->channels * element_bytes;
    size_t row = (size_t)plane_row(plane) * element_bytes;
    size_t left = (size_t)plane->left * pixel, right = (size_t)plane->right * pixel;
    size_t first = (size_t)plane_first(plane) * element_bytes;
    uint8_t *bytes = planes;

    if (!plane_has_border(plane))
        return;
    for (int sample = 0; sample < samples; sample++) {
        uint8_t *gap = bytes + first + row - left - right; /* behind a row */

        memset(bytes, byte, first);
        for (int y = 1; y < plane->height; y++, gap += row)
            fill(gap, byte, left + right);
        memset(gap, byte, right + (size_t)plane->bottom * row);
        bytes += plane_count(plane) * element_bytes;
    }
}
