#include "core/evaluate/candidate.h"

#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/layer/layer_run.h"
#include "core/network/batchnorm.h"
#include "core/network/bias_shift.h"
#include "core/network/early_codes.h"

#include <stdlib.h>
#include <string.h>

void candidate_init(struct candidate *candidate, const struct network *network,
                    const struct placement *placement, const int *items)
{
    size_t tensors = (size_t)network->tensor_count;
    size_t layers = (size_t)network->layer_count;

    *candidate = (struct candidate){
        .network = network,
        .placement = placement,
        .items = items,
        .choices = memory_zeroed((size_t)placement->count, sizeof *candidate->choices),
        .quantizers =
            memory_zeroed((size_t)placement->count, sizeof *candidate->quantizers),
        .tensors = memory_zeroed(tensors, sizeof *candidate->tensors),
        .unfinished = memory_zeroed(layers, sizeof *candidate->unfinished),
        .in_codes = memory_zeroed(tensors, sizeof *candidate->in_codes),
        .keeps = memory_zeroed(tensors, sizeof *candidate->keeps),
        .keeps_unfinished = memory_zeroed(layers, sizeof *candidate->keeps_unfinished),
    };
}

void candidate_clear(struct candidate *candidate)
{
    free(candidate->choices);
    free(candidate->quantizers);
    free(candidate->tensors);
    free(candidate->unfinished);
    free(candidate->in_codes);
    free(candidate->keeps);
    free(candidate->keeps_unfinished);
    *candidate = (struct candidate){0};
}

/* ---- quantizers ------------------------------------------------------------------------- */

const struct quantizer *candidate_quantizer(const struct candidate *candidate, int item)
{
    if (item < 0 || candidate->quantizers[item].step == 0)
        return NULL;
    return &candidate->quantizers[item];
}

const struct quantizer *candidate_weights(const struct candidate *candidate, int layer,
                                          int which)
{
    return candidate_quantizer(
        candidate, placement_of_weights(candidate->placement, layer, which));
}

const struct quantizer *candidate_output(const struct candidate *candidate, int layer)
{
    const struct layer *made_by = &candidate->network->layers[layer];

    if (early_codes_pass(made_by, candidate->items))
        return NULL;
    return candidate_quantizer(candidate, candidate->items[made_by->output]);
}

const struct quantized_tensor *candidate_rounded(const struct candidate *candidate,
                                                 int tensor)
{
    int item = candidate->placement->of_tensor[tensor];
    const struct quantizer *quantizer = candidate_quantizer(candidate, item);
    const struct quantized_tensor *items = candidate->placement->items;

    return quantizer && (items[item].split.added > 0 || bits_are_wide(quantizer->bits))
               ? &items[item]
               : NULL;
}

bool candidate_multiplies_codes(const struct candidate *candidate, int layer)
{
    const struct layer *made_by = &candidate->network->layers[layer];

    return layer_kind_of(made_by)->codes == CODES_MULTIPLY &&
           candidate_weights(candidate, layer, 0) &&
           candidate->in_codes[made_by->inputs[0]];
}

static void choose(struct candidate *candidate, const struct choice *choices,
                   int left_out)
{
    for (int item = 0; item < candidate->placement->count; item++) {
        candidate->choices[item] =
            choices && item != left_out ? choices[item] : (struct choice){0};
        candidate->quantizers[item] = choice_quantizer(candidate->choices[item]);
    }
}

/* ---- signatures ------------------------------------------------------------------------- */

struct hash128 candidate_key(const struct choice *choices, int count)
{
    struct hash128 key = {{0}};

    if (choices)
        hash128_add(&key, choices, (size_t)count * sizeof *choices);
    return key;
}

/* What an item's choice makes of values; 0: nothing. */
static uint64_t item_signature(const struct candidate *candidate, int item)
{
    return item < 0 ? 0 : choice_signature(candidate->choices[item]);
}

/* The same of what rounds a layer's output. */
static uint64_t output_signature(const struct candidate *candidate, int layer)
{
    const struct layer *made_by = &candidate->network->layers[layer];

    return candidate_output(candidate, layer)
               ? item_signature(candidate, candidate->items[made_by->output])
               : 0;
}

/* What rounds a tensor that stays float. */
static uint64_t rounded_signature(const struct candidate *candidate, int tensor)
{
    const struct quantized_tensor *rounded = candidate_rounded(candidate, tensor);
    uint64_t rounded_with[2];

    if (!rounded)
        return 0;
    rounded_with[0] = rounded->split.signature;
    rounded_with[1] =
        item_signature(candidate, candidate->placement->of_tensor[tensor]);
    return hash_bytes(rounded_with, sizeof rounded_with, 1);
}

/* The same of weights, whose codes may be given. */
static uint64_t weight_signature(const struct candidate *candidate, int item)
{
    return item_signature(candidate, item) ^
           (candidate_quantizer(candidate, item)
                ? given_codes_of(candidate->placement->items[item].given,
                                 candidate->quantizers[item].bits)
                      ->signature
                : 0);
}

/* Of all weight tensors of a layer. */
static uint64_t weights_signature(const struct candidate *candidate, int layer)
{
    uint64_t all = 0;

    for (int which = 0; which < candidate->network->layers[layer].weight_count;
         which++) {
        uint64_t one = weight_signature(
            candidate, placement_of_weights(candidate->placement, layer, which));

        all = hash_bytes(&one, sizeof one, all);
    }
    return all;
}

/* Signatures of the layer's inputs from `first` on, chained. */
static uint64_t add_inputs(const struct candidate *candidate,
                           const struct layer *made_by, int first, uint64_t signature)
{
    for (int i = first; i < made_by->input_count; i++)
        signature = hash_bytes(&candidate->tensors[made_by->inputs[i]],
                               sizeof *candidate->tensors, signature);
    return signature;
}

/* The sums of a convolution in integers are made of its weights and its first input; floats of
 * everything that a layer knows but the quantizer of its output. */
static void sign_layer(struct candidate *candidate, int layer)
{
    const struct layer *made_by = &candidate->network->layers[layer];
    bool in_integers = candidate_multiplies_codes(candidate, layer);
    uint64_t made_of[] = {(uint64_t)layer, weights_signature(candidate, layer),
                          candidate->tensors[made_by->inputs[0]], in_integers};
    uint64_t finished_with[] = {output_signature(candidate, layer),
                                batchnorm_signature(made_by) ^
                                    bias_shift_signature(made_by),
                                rounded_signature(candidate, made_by->output)};
    uint64_t of_sums = hash_bytes(made_of, sizeof made_of, 1);
    uint64_t of_floats =
        add_inputs(candidate, made_by, 1,
                   hash_bytes(&finished_with[1], sizeof(uint64_t), of_sums));

    /* Never 0. */
    candidate->unfinished[layer] = (in_integers ? of_sums : of_floats) | 1;
    candidate->tensors[made_by->output] =
        hash_bytes(finished_with, sizeof finished_with, of_floats) | 1;
    candidate->in_codes[made_by->output] =
        layer_gives_codes(made_by, candidate->in_codes[made_by->inputs[0]],
                          candidate_output(candidate, layer));
}

static void sign_input(struct candidate *candidate, int tensor)
{
    int item = candidate->items[tensor];

    candidate->tensors[tensor] = (item_signature(candidate, item) * 2 + 1) ^
                                 (rounded_signature(candidate, tensor) * 2);
    candidate->in_codes[tensor] = candidate_quantizer(candidate, item) != NULL;
}

void candidate_set(struct candidate *candidate, const struct choice *choices,
                   int left_out)
{
    const struct network *network = candidate->network;

    choose(candidate, choices, left_out);
    for (int input = 0; input < network->input_count; input++)
        sign_input(candidate, network->inputs[input]);
    for (int layer = 0; layer < network->layer_count; layer++)
        sign_layer(candidate, layer);
    memset(candidate->keeps, 0,
           (size_t)network->tensor_count * sizeof *candidate->keeps);
    memset(candidate->keeps_unfinished, 0,
           (size_t)network->layer_count * sizeof *candidate->keeps_unfinished);
}

void candidate_copy_signatures(struct candidate *to, const struct candidate *from)
{
    memcpy(to->tensors, from->tensors,
           (size_t)from->network->tensor_count * sizeof *to->tensors);
    memcpy(to->unfinished, from->unfinished,
           (size_t)from->network->layer_count * sizeof *to->unfinished);
}

/* Adds what is worth remembering because `other` has it too. Sums are, where other values were made
 * of them. */
static void compare(struct candidate *candidate, const struct candidate *other)
{
    const struct network *network = candidate->network;

    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        candidate->keeps[tensor] |=
            candidate->tensors[tensor] == other->tensors[tensor];
    for (int layer = 0; layer < network->layer_count; layer++) {
        int output = network->layers[layer].output;

        candidate->keeps_unfinished[layer] |=
            candidate->unfinished[layer] == other->unfinished[layer] &&
            candidate->tensors[output] != other->tensors[output];
    }
}

void candidates_compare(struct candidate *candidates, int count,
                        const struct candidate *before)
{
    for (int i = 0; i < count; i++) {
        compare(&candidates[i], before);
        for (int j = 0; j < count; j++)
            if (j != i)
                compare(&candidates[i], &candidates[j]);
    }
}

void candidate_keep_all(struct candidate *candidate)
{
    for (int tensor = 0; tensor < candidate->network->tensor_count; tensor++)
        candidate->keeps[tensor] = true;
}

void candidate_keep_unfinished(struct candidate *candidate, int tensor)
{
    int layer = candidate->network->tensors[tensor].producer;

    if (layer >= 0)
        candidate->keeps_unfinished[layer] = true;
}
