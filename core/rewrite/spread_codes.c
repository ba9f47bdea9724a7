#include "core/rewrite/spread_codes.h"

#include "core/base/memory.h"
#include "core/network/layer_kind.h"
#include "core/rewrite/rewrite.h"

#include <math.h>
#include <stdlib.h>

static const struct file_codes none = {0};

static bool only_cuts(const struct layer *layer)
{
    return layer->kind == LAYER_AFFINE && !layer->affine.scale && !layer->affine.shift;
}

/* Rounding is monotone, and leaves codes as they are. */
bool spread_codes_rounds_before(const struct layer *layer)
{
    return layer_hands_on(layer) || only_cuts(layer);
}

/* Whether a layer makes codes of codes: zero is one. */
static bool keeps_codes(const struct layer *layer)
{
    return isinf(layer->high) && (isinf(layer->low) || layer->low == 0) &&
           layer_fill(layer) == 0;
}

/* A network, and whether codes go past its clamps. */
struct way {
    const struct network *network;
    bool goes_past_clamps;
};

static bool goes_past(const struct way *way, const struct layer *layer)
{
    return spread_codes_rounds_before(layer) &&
           (way->goes_past_clamps || !only_cuts(layer));
}

static struct file_codes of_inputs(const struct layer *layer,
                                   const struct file_codes *codes)
{
    for (int i = 1; i < layer->input_count; i++)
        if (!file_codes_are_equal(&codes[layer->inputs[0]], &codes[layer->inputs[i]]))
            return none;
    return codes[layer->inputs[0]];
}

/* The codes that a layer's output has although nobody rounds it. */
static struct file_codes handed_on(const struct way *way, const struct layer *layer,
                                   const struct file_codes *codes)
{
    return goes_past(way, layer) && keeps_codes(layer) ? of_inputs(layer, codes) : none;
}

static void hand_on(const struct way *way, struct file_codes *codes)
{
    for (int index = 0; index < way->network->layer_count; index++) {
        const struct layer *layer = &way->network->layers[index];

        if (codes[layer->output].step == 0)
            codes[layer->output] = handed_on(way, layer, codes);
    }
}

/* Forgets roundings to what is handed on anyway. */
static void forget_repeated(const struct way *way, const struct file_codes *handed,
                            struct file_codes *codes)
{
    for (int index = 0; index < way->network->layer_count; index++) {
        const struct layer *layer = &way->network->layers[index];
        struct file_codes given = handed_on(way, layer, handed);

        if (file_codes_are_equal(&codes[layer->output], &given))
            codes[layer->output] = none;
    }
}

/* To what codes all who read a tensor round what they make of it. */
struct want {
    bool is_read;
    struct file_codes codes; /* step 0: to none, or to several */
};

static void add_reader(struct want *want, struct file_codes codes)
{
    if (!want->is_read)
        want->codes = codes;
    else if (!file_codes_are_equal(&want->codes, &codes))
        want->codes = none;
    want->is_read = true;
}

/* Follows elements [count] of a rearrangement's output to its input; false where some are filled in. */
static bool follow(const struct layer *layer, int32_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        from[i] = layer->rearrange.from[from[i]];
        if (from[i] < 0)
            return false;
    }
    return true;
}

/* Whether a tensor is, past rearrangements, but another name of one behind which others hold codes: it gets no
 * others, as network_fuse() makes one tensor of both. */
static bool is_name_of_codes(const struct network *network, int tensor,
                             const struct file_codes *codes)
{
    size_t count = network->tensors[tensor].count;
    int32_t *from = memory_get(count * sizeof *from);
    const struct layer *layer = rewrite_producer(network, tensor);
    bool has_codes = false, is_name = false;

    for (size_t i = 0; i < count; i++)
        from[i] = (int32_t)i;
    while (layer && layer->kind == LAYER_REARRANGE && !is_name &&
           follow(layer, from, count)) {
        const struct tensor *input = &network->tensors[layer->inputs[0]];

        has_codes = has_codes || codes[layer->inputs[0]].step > 0;
        is_name = has_codes && input->count == count &&
                  rewrite_is_in_order(from, count) &&
                  input->width == network->tensors[tensor].width &&
                  input->channels == network->tensors[tensor].channels;
        layer = rewrite_producer(network, layer->inputs[0]);
    }
    free(from);
    return is_name;
}

/* Rounds a tensor as all its readers want it, unless it is rounded, or handed on like that. */
static bool take_wanted(const struct network *network, int tensor,
                        const struct want *want, const struct file_codes *handed,
                        struct file_codes *codes)
{
    if (codes[tensor].step > 0 || want[tensor].codes.step == 0 ||
        file_codes_are_equal(&want[tensor].codes, &handed[tensor]) ||
        is_name_of_codes(network, tensor, codes))
        return false;
    codes[tensor] = want[tensor].codes;
    return true;
}

/* Rounds tensors as all their readers want it; returns whether it did. Readers come later than the
 * layer. */
static bool round_before(const struct way *way, const struct file_codes *handed,
                         struct file_codes *codes)
{
    const struct network *network = way->network;
    struct want *wants = memory_zeroed((size_t)network->tensor_count, sizeof *wants);
    bool rounds = false;

    wants[network->output].is_read = true;
    for (int index = network->layer_count - 1; index >= 0; index--) {
        const struct layer *layer = &network->layers[index];
        int at = layer->output;

        rounds = take_wanted(network, at, wants, handed, codes) || rounds;
        for (int i = 0; i < layer->input_count; i++)
            add_reader(&wants[layer->inputs[i]],
                       goes_past(way, layer) ? codes[at] : none);
    }
    for (int i = 0; i < network->input_count; i++) {
        rounds =
            take_wanted(network, network->inputs[i], wants, handed, codes) || rounds;
    }
    free(wants);
    return rounds;
}

/* Each rounding moves past a layer at most once. */
static void spread(const struct way *way, struct file_codes *codes)
{
    size_t bytes = (size_t)way->network->tensor_count * sizeof *codes;
    bool rounds = true;

    for (int i = 0; rounds && i < way->network->tensor_count; i++) {
        struct file_codes *handed = memory_copy(codes, bytes);

        hand_on(way, handed);
        forget_repeated(way, handed, codes);
        rounds = round_before(way, handed, codes);
        free(handed);
    }
    hand_on(way, codes);
}

void spread_codes(const struct network *network, struct file_codes *codes)
{
    spread(&(struct way){network, true}, codes);
}

void spread_codes_past_moves(const struct network *network, struct file_codes *codes)
{
    spread(&(struct way){network, false}, codes);
}
