#include "core/evaluate/slices.h"

#include "core/base/memory.h"

/* What a layer reads and writes at once: the usual second cache has room for it beside weights. */
#define NEAR_BYTES ((size_t)512 * 1024)

enum {
    FAR = 4,  /* times NEAR_BYTES: a layer with less is as fast with the whole block */
    ALIKE = 4 /* times: numbers of samples that differ by less may be of one stretch */
};

/* What a network's layers are asked about. */
struct question {
    const struct network *network;
    const struct plane *planes;
    size_t block, near_bytes;
};

/* Codes that a layer reads and writes of a sample. */
static size_t codes_of(const struct layer *layer, const struct plane *planes)
{
    size_t count = plane_count(&planes[layer->output]);

    for (int i = 0; i < layer->input_count; i++)
        count += plane_count(&planes[layer->inputs[i]]);
    return count;
}

static size_t weights_of(const struct layer *layer)
{
    size_t count = 0;

    for (int which = 0; which < layer->weight_count; which++)
        count += weights_count(&layer->weights[which]);
    return count;
}

/* Samples that stay near, or 0: all may be done at once, or it is the weights that do not. */
static int samples_near(const struct question *ask, int index)
{
    const struct layer *layer = &ask->network->layers[index];
    size_t codes = codes_of(layer, ask->planes);

    if (codes * ask->block <= FAR * ask->near_bytes || weights_of(layer) > codes)
        return 0;
    return codes < ask->near_bytes ? (int)(ask->near_bytes / codes) : 1;
}

/* The stretch that begins with a layer: others follow as long as about as many samples of theirs stay near. */
static struct stretch stretch_from(const struct question *ask, int first)
{
    int most = samples_near(ask, first), least = most;
    struct stretch stretch = {first, first + 1, 0};

    for (; least > 0 && stretch.end < ask->network->layer_count; stretch.end++) {
        int samples = samples_near(ask, stretch.end);
        int more = samples > most ? samples : most;
        int fewer = samples < least ? samples : least;

        if (samples == 0 || more > ALIKE * fewer)
            break;
        most = more;
        least = fewer;
    }
    if (stretch.end - first > 1)
        stretch.samples = least;
    return stretch;
}

struct stretch *slices_of(const struct network *network, const struct plane *planes,
                          int block, size_t near_bytes)
{
    const struct question ask = {network, planes, (size_t)block,
                                 near_bytes > 0 ? near_bytes : NEAR_BYTES};
    size_t layers = (size_t)network->layer_count;
    struct stretch *stretches = memory_zeroed(layers, sizeof *stretches);

    for (int first = 0; first < network->layer_count;) {
        struct stretch stretch = stretch_from(&ask, first);

        for (; first < stretch.end; first++)
            stretches[first] = stretch;
    }
    return stretches;
}
