#include "core/evaluate/overhead.h"

#include "core/base/memory.h"
#include "core/layer/weight_codes.h"
#include "core/network/layer_kind.h"

#include <stdlib.h>

static size_t parameters_of(const struct layer *layer)
{
    return weights_count(layer->weights);
}

static size_t macs_of(const struct network *network, const struct layer *layer)
{
    return layer_macs(layer, network->tensors[layer->output].count);
}

static int second_factor(const struct layer *layer, const struct quantized_tensor *item,
                         struct choice choice)
{
    const struct weight_rules rules = {
        .ratios = item->ratios, .block = item->block, .wide = item->wide};
    const struct quantizer quantizer = choice_quantizer(choice);
    int16_t *codes;
    int factor;

    if (item->wide.second_above == 0)
        return 1;
    codes = memory_get(parameters_of(layer) * sizeof *codes);
    factor = weight_codes_find(layer->weights, &rules, &quantizer, codes).factor;
    free(codes);
    return factor;
}

/* Channels that are added, and a second tensor, make so much of the layer again. */
static void add_layer(struct overhead *overhead, const struct network *network,
                      const struct layer *layer, const struct quantized_tensor *item,
                      int factor)
{
    size_t inputs = (size_t)weights_inputs(layer->weights);
    size_t more = factor > 1 ? inputs : (size_t)item->wide.added;

    overhead->added_parameters += parameters_of(layer) / inputs * more;
    overhead->added_macs += macs_of(network, layer) / inputs * more;
    overhead->split_layers += item->wide.added > 0;
    overhead->channels += item->wide.added;
    overhead->dual_layers += factor > 1;
    overhead->grouped_layers += layer->weights->groups > 1;
}

/* Channels of an activation are input channels of all layers that read it. */
static void add_activation(struct overhead *overhead, const struct network *network,
                           const struct quantized_tensor *item)
{
    size_t added = (size_t)item->split.added;

    overhead->split_activations += added > 0;
    overhead->activation_channels += item->split.added;
    for (int i = 0; i < network->layer_count; i++) {
        const struct layer *layer = &network->layers[i];

        if (layer->kind != LAYER_CONV || layer->inputs[0] != item->index)
            continue;
        overhead->added_parameters +=
            parameters_of(layer) / (size_t)weights_inputs(layer->weights) * added;
        overhead->added_macs +=
            macs_of(network, layer) / (size_t)weights_inputs(layer->weights) * added;
    }
}

void overhead_find(struct overhead *overhead, const struct network *network,
                   const struct placement *placement, const struct choice *choices)
{
    *overhead = (struct overhead){
        .factors = memory_get((size_t)placement->count * sizeof *overhead->factors)};
    for (int i = 0; i < network->layer_count; i++) {
        if (network->layers[i].weight_count == 0)
            continue;
        overhead->parameters += parameters_of(&network->layers[i]);
        overhead->macs += macs_of(network, &network->layers[i]);
    }
    for (int i = 0; i < placement->count; i++) {
        const struct quantized_tensor *item = &placement->items[i];

        overhead->factors[i] = 1;
        if (!item->is_weight) {
            add_activation(overhead, network, item);
            continue;
        }
        overhead->factors[i] =
            second_factor(&network->layers[item->index], item, choices[i]);
        add_layer(overhead, network, &network->layers[item->index], item,
                  overhead->factors[i]);
    }
}

void overhead_clear(struct overhead *overhead)
{
    free(overhead->factors);
    *overhead = (struct overhead){0};
}

double overhead_per_cent(size_t added, size_t all)
{
    return all > 0 ? 100 * (double)added / (double)all : 0;
}
