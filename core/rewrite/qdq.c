#include "core/rewrite/qdq.h"

#include "core/base/memory.h"
#include "core/rewrite/qdq_added.h"
#include "core/rewrite/rewrite.h"
#include "core/rewrite/spread_codes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool network_is_quantized(const struct network *network)
{
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        if (layer->kind == LAYER_QUANTIZE ||
            (layer->weight_count > 0 && layer->weights->steps))
            return true;
    }
    return false;
}

/* ---- roundings ---------------------------------------------------------------------------- */

/* The code at which a clamp cuts, if it cuts at one; `open` where it does not cut. */
static bool is_code(float limit, float step, int open, int *code)
{
    float nearest = rintf(limit / step);

    *code = open;
    if (isinf(limit))
        return true;
    if (!(fabsf(nearest) <= UINT16_MAX) || nearest * step != limit)
        return false;
    *code = (int)nearest;
    return true;
}

/* Whether a layer only clamps, and to codes, which become those of `codes`: to fewer ones, or, as
 * Min does, at the highest. A clamp of the float network that cuts nothing of the codes stays. */
static bool narrows(const struct layer *layer, struct file_codes *codes)
{
    int lowest, highest;

    if (!layer || layer->kind != LAYER_AFFINE || layer->affine.scale ||
        layer->affine.shift ||
        !is_code(layer->low, codes->step, codes->lowest, &lowest) ||
        !is_code(layer->high, codes->step, codes->highest, &highest))
        return false;
    if (lowest < codes->lowest || highest > codes->highest || isinf(layer->high) ||
        (lowest == codes->lowest && highest == codes->highest && !isinf(layer->low)))
        return false;
    codes->lowest = lowest;
    codes->highest = highest;
    return true;
}

/* The same of a clamp that cuts below only, as Max does. */
static bool narrows_below(const struct layer *layer, struct file_codes *codes)
{
    int lowest;

    if (!layer || layer->kind != LAYER_AFFINE || layer->affine.scale ||
        layer->affine.shift || !isinf(layer->high) || isinf(layer->low) ||
        !is_code(layer->low, codes->step, codes->lowest, &lowest) ||
        lowest <= codes->lowest || lowest >= 0) /* at 0 it is the network's Relu */
        return false;
    codes->lowest = lowest;
    return true;
}

/* What an export adds has names that the float network does not have. */
static bool is_added(const struct network *network, const struct network *in_float,
                     int tensor)
{
    return !in_float ||
           network_find_tensor(in_float, network->tensors[tensor].name) < 0;
}

/* The tensor before the clamp that alone reads `tensor`'s values and gives them to `reader`, where
 * the clamp was added and fits; the clamp is removed. */
static int skip_clamp(struct network *network, const struct network *in_float,
                      int *reader, int tensor,
                      bool (*fits)(const struct layer *, struct file_codes *))
{
    struct file_codes *codes = &network->layers[*reader].codes;
    struct layer *before = rewrite_producer(network, tensor);
    int at, from;

    if (rewrite_only_reader(network, tensor) != *reader ||
        !is_added(network, in_float, tensor) || !fits(before, codes))
        return tensor;
    at = (int)(before - network->layers);
    from = before->inputs[0];
    network->layers[*reader].inputs[0] = from;
    rewrite_remove_layer(network, at);
    *reader -= 1;
    return from;
}

/* The network's output is the tensor before the rounding, by the name of what comes out, unless it has its own, as
 * before a softmax. */
static void give_output(struct network *network, const struct network *in_float,
                        int from, int to)
{
    char *name = network->tensors[from].name;

    network->output = to;
    if (!is_added(network, in_float, to))
        return;
    network->tensors[from].name = network->tensors[to].name;
    network->tensors[to].name = name;
}

/* Layer `index` rounds: its input, or that of the clamps before it, is what has the codes. */
static int take_rounding(struct network *network, const struct network *in_float,
                         int index, struct error *err)
{
    int input = network->layers[index].inputs[0], output;

    input = skip_clamp(network, in_float, &index, input, narrows_below);
    input = skip_clamp(network, in_float, &index, input, narrows);
    output = network->layers[index].output;
    /* To round once more to the same codes, behind what is but another name, changes nothing. */
    if (!file_codes_are_equal(&network->tensors[input].codes,
                              &network->layers[index].codes) &&
        rewrite_only_reader(network, input) != index)
        return error_set(
            err, EXIT_INPUT,
            "%s: tensor \"%s\" is rounded to codes, and it is read in other "
            "ways too; calq needs all readers behind one QuantizeLinear",
            network->path, network->tensors[input].name);
    network->tensors[input].codes = network->layers[index].codes;
    rewrite_read_instead(network, output, input);
    if (network->output == output)
        give_output(network, in_float, output, input);
    rewrite_remove_layer(network, index);
    return 0;
}

static int take_roundings(struct network *network, const struct network *in_float,
                          struct error *err)
{
    for (int index = 0; index < network->layer_count;) {
        if (network->layers[index].kind != LAYER_QUANTIZE) {
            index++;
            continue;
        }
        if (take_rounding(network, in_float, index, err) < 0)
            return -1;
        index = index > 2 ? index - 3 : 0;
    }
    return 0;
}

static void spread(struct network *network)
{
    size_t tensors = (size_t)network->tensor_count;
    struct file_codes *codes = memory_get(tensors * sizeof *codes);

    for (size_t i = 0; i < tensors; i++)
        codes[i] = network->tensors[i].codes;
    spread_codes_past_moves(network, codes);
    for (size_t i = 0; i < tensors; i++)
        network->tensors[i].codes = codes[i];
    free(codes);
}

int network_take_qdq(struct network *network, const struct network *in_float,
                     struct error *err)
{
    if (take_roundings(network, in_float, err) < 0)
        return -1;
    spread(network);
    qdq_take_added(network, in_float);
    /* What was added may have stood between a tensor and its view. */
    spread(network);
    return 0;
}
