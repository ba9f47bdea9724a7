#include "core/rewrite/rewrite.h"

#include "core/rewrite/spread_codes.h"

#include <string.h>

struct layer *rewrite_producer(const struct network *network, int tensor)
{
    int producer = network->tensors[tensor].producer;

    return producer < 0 ? NULL : &network->layers[producer];
}

/* Whether a layer sees the codes of a tensor: its output is not rounded to them again. */
static bool sees_codes(const struct network *network, const struct layer *reader,
                       int tensor)
{
    const struct file_codes *codes = &network->tensors[tensor].codes;

    return codes->step > 0 &&
           !(spread_codes_rounds_before(reader) &&
             file_codes_are_equal(codes, &network->tensors[reader->output].codes));
}

int rewrite_only_reader(const struct network *network, int tensor)
{
    int reader = -1;

    if (tensor == network->output)
        return -1;
    for (int layer = 0; layer < network->layer_count; layer++)
        if (layer_reads(&network->layers[layer], tensor)) {
            if (reader >= 0 || sees_codes(network, &network->layers[layer], tensor))
                return -1;
            reader = layer;
        }
    return reader;
}

void rewrite_point_at_producers(struct network *network, int first)
{
    for (int layer = first; layer < network->layer_count; layer++)
        network->tensors[network->layers[layer].output].producer = layer;
}

void rewrite_remove_layer(struct network *network, int index)
{
    struct layer *layers = network->layers;

    if (network->tensors[layers[index].output].producer == index)
        network->tensors[layers[index].output].producer = -1;
    layer_clear(&layers[index]);
    memmove(layers + index, layers + index + 1,
            (size_t)(network->layer_count - index - 1) * sizeof *layers);
    network->layer_count--;
    rewrite_point_at_producers(network, index);
}

void rewrite_take_output(struct network *network, struct layer *layer, int reader)
{
    const struct layer *gone = &network->layers[reader];

    layer->low = gone->low;
    layer->high = gone->high;
    network->tensors[layer->output].producer = -1;
    layer->output = gone->output;
    rewrite_remove_layer(network, reader);
    network->tensors[layer->output].producer = (int)(layer - network->layers);
}

void rewrite_read_instead(struct network *network, int tensor, int instead)
{
    for (int layer = 0; layer < network->layer_count; layer++)
        for (int i = 0; i < network->layers[layer].input_count; i++)
            if (network->layers[layer].inputs[i] == tensor)
                network->layers[layer].inputs[i] = instead;
}

bool rewrite_is_in_order(const int32_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (from[i] != (int32_t)i)
            return false;
    return true;
}
