#include "core/rewrite/qdq_added.h"

#include "core/base/memory.h"
#include "core/rewrite/rewrite.h"

#include <stdlib.h>
#include <string.h>

/* ---- corrections -------------------------------------------------------------------------- */

/* What a tensor is of another, past rearrangements that drop or fill nothing. */
struct view {
    int tensor;
    int32_t *from; /* of each element; NULL: all in order; owned */
};

static bool fills_nothing(const struct network *network, const struct layer *layer)
{
    for (size_t i = 0; i < network->tensors[layer->output].count; i++)
        if (layer->rearrange.from[i] < 0)
            return false;
    return true;
}

static struct view view_of(const struct network *network, int tensor)
{
    size_t count = network->tensors[tensor].count;
    int32_t *from = memory_get(count * sizeof *from);
    struct view view = {tensor, from};

    for (size_t i = 0; i < count; i++)
        from[i] = (int32_t)i;
    for (const struct layer *layer = rewrite_producer(network, tensor);
         layer && layer->kind == LAYER_REARRANGE && fills_nothing(network, layer);
         layer = rewrite_producer(network, view.tensor)) {
        for (size_t i = 0; i < count; i++)
            from[i] = layer->rearrange.from[from[i]];
        view.tensor = layer->inputs[0];
    }
    if (network->tensors[view.tensor].count != count ||
        !rewrite_is_in_order(from, count))
        return view;
    free(from);
    return (struct view){.tensor = view.tensor};
}

static bool same_order(const struct view *a, const struct view *b, size_t count)
{
    if (!a->from || !b->from)
        return a->from == b->from;
    return memcmp(a->from, b->from, count * sizeof *a->from) == 0;
}

/* Whether two tensors of a network are the same elements of one, in the same order. */
static bool same_values(const struct network *network, int one, int other)
{
    size_t count = network->tensors[one].count;
    struct view a, b;
    bool are_same;

    if (one == other || count != network->tensors[other].count)
        return one == other;
    a = view_of(network, one);
    b = view_of(network, other);
    are_same = a.tensor == b.tensor && same_order(&a, &b, count);
    free(a.from);
    free(b.from);
    return are_same;
}

/* The convolution that gives a tensor and nothing but products. */
static struct layer *bare_conv(const struct network *network, int tensor)
{
    struct layer *layer = rewrite_producer(network, tensor);

    return layer && layer->kind == LAYER_CONV && layer_is_unclamped(layer) &&
                   !layer->conv.has_residual
               ? layer
               : NULL;
}

static bool adds_nothing(const struct layer *layer)
{
    for (int channel = 0; channel < layer->weights->outputs; channel++)
        if (layer->conv.shift[channel] != 0)
            return false;
    return true;
}

/* Whether `sums` gives the sum of the elements under each window of `layer`, of each group. */
static bool sums_windows(const struct network *network, const struct layer *sums,
                         const struct layer *layer)
{
    const struct weights *ones = sums->weights, *weights = layer->weights;

    if (!same_values(network, sums->inputs[0], layer->inputs[0]) ||
        ones->groups != weights->groups || ones->inputs != weights->inputs ||
        ones->outputs != weights->groups || !adds_nothing(sums) ||
        memcmp(&sums->window, &layer->window, sizeof sums->window) != 0)
        return false;
    for (size_t i = 0; i < weights_count(ones); i++)
        if (ones->values[i] != 1)
            return false;
    return true;
}

/* Whether `by_channel` multiplies each group's value with a constant for each output channel. */
static bool scales_channels(const struct layer *by_channel, const struct layer *layer)
{
    struct window one = window_of_one();
    const struct weights *factors = by_channel->weights;

    return factors->groups == layer->weights->groups && factors->inputs == 1 &&
           factors->outputs == layer->weights->outputs && adds_nothing(by_channel) &&
           memcmp(&by_channel->window, &one, sizeof one) == 0;
}

/* Whether each tensor on the way to `tensor` from the one that it is a view of has one reader. */
static bool is_read_once(const struct network *network, int tensor, int from)
{
    while (tensor != from && rewrite_only_reader(network, tensor) >= 0)
        tensor = rewrite_producer(network, tensor)->inputs[0];
    return rewrite_only_reader(network, tensor) >= 0;
}

/* The convolution that gives `products`, where what is added, in the same order, is what `corrections`
 * make of the sums of its windows, a constant for each channel. */
static struct layer *corrected_layer(const struct network *network,
                                     const struct view *products,
                                     const struct view *added,
                                     const float **corrections)
{
    struct layer *layer = bare_conv(network, products->tensor);
    const struct layer *by_channel = bare_conv(network, added->tensor), *sums;
    struct view view;

    if (!layer || !layer->weights->steps || layer->weights->corrections ||
        !by_channel || !scales_channels(by_channel, layer))
        return NULL;
    view = view_of(network, by_channel->inputs[0]);
    sums = view.from ? NULL : bare_conv(network, view.tensor);
    free(view.from);
    *corrections = by_channel->weights->values;
    return sums && sums_windows(network, sums, layer) ? layer : NULL;
}

/* Layer `sum` adds a correction to a layer of codes. */
static bool take_correction(struct network *network, int sum, int side)
{
    const struct layer *add = &network->layers[sum];
    int tensor = add->inputs[side];
    size_t count = network->tensors[tensor].count;
    struct view products = view_of(network, tensor);
    struct view added = view_of(network, add->inputs[1 - side]);
    const float *corrections;
    struct layer *layer =
        same_order(&products, &added, count)
            ? corrected_layer(network, &products, &added, &corrections)
            : NULL;
    bool is_correction = layer && is_read_once(network, tensor, products.tensor);

    free(products.from);
    free(added.from);
    if (!is_correction)
        return false;
    layer->weights->corrections =
        memory_copy(corrections, (size_t)layer->weights->outputs * sizeof(float));
    rewrite_take_output(network, rewrite_producer(network, tensor), sum);
    return true;
}

static void take_corrections(struct network *network)
{
    for (int index = 0; index < network->layer_count;) {
        const struct layer *layer = &network->layers[index];

        if (layer->kind == LAYER_ADD && layer->input_count == 2 &&
            (take_correction(network, index, 0) || take_correction(network, index, 1)))
            index = index > 2 ? index - 2 : 0;
        else
            index++;
    }
}

/* ---- scales and shifts of one channel ------------------------------------------------------ */

static bool is_uniform(const float *values, int count)
{
    for (int i = 1; values && i < count; i++)
        if (values[i] != values[0])
            return false;
    return true;
}

static bool has_layer(const struct network *network, const char *name)
{
    for (int index = 0; network && index < network->layer_count; index++)
        if (strcmp(network->layers[index].name, name) == 0)
            return true;
    return false;
}

/* Layer `index`, which the float network does not have, scales and shifts all elements of a product of
 * one channel alike, so it may as well stand before their rearrangement. */
static bool take_scale(struct network *network, const struct network *in_float,
                       int index)
{
    const struct layer *layer = &network->layers[index];
    struct layer *view = rewrite_producer(network, layer->inputs[0]), *product;
    int channels = network->tensors[layer->output].channels;
    double scale, shift;

    if (layer->kind != LAYER_AFFINE || has_layer(in_float, layer->name) || !view ||
        view->kind != LAYER_REARRANGE || !fills_nothing(network, view) ||
        !is_uniform(layer->affine.scale, channels) ||
        !is_uniform(layer->affine.shift, channels))
        return false;
    product = bare_conv(network, view->inputs[0]);
    if (!product || product->weights->outputs != 1 ||
        rewrite_only_reader(network, view->inputs[0]) < 0 ||
        rewrite_only_reader(network, view->output) < 0)
        return false;
    scale = layer->affine.scale ? layer->affine.scale[0] : 1;
    shift = layer->affine.shift ? layer->affine.shift[0] : 0;
    product->conv.scale[0] = (float)(product->conv.scale[0] * scale);
    product->conv.shift[0] = (float)(product->conv.shift[0] * scale + shift);
    rewrite_take_output(network, view, index);
    return true;
}

static void take_scales(struct network *network, const struct network *in_float)
{
    for (int index = 0; index < network->layer_count;)
        index += !take_scale(network, in_float, index);
}

void qdq_take_added(struct network *network, const struct network *in_float)
{
    take_corrections(network);
    take_scales(network, in_float);
}
