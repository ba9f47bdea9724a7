#include "core/network/code_tensors.h"

#include "core/base/memory.h"
#include "core/network/layer_kind.h"

#include <stdlib.h>

int code_tensors_readers(const struct network *network, int tensor)
{
    int count = tensor == network->output;

    for (int index = 0; index < network->layer_count; index++)
        for (int i = 0; i < network->layers[index].input_count; i++)
            count += network->layers[index].inputs[i] == tensor;
    return count;
}

static bool have_all(const struct layer *layer, const bool *of_tensors)
{
    for (int i = 0; i < layer->input_count; i++)
        if (!of_tensors[layer->inputs[i]])
            return false;
    return true;
}

static bool is_barred(const bool *barred, int tensor)
{
    return barred && barred[tensor];
}

/* The tensors that integers can be behind: [tensors], the caller's. */
static bool *find_possible(const struct network *network, const bool *in_integers,
                           const bool *barred, const bool *rounded)
{
    bool *possible = memory_copy(rounded, (size_t)network->tensor_count);

    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        if (layer_kind_of(layer)->codes == CODES_MAKE || layer_passes_codes(layer))
            possible[layer->output] |= have_all(layer, possible);
        else
            possible[layer->output] |= in_integers[index];
        possible[layer->output] &= !is_barred(barred, layer->output);
    }
    return possible;
}

/* Whether every reader of a tensor hands it on to one that is rounded. */
static bool is_handed_on(const struct network *network, const bool *rounded_once,
                         int tensor)
{
    bool is_read = false;

    if (tensor == network->output)
        return false;
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        if (!layer_reads(layer, tensor))
            continue;
        if (!layer_passes_codes(layer) || !rounded_once[layer->output])
            return false;
        is_read = true;
    }
    return is_read;
}

/* Whether the network's output has values of the tensor as they are: rounding one would round both. */
static bool is_output(const struct network *network, int tensor)
{
    if (tensor == network->output)
        return true;
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        if (layer_passes_codes(layer) && layer_reads(layer, tensor) &&
            is_output(network, layer->output))
            return true;
    }
    return false;
}

/* From the last layer to the first: who reads a tensor has decided before who makes it. */
static void ask_for_codes(const struct network *network, const bool *in_integers,
                          const bool *barred, const bool *possible, bool *rounded)
{
    bool *once = memory_copy(rounded, (size_t)network->tensor_count);

    for (int index = network->layer_count - 1; index >= 0; index--) {
        const struct layer *layer = &network->layers[index];
        int output = layer->output;
        bool adds =
            layer_kind_of(layer)->codes == CODES_MAKE && have_all(layer, possible);
        bool is_handed = is_handed_on(network, once, output);

        once[output] |= is_handed && code_tensors_readers(network, output) == 1;
        if (!once[output] && !is_barred(barred, output) &&
            ((in_integers[index] && !is_output(network, output)) ||
             (adds && is_handed)))
            rounded[output] = once[output] = true;
        for (int i = 0; adds && once[output] && i < layer->input_count; i++)
            rounded[layer->inputs[i]] = once[layer->inputs[i]] = true;
    }
    free(once);
}

/* What comes as codes is not rounded again. */
static void forget_handed_on(const struct network *network, bool *rounded)
{
    bool *codes = memory_copy(rounded, (size_t)network->tensor_count);

    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        if (!layer_passes_codes(layer) || layer->input_count > 1 ||
            !codes[layer->inputs[0]])
            continue;
        codes[layer->output] = true;
        rounded[layer->output] = false;
    }
    free(codes);
}

void code_tensors_find(const struct network *network, const bool *in_integers,
                       const bool *barred, bool *rounded)
{
    bool *possible = find_possible(network, in_integers, barred, rounded);

    ask_for_codes(network, in_integers, barred, possible, rounded);
    forget_handed_on(network, rounded);
    free(possible);
}
