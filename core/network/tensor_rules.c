#include "core/network/tensor_rules.h"

#include "core/base/memory.h"
#include "core/network/layer_kind.h"
#include "core/network/layer_pattern.h"
#include "core/quant/quantizer.h"

#include <fnmatch.h>
#include <stdlib.h>

/* ---- the entries, keep_float first ---------------------------------------------------------- */

static int entry_count(const struct override_list *list)
{
    return list->keep_count + list->count;
}

static struct override entry_at(const struct override_list *list, int i)
{
    if (i >= list->keep_count)
        return list->entries[i - list->keep_count];
    return (struct override){.match = (char *)list->keep_float[i],
                             .keeps_float = OVERRIDE_YES};
}

static bool has_bits(const struct override *entry)
{
    return entry->bits.weights > 0 || entry->bits.activations > 0;
}

/* Whether an entry means layers, not tensors. */
static bool means_layers(const struct override *entry, const struct network *network)
{
    for (int layer = 0; layer < network->layer_count; layer++)
        if (layer_pattern_fits(entry->match, network, layer))
            return true;
    return false;
}

/* ---- weights, and what stays in float ------------------------------------------------------- */

static void say_weights(struct tensor_rule *rule, const struct override *entry)
{
    if (entry->bits.weights > 0) {
        rule->bits = entry->bits.weights;
        rule->why = entry->match;
    }
    if (entry->weight_steps > 0)
        rule->steps = (enum weight_steps)(entry->weight_steps - 1);
}

/* Returns whether the entry means any of the layer's weights. */
static bool say_of_weights(struct tensor_rules *rules, const struct network *network,
                           const struct override *entry, int index, bool is_of_layers)
{
    const struct layer *layer = &network->layers[index];
    bool fits_layer = is_of_layers && layer_pattern_fits(entry->match, network, index);
    bool any = false;

    for (int which = 0; which < layer->weight_count; which++) {
        bool is_meant = is_of_layers
                            ? fits_layer
                            : fnmatch(entry->match, layer->weights[which].name, 0) == 0;

        if (is_meant)
            say_weights(&rules->weights[rules->first_weights[index] + which], entry);
        any |= is_meant;
    }
    if ((any || fits_layer) && has_bits(entry))
        rules->kept[index] = NULL;
    return any || fits_layer;
}

/* Returns whether the entry means the layer. */
static bool say_kept(struct tensor_rules *rules, const struct network *network,
                     const struct override *entry, int index)
{
    if (!layer_is_quantizable(&network->layers[index]) ||
        (!layer_pattern_fits(entry->match, network, index) &&
         !layer_pattern_fits_a_tensor(entry->match, network, index)))
        return false;
    if (entry->keeps_float == OVERRIDE_NO)
        rules->kept[index] = NULL;
    else if (entry->keeps_float == OVERRIDE_YES && !rules->kept[index])
        rules->kept[index] = entry->match;
    return true;
}

static bool fits_activation(const struct override *entry, const struct network *network)
{
    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        if (fnmatch(entry->match, network->tensors[tensor].name, 0) == 0)
            return true;
    return false;
}

/* Returns whether the entry means anything. */
static bool say(struct tensor_rules *rules, const struct network *network,
                const struct override *entry)
{
    bool is_of_layers = means_layers(entry, network);
    bool is_of_weights = entry->bits.weights > 0 || entry->weight_steps > 0;
    bool any = false;

    for (int index = 0; index < network->layer_count; index++) {
        bool is_quantizable = layer_is_quantizable(&network->layers[index]);

        if (entry->keeps_float != OVERRIDE_NOTHING)
            any |= say_kept(rules, network, entry, index);
        if (has_bits(entry) || is_of_weights)
            any |= say_of_weights(rules, network, entry, index, is_of_layers) &&
                   (is_quantizable || !is_of_weights);
    }
    return any || (!is_of_weights && entry->bits.activations > 0 &&
                   fits_activation(entry, network));
}

/* ---- activations ---------------------------------------------------------------------------- */

/* What a layer multiplies, or, where it multiplies nothing, reads. */
static void reach_inputs(const struct layer *layer, bool *reached)
{
    int multiplied = layer_multiplied_inputs(layer);
    int count = multiplied > 0 ? multiplied : layer->input_count;

    for (int i = 0; i < count; i++)
        reached[layer->inputs[i]] = true;
    if (layer_recurs(layer))
        reached[layer->output] = true;
}

/* Where codes come from that layers hand on. */
static void reach_back(const struct network *network, const bool *rounded,
                       bool *reached)
{
    for (int index = network->layer_count - 1; index >= 0; index--) {
        const struct layer *layer = &network->layers[index];

        if (!reached[layer->output] || rounded[layer->output] ||
            !layer_passes_codes(layer))
            continue;
        for (int i = 0; i < layer->input_count; i++)
            reached[layer->inputs[i]] = true;
    }
}

static void reach(const struct network *network, const struct override *entry,
                  const bool *rounded, bool *reached)
{
    bool is_of_layers = means_layers(entry, network);

    for (int index = 0; is_of_layers && index < network->layer_count; index++)
        if (layer_pattern_fits(entry->match, network, index))
            reach_inputs(&network->layers[index], reached);
    for (int tensor = 0; !is_of_layers && tensor < network->tensor_count; tensor++)
        if (fnmatch(entry->match, network->tensors[tensor].name, 0) == 0)
            reached[tensor] = true;
    reach_back(network, rounded, reached);
}

static void say_activations(struct tensor_rules *rules, const struct network *network,
                            const struct override *entry, const bool *rounded)
{
    bool *reached = memory_zeroed((size_t)network->tensor_count, sizeof *reached);

    reach(network, entry, rounded, reached);
    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        if (reached[tensor]) {
            rules->activations[tensor].bits = entry->bits.activations;
            rules->activations[tensor].why = entry->match;
        }
    free(reached);
}

bool tensor_rules_say_activations(struct tensor_rules *rules,
                                  const struct network *network,
                                  const struct override_list *list, const bool *rounded)
{
    bool any = false;

    for (int i = 0; i < list->count; i++)
        if (list->entries[i].bits.activations > 0)
            say_activations(rules, network, &list->entries[i], rounded);
    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        any |= rounded[tensor] && rules->activations[tensor].why &&
               rules->activations[tensor].bits == BITS_FLOAT;
    return any;
}

/* ---- all ------------------------------------------------------------------------------------ */

static void init(struct tensor_rules *rules, const struct network *network,
                 struct tensor_rule weights, struct tensor_rule activations)
{
    size_t layers = (size_t)network->layer_count,
           tensors = (size_t)network->tensor_count;
    int count = 0;

    *rules = (struct tensor_rules){
        .kept = memory_zeroed(layers, sizeof *rules->kept),
        .first_weights = memory_zeroed(layers, sizeof *rules->first_weights),
        .activations = memory_zeroed(tensors, sizeof *rules->activations),
    };
    for (size_t layer = 0; layer < layers; layer++) {
        rules->first_weights[layer] = count;
        count += network->layers[layer].weight_count;
    }
    rules->weights = memory_zeroed((size_t)count + 1, sizeof weights);
    for (int i = 0; i < count; i++)
        rules->weights[i] = weights;
    for (size_t tensor = 0; tensor < tensors; tensor++)
        rules->activations[tensor] = activations;
}

int tensor_rules_init(struct tensor_rules *rules, const struct network *network,
                      const struct override_list *list, struct tensor_rule weights,
                      struct tensor_rule activations, struct tensor_rule output,
                      struct error *err)
{
    init(rules, network, weights, activations);
    rules->activations[network->output] = output;
    for (int i = 0; i < entry_count(list); i++) {
        const struct override entry = entry_at(list, i);

        if (say(rules, network, &entry))
            continue;
        return i < list->keep_count
                   ? layer_pattern_refuse("keep_float", entry.match,
                                          "layer with weights", network, err)
                   : layer_pattern_refuse("overrides", entry.match,
                                          entry.bits.activations > 0 &&
                                                  entry.bits.weights == 0
                                              ? "layer or tensor"
                                              : "layer with weights",
                                          network, err);
    }
    return 0;
}

void tensor_rules_clear(struct tensor_rules *rules)
{
    free(rules->kept);
    free(rules->weights);
    free(rules->first_weights);
    free(rules->activations);
    *rules = (struct tensor_rules){0};
}

const struct tensor_rule *tensor_rules_weights(const struct tensor_rules *rules,
                                               int layer, int which)
{
    return &rules->weights[rules->first_weights[layer] + which];
}

const char *tensor_rules_why_kept(const struct layer *layer, const char *kept)
{
    return !layer_is_quantizable(layer) && layer_kind_of(layer)->codes == CODES_END
               ? "not quantizable"
               : kept;
}
