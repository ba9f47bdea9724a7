#include "core/rewrite/part_products.h"

#include "core/base/memory.h"
#include "core/network/layer_kind.h"
#include "core/rewrite/rewrite.h"

#include <string.h>

static bool multiplies(const struct layer *layer, int tensor)
{
    for (int i = 0; i < layer_multiplied_inputs(layer); i++)
        if (layer->inputs[i] == tensor)
            return true;
    return false;
}

static bool reads_otherwise(const struct layer *layer, int tensor)
{
    for (int i = layer_multiplied_inputs(layer); i < layer->input_count; i++)
        if (layer->inputs[i] == tensor)
            return true;
    return false;
}

/* The first layer that multiplies a tensor which others read, too; -1: there is none. */
static int first_product(const struct network *network, int tensor)
{
    bool is_shared = tensor == network->output;
    int first = -1;

    for (int index = network->layer_count - 1; index >= 0; index--) {
        const struct layer *layer = &network->layers[index];

        is_shared |= reads_otherwise(layer, tensor);
        if (multiplies(layer, tensor))
            first = index;
    }
    return is_shared ? first : -1;
}

static int add_copy_of_tensor(struct network *network, int tensor)
{
    const struct tensor of = network->tensors[tensor];
    int copy = network_add_tensor(network, of.name, of.rank, of.dims);

    network->tensors[copy].nonnegative = of.nonnegative;
    network->tensors[copy].codes = of.codes;
    return copy;
}

static void multiply_instead(struct network *network, int tensor, int instead)
{
    for (int index = 0; index < network->layer_count; index++) {
        struct layer *layer = &network->layers[index];

        for (int i = 0; i < layer_multiplied_inputs(layer); i++)
            if (layer->inputs[i] == tensor)
                layer->inputs[i] = instead;
    }
}

/* Moves the last layer up in the order of execution. */
static void raise_last(struct network *network, int to)
{
    int last = network->layer_count - 1;
    struct layer moved = network->layers[last];

    memmove(network->layers + to + 1, network->layers + to,
            (size_t)(last - to) * sizeof moved);
    network->layers[to] = moved;
    rewrite_point_at_producers(network, to);
}

static void part(struct network *network, int tensor, int first)
{
    int copy = add_copy_of_tensor(network, tensor);
    size_t count = network->tensors[copy].count;
    struct layer *layer;

    multiply_instead(network, tensor, copy);
    layer = network_add_layer(network, LAYER_REARRANGE, network->tensors[copy].name,
                              &tensor, 1, copy);
    layer->rearrange.from = memory_get(count * sizeof *layer->rearrange.from);
    for (size_t i = 0; i < count; i++)
        layer->rearrange.from[i] = (int32_t)i;
    raise_last(network, first);
}

void network_part_products(struct network *network)
{
    int count = network->tensor_count;

    for (int tensor = 0; tensor < count; tensor++) {
        int first = first_product(network, tensor);

        if (first >= 0)
            part(network, tensor, first);
    }
}
