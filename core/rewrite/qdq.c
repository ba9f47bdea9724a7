#include "core/rewrite/qdq.h"

#include "core/base/memory.h"
#include "core/network/code_tensors.h"
#include "core/network/early_codes.h"
#include "core/rewrite/rewrite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool network_is_quantized(const struct network *network)
{
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        if (layer->kind == LAYER_QUANTIZE ||
            (layer->kind == LAYER_CONV && layer->weights->steps))
            return true;
    }
    return false;
}

/* ---- roundings ---------------------------------------------------------------------------- */

static struct layer *producer_of(const struct network *network, int tensor)
{
    int producer = network->tensors[tensor].producer;

    return producer < 0 ? NULL : &network->layers[producer];
}

/* The code at which a clamp cuts, if it cuts at one; `open` where it does not cut. */
static bool is_code(float limit, float step, int open, int *code)
{
    float nearest = rintf(limit / step);

    *code = open;
    if (isinf(limit))
        return true;
    if (!(fabsf(nearest) <= INT16_MAX) || nearest * step != limit)
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
    struct layer *before = producer_of(network, tensor);
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

static bool same_codes(const struct file_codes *a, const struct file_codes *b)
{
    return a->step == b->step && a->lowest == b->lowest && a->highest == b->highest;
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

/* Views of the tensor `from` that have its name get that of `to`. */
static void rename_views(struct network *network, int from, int to)
{
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];
        struct tensor *view = &network->tensors[layer->output];

        if (layer->kind != LAYER_REARRANGE || !layer_reads(layer, from) ||
            strcmp(view->name, network->tensors[from].name) != 0)
            continue;
        free(view->name);
        view->name = memory_text(network->tensors[to].name);
    }
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
    if (!same_codes(&network->tensors[input].codes, &network->layers[index].codes) &&
        rewrite_only_reader(network, input) != index)
        return error_set(
            err, EXIT_INPUT,
            "%s: tensor \"%s\" is rounded to codes, and it is read in other "
            "ways too; calq needs all readers behind one QuantizeLinear",
            network->path, network->tensors[input].name);
    network->tensors[input].codes = network->layers[index].codes;
    rename_views(network, output, input);
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

/* ---- early roundings ---------------------------------------------------------------------- */

/* Whether a layer only moves values, takes the largest of them, or cuts what codes have not. */
static bool hands_on(const struct layer *layer, const struct file_codes *codes)
{
    bool only_cuts =
        layer->kind == LAYER_AFFINE && !layer->affine.scale && !layer->affine.shift;

    return layer_hands_on(layer) ||
           (only_cuts && codes->lowest == 0 && layer->low == 0 && isinf(layer->high));
}

/* Whether all that reads a tensor rounds what it makes of it to the same codes. */
static bool is_rounded_again(const struct network *network, int tensor)
{
    const struct file_codes *codes = &network->tensors[tensor].codes;
    bool is_read = false;

    if (codes->step == 0 || tensor == network->output)
        return false;
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        if (!layer_reads(layer, tensor))
            continue;
        is_read = true;
        if (!hands_on(layer, codes) ||
            !same_codes(&network->tensors[layer->output].codes, codes))
            return false;
    }
    return is_read;
}

/* Such a rounding changes nothing: that behind it is the network's. */
static void forget_early_codes(struct network *network)
{
    bool *is_early = memory_get((size_t)network->tensor_count * sizeof *is_early);

    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        is_early[tensor] = is_rounded_again(network, tensor);
    for (int tensor = 0; tensor < network->tensor_count; tensor++)
        if (is_early[tensor])
            network->tensors[tensor].codes = (struct file_codes){0};
    free(is_early);
}

/* The codes that all who read a tensor hand on; without step: they do not. Of tensors without codes those are
 * asked for that are behind them.
 *
 *   held  [tensors] only tensors of the same item are; NULL: any */
static struct file_codes handed_on(const struct network *file, const int *held,
                                   int tensor)
{
    struct file_codes codes = {0};

    for (int index = 0; index < file->layer_count; index++) {
        const struct layer *layer = &file->layers[index];
        struct file_codes next = file->tensors[layer->output].codes;

        if (!layer_reads(layer, tensor))
            continue;
        if (next.step == 0 && !held)
            next = handed_on(file, NULL, layer->output);
        if (next.step == 0 || (held && held[layer->output] != held[tensor]) ||
            !hands_on(layer, &next) || (codes.step > 0 && !same_codes(&codes, &next)))
            return (struct file_codes){0};
        codes = next;
    }
    return codes;
}

/* Codes that a file has before a view, which alone reads them, are those of the view where the case rounds that. */
static void move_to_view(const struct placement *placement, const int *held,
                         struct network *file, const struct layer *layer)
{
    struct file_codes *from = &file->tensors[layer->inputs[0]].codes;
    struct file_codes *to = &file->tensors[layer->output].codes;
    int item = placement->of_tensor[layer->output], before = held[layer->inputs[0]];

    if (layer->kind != LAYER_REARRANGE || from->step == 0 || to->step > 0 || item < 0 ||
        (before >= 0 && before != item) ||
        code_tensors_readers(file, layer->inputs[0]) != 1)
        return;
    *to = *from;
    *from = (struct file_codes){0};
}

void network_move_codes(const struct network *network,
                        const struct placement *placement, struct network *file)
{
    int *held;

    if (network->tensor_count != file->tensor_count)
        return;
    held = early_codes(network, placement);
    for (int index = file->layer_count - 1; index >= 0; index--) {
        int tensor = file->layers[index].output;
        struct file_codes *codes = &file->tensors[tensor].codes;

        if (held[tensor] >= 0 && codes->step == 0)
            *codes = handed_on(file, placement->of_tensor[tensor] >= 0 ? NULL : held,
                               tensor);
    }
    for (int index = 0; index < file->layer_count; index++)
        move_to_view(placement, held, file, &file->layers[index]);
    for (int tensor = 0; tensor < file->tensor_count; tensor++) {
        int item = held[tensor] < 0 ? tensor : placement->items[held[tensor]].index;

        if (item != tensor &&
            same_codes(&file->tensors[tensor].codes, &file->tensors[item].codes))
            file->tensors[tensor].codes = (struct file_codes){0};
    }
    free(held);
}

/* ---- corrections -------------------------------------------------------------------------- */

static bool is_bare_conv(const struct network *network, const struct layer *layer,
                         int reader)
{
    if (!layer || layer->kind != LAYER_CONV || !layer_is_unclamped(layer) ||
        layer->conv.has_residual)
        return false;
    return rewrite_only_reader(network, layer->output) == reader;
}

static bool adds_nothing(const struct layer *layer)
{
    for (int channel = 0; channel < layer->weights->outputs; channel++)
        if (layer->conv.shift[channel] != 0)
            return false;
    return true;
}

/* Whether `sums` gives the sum of the elements under each window of `layer`, of each group. */
static bool sums_windows(const struct layer *sums, const struct layer *layer)
{
    const struct weights *ones = sums->weights, *weights = layer->weights;

    if (sums->inputs[0] != layer->inputs[0] || ones->groups != weights->groups ||
        ones->inputs != weights->inputs || ones->outputs != weights->groups ||
        !adds_nothing(sums) ||
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

/* Layer `sum` adds to a convolution of codes what `corrections`, a constant for each channel, make
 * of the sums of its windows. */
static bool take_correction(struct network *network, int sum, int side)
{
    const struct layer *add = &network->layers[sum];
    struct layer *layer = producer_of(network, add->inputs[side]);
    struct layer *by_channel = producer_of(network, add->inputs[1 - side]);
    struct layer *sums;
    int sums_at, by_channel_at;

    if (!is_bare_conv(network, layer, sum) || !layer->weights->steps ||
        layer->weights->corrections || !is_bare_conv(network, by_channel, sum) ||
        !scales_channels(by_channel, layer))
        return false;
    by_channel_at = (int)(by_channel - network->layers);
    sums = producer_of(network, by_channel->inputs[0]);
    if (!is_bare_conv(network, sums, by_channel_at) || !sums_windows(sums, layer))
        return false;
    layer->weights->corrections = memory_copy(
        by_channel->weights->values, (size_t)layer->weights->outputs * sizeof(float));
    sums_at = (int)(sums - network->layers);
    rewrite_take_output(network, layer, sum);
    rewrite_remove_layer(network, by_channel_at);
    rewrite_remove_layer(network, sums_at);
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

int network_take_qdq(struct network *network, const struct network *in_float,
                     struct error *err)
{
    if (take_roundings(network, in_float, err) < 0)
        return -1;
    forget_early_codes(network);
    take_corrections(network);
    return 0;
}
