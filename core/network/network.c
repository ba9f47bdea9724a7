#include "core/network/network.h"

#include "core/base/memory.h"
#include "core/network/layer_kind.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct network *network_create(const char *path)
{
    struct network *network = memory_zeroed(1, sizeof *network);

    network->path = memory_text(path);
    network->output = -1;
    return network;
}

void network_destroy(struct network *network)
{
    if (!network)
        return;
    for (int layer = 0; layer < network->layer_count; layer++)
        layer_clear(&network->layers[layer]);
    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        free(network->tensors[tensor].name);
    free(network->layers);
    free(network->tensors);
    free(network->path);
    for (int input = 0; input < network->input_count; input++)
        free(network->input_shapes[input]);
    free(network->output_name);
    free(network->output_shape);
    free(network->other_outputs);
    for (int i = 0; i < network->decision_count; i++)
        free(network->decisions[i].name);
    free(network->decisions);
    free(network);
}

void network_add_decision(struct network *network, enum network_decided what,
                          const char *name, int64_t number)
{
    int count = network->decision_count++;

    network->decisions = memory_resize(
        network->decisions, (size_t)(count + 1) * sizeof *network->decisions);
    network->decisions[count] = (struct network_decision){
        .what = what, .name = memory_text(name), .number = number};
}

/* How [C, H, W] and other ranks are stored: see layer.h. */
static void set_storage(struct tensor *tensor)
{
    const int *dims = tensor->dims;

    tensor->count = 1;
    for (int i = 0; i < tensor->rank; i++)
        tensor->count *= (size_t)dims[i];
    tensor->height = tensor->width = 1;
    if (tensor->rank == 3) {
        tensor->channels = dims[0];
        tensor->height = dims[1];
        tensor->width = dims[2];
    } else if (tensor->rank == 2) {
        tensor->width = dims[0];
        tensor->channels = dims[1];
    } else {
        tensor->channels = (int)tensor->count;
    }
}

int network_add_tensor(struct network *network, const char *name, int rank,
                       const int *dims)
{
    int index = network->tensor_count++;
    struct tensor *tensor;

    network->tensors = memory_resize(network->tensors, (size_t)network->tensor_count *
                                                           sizeof *network->tensors);
    tensor = &network->tensors[index];
    *tensor = (struct tensor){.name = memory_text(name),
                              .rank = rank,
                              .least = INT32_MIN,
                              .most = INT32_MAX,
                              .producer = -1};
    memcpy(tensor->dims, dims, (size_t)rank * sizeof *dims);
    set_storage(tensor);
    return index;
}

void network_add_input(struct network *network, int tensor, const char *shape)
{
    assert(network->input_count < NETWORK_INPUTS_MAX);
    network->input_shapes[network->input_count] = shape ? memory_text(shape) : NULL;
    network->inputs[network->input_count++] = tensor;
}

const struct tensor *network_input(const struct network *network, int input)
{
    return &network->tensors[network->inputs[input]];
}

bool network_is_input(const struct network *network, int tensor)
{
    for (int input = 0; input < network->input_count; input++)
        if (network->inputs[input] == tensor)
            return true;
    return false;
}

size_t network_products(const struct network *network, int layer)
{
    const struct layer *of = &network->layers[layer];
    const struct tensor *output = &network->tensors[of->output];

    return output->count / (size_t)output->channels * (size_t)of->weights->outputs;
}

struct layer *network_add_layer(struct network *network, enum layer_kind kind,
                                const char *name, const int *inputs, int input_count,
                                int output)
{
    int index = network->layer_count++;
    struct layer *layer;

    network->layers = memory_resize(network->layers, (size_t)network->layer_count *
                                                         sizeof *network->layers);
    layer = &network->layers[index];
    *layer = (struct layer){
        .kind = kind,
        .name = memory_text(name),
        .node = -1,
        .inputs = memory_copy(inputs, (size_t)input_count * sizeof *inputs),
        .input_count = input_count,
        .output = output,
        .window = window_of_one(),
        .low = -INFINITY,
        .high = INFINITY,
    };
    network->tensors[output].producer = index;
    return layer;
}

int network_find_tensor(const struct network *network, const char *name)
{
    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        if (strcmp(network->tensors[tensor].name, name) == 0)
            return tensor;
    return -1;
}

void network_renumber(struct network *network, const int *numbers)
{
    for (int input = 0; input < network->input_count; input++)
        network->inputs[input] = numbers[network->inputs[input]];
    network->output = numbers[network->output];
    for (int index = 0; index < network->layer_count; index++) {
        struct layer *layer = &network->layers[index];

        layer->output = numbers[layer->output];
        for (int i = 0; i < layer->input_count; i++)
            layer->inputs[i] = numbers[layer->inputs[i]];
    }
}

size_t network_macs(const struct network *network)
{
    size_t macs = 0;

    for (int i = 0; i < network->layer_count; i++) {
        const struct layer *layer = &network->layers[i];

        macs += layer_macs(layer, network->tensors[layer->output].count);
    }
    return macs;
}
