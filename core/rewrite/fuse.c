#include "core/rewrite/fuse.h"

#include "core/base/memory.h"
#include "core/network/batchnorm.h"
#include "core/network/layer_kind.h"
#include "core/rewrite/gates.h"
#include "core/rewrite/merge_norms.h"
#include "core/rewrite/rewrite.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool is_bare_clamp(const struct layer *layer)
{
    return layer->kind == LAYER_AFFINE && !layer->affine.scale && !layer->affine.shift;
}

static void merge_affine(struct layer *layer, const struct affine *affine)
{
    struct conv *conv = &layer->conv;

    for (int channel = 0; channel < layer->weights->outputs; channel++) {
        double scale = affine->scale ? affine->scale[channel] : 1.0;
        double shift = affine->shift ? affine->shift[channel] : 0.0;

        conv->scale[channel] = (float)(conv->scale[channel] * scale);
        conv->shift[channel] = (float)(conv->shift[channel] * scale + shift);
    }
}

/* Whether a convolution gives its products and, at most, a bias. */
static bool is_unscaled(const struct layer *layer)
{
    for (int channel = 0; channel < layer->weights->outputs; channel++)
        if (layer->conv.scale[channel] != 1)
            return false;
    return true;
}

/* A batch norm comes to the convolution that it is merged into. Its input was products plus bias,
 * so its mean is less by the bias. Behind a scale, or behind another batch norm, it is forgotten:
 * it stays a constant. */
static void take_batchnorm(struct layer *layer, struct layer *affine)
{
    const float *shift = layer->conv.shift;
    size_t channels = (size_t)layer->weights->outputs;

    if (!affine->batchnorm || layer->batchnorm || !is_unscaled(layer))
        return;
    layer->batchnorm = affine->batchnorm;
    affine->batchnorm = NULL;
    layer->batchnorm->bias = memory_copy(shift, channels * sizeof *shift);
    for (size_t channel = 0; channel < channels; channel++)
        layer->batchnorm->mean[channel] -= shift[channel];
}

/* conv -> affine: same number of channels, nothing between. */
static bool fuse_affine(struct network *network, int index)
{
    struct layer *layer = &network->layers[index];
    int reader = rewrite_only_reader(network, layer->output);
    struct layer *next = reader < 0 ? NULL : &network->layers[reader];

    if (layer->kind != LAYER_CONV || !next || next->kind != LAYER_AFFINE ||
        !layer_is_unclamped(layer) || layer->conv.has_residual)
        return false;
    if (network->tensors[next->output].channels != layer->weights->outputs)
        return false;
    take_batchnorm(layer, next);
    merge_affine(layer, &next->affine);
    if (!is_bare_clamp(next))
        layer->conv.scaled_by = next->node;
    rewrite_take_output(network, layer, reader);
    return true;
}

/* anything -> ReLU */
static bool fuse_clamp(struct network *network, int index)
{
    struct layer *layer = &network->layers[index];
    int reader = rewrite_only_reader(network, layer->output);

    if (reader < 0 || !is_bare_clamp(&network->layers[reader]) ||
        !layer_is_unclamped(layer) || layer->kind == LAYER_REARRANGE ||
        layer_recurs(layer))
        return false;
    rewrite_take_output(network, layer, reader);
    return true;
}

/* The convolution over a line or a volume, or the batch norm of one, whose output a layer of the same node brings
 * into the file's order; NULL: it is none, or others read it. */
static struct layer *behind_view(const struct network *network,
                                 const struct layer *view)
{
    int producer = network->tensors[view->inputs[0]].producer;
    struct layer *layer = producer < 0 ? NULL : &network->layers[producer];

    if (view->kind != LAYER_REARRANGE || !layer || layer->node != view->node ||
        rewrite_only_reader(network, view->inputs[0]) < 0)
        return NULL;
    if (layer->kind == LAYER_AFFINE)
        return layer->batchnorm ? layer : NULL;
    return layer->kind == LAYER_CONV && layer->weights->axes % 2 == 1 ? layer : NULL;
}

/* anything -> a view -> ReLU: the ReLU comes first, and what it gives is viewed. */
static bool fuse_clamp_before_view(struct network *network, int index)
{
    struct layer *view = &network->layers[index], *layer = behind_view(network, view);
    int reader = rewrite_only_reader(network, view->output);
    const struct layer *next = reader < 0 ? NULL : &network->layers[reader];
    struct tensor *clamped;

    if (!layer || !next || !is_bare_clamp(next) || !layer_is_unclamped(layer))
        return false;
    layer->low = next->low;
    layer->high = next->high;
    view->rearrange.fill = fminf(fmaxf(view->rearrange.fill, next->low), next->high);
    clamped = &network->tensors[layer->output];
    free(clamped->name);
    clamped->name = memory_text(network->tensors[next->output].name);
    clamped->codes = network->tensors[next->output].codes;
    rewrite_take_output(network, view, reader);
    view->low = -INFINITY;
    view->high = INFINITY;
    return true;
}

/* Moves a layer down in the order of execution. */
static void sink(struct network *network, int from, int to)
{
    struct layer moved = network->layers[from];

    memmove(network->layers + from, network->layers + from + 1,
            (size_t)(to - from) * sizeof moved);
    network->layers[to] = moved;
    rewrite_point_at_producers(network, from);
}

/* The sum of two that alone reads this bare convolution, or -1; `other` is what is added. */
static int sum_of(const struct network *network, int index, int *other)
{
    const struct layer *layer = &network->layers[index];
    int reader = rewrite_only_reader(network, layer->output);
    const struct layer *next = reader < 0 ? NULL : &network->layers[reader];

    if (layer->kind != LAYER_CONV || !next || next->kind != LAYER_ADD ||
        next->input_count != 2 || !layer_is_unclamped(layer) ||
        layer->conv.has_residual)
        return -1;
    *other = next->inputs[next->inputs[0] == layer->output ? 1 : 0];
    return *other == layer->output ? -1 : reader;
}

static void add_residual(struct network *network, int index, int reader, int other)
{
    struct layer *layer = &network->layers[index];

    layer->inputs = memory_resize(layer->inputs, 2 * sizeof *layer->inputs);
    layer->inputs[layer->input_count++] = other;
    layer->conv.has_residual = true;
    rewrite_take_output(network, layer, reader);
}

/* conv -> add of a tensor that is made before the convolution. */
static bool fuse_residual(struct network *network, int index)
{
    int other, reader = sum_of(network, index, &other);

    if (reader < 0 || network->tensors[other].producer >= index)
        return false;
    add_residual(network, index, reader, other);
    return true;
}

/* conv -> add of a tensor that is made later: the convolution waits for it. */
static bool fuse_late_residual(struct network *network, int index)
{
    int other, reader = sum_of(network, index, &other);

    if (reader < 0)
        return false;
    sink(network, index, reader - 1);
    add_residual(network, reader - 1, reader, other);
    return true;
}

/* rearrange -> rearrange */
static bool fuse_rearrange(struct network *network, int index)
{
    struct layer *layer = &network->layers[index];
    int reader = rewrite_only_reader(network, layer->output);
    struct layer *next = reader < 0 ? NULL : &network->layers[reader];
    size_t count;

    if (layer->kind != LAYER_REARRANGE || !next || next->kind != LAYER_REARRANGE)
        return false;
    if (layer->rearrange.fill != next->rearrange.fill)
        return false;
    count = network->tensors[next->output].count;
    for (size_t i = 0; i < count; i++)
        if (next->rearrange.from[i] >= 0)
            next->rearrange.from[i] = layer->rearrange.from[next->rearrange.from[i]];
    free(layer->rearrange.from);
    layer->rearrange.from = next->rearrange.from;
    next->rearrange.from = NULL;
    rewrite_take_output(network, layer, reader);
    return true;
}

static bool changes_nothing(const struct network *network, const struct layer *layer)
{
    const struct tensor *input = &network->tensors[layer->inputs[0]];
    const struct tensor *output = &network->tensors[layer->output];

    if (layer->kind != LAYER_REARRANGE || input->height != output->height ||
        input->width != output->width || input->channels != output->channels)
        return false;
    for (size_t i = 0; i < output->count; i++)
        if (layer->rearrange.from[i] != (int32_t)i)
            return false;
    return true;
}

/* Whether the input has the codes to which the file rounds the output, if it does. */
static bool has_codes(const struct network *network, int input, int output)
{
    const struct file_codes *codes = &network->tensors[output].codes;

    return codes->step == 0 ||
           file_codes_are_equal(codes, &network->tensors[input].codes);
}

/* A rearrangement that changes nothing: its readers read its input. */
static bool remove_identity(struct network *network, int index)
{
    const struct layer *layer = &network->layers[index];
    int input = layer->inputs[0], output = layer->output;

    if (!changes_nothing(network, layer) || output == network->output ||
        !has_codes(network, input, output))
        return false;
    rewrite_read_instead(network, output, input);
    rewrite_remove_layer(network, index);
    return true;
}

static bool remove_unread(struct network *network, int index)
{
    int output = network->layers[index].output;

    if (output == network->output)
        return false;
    for (int layer = 0; layer < network->layer_count; layer++)
        if (layer_reads(&network->layers[layer], output))
            return false;
    rewrite_remove_layer(network, index);
    return true;
}

typedef bool (*rewrite_fn)(struct network *network, int index);

/* Applies a rewrite at each layer until it fits nowhere any more. */
static void rewrite_each(struct network *network, rewrite_fn fits)
{
    for (int index = 0; index < network->layer_count;)
        if (!fits(network, index))
            index++;
        else if (index > 0)
            index--;
}

static void rewrite(struct network *network, const rewrite_fn *rewrites, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rewrite_each(network, rewrites[i]);
}

static bool inputs_are_nonnegative(const struct network *network,
                                   const struct layer *layer)
{
    for (int i = 0; i < layer->input_count; i++)
        if (!network->tensors[layer->inputs[i]].nonnegative)
            return false;
    return true;
}

static bool output_is_nonnegative(const struct network *network,
                                  const struct layer *layer)
{
    return layer->low >= 0 ||
           (layer->high >= 0 && layer_kind_of(layer)->is_nonnegative(
                                    layer, inputs_are_nonnegative(network, layer)));
}

/* Forgets the tensors that no layer makes or reads any more, and renumbers the others.
 */
static void drop_unused_tensors(struct network *network)
{
    int *renumbered = memory_get((size_t)network->tensor_count * sizeof *renumbered);
    int kept = 0;

    for (int tensor = 0; tensor < network->tensor_count; tensor++) {
        if (!network_is_input(network, tensor) &&
            network->tensors[tensor].producer < 0) {
            free(network->tensors[tensor].name);
            continue;
        }
        renumbered[tensor] = kept;
        network->tensors[kept++] = network->tensors[tensor];
    }
    network->tensor_count = kept;
    network_renumber(network, renumbered);
    free(renumbered);
}

static void finish(struct network *network)
{
    drop_unused_tensors(network);
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        network->tensors[layer->output].nonnegative =
            output_is_nonnegative(network, layer);
    }
}

static const rewrite_fn but_sums[] = {
    fuse_clamp_before_view, remove_unread, remove_identity, fuse_rearrange,
    remove_identity,        fuse_affine,   fuse_clamp,
};

static const rewrite_fn sums[] = {fuse_residual, fuse_late_residual, fuse_clamp};

/* Before all else: scales and clamps are layers still. What made the parts of a curve is not read then. */
static void fuse_gates(struct network *network)
{
    rewrite_each(network, gates_fuse);
    for (int index = network->layer_count - 1; index >= 0; index--)
        remove_unread(network, index);
}

static void rewrite_but_sums(struct network *network)
{
    fuse_gates(network);
    rewrite(network, but_sums, COUNT(but_sums));
    if (network_merge_norms(network) > 0)
        rewrite(network, but_sums, COUNT(but_sums));
}

void network_fuse_but_sums(struct network *network)
{
    rewrite_but_sums(network);
    finish(network);
}

void network_fuse(struct network *network)
{
    rewrite_but_sums(network);
    rewrite(network, sums, COUNT(sums));
    finish(network);
}

/* The scales of the outputs go into the weights, which are no codes any more. */
static void fold_scale(struct layer *layer)
{
    struct weights *weights = layer->weights;
    size_t count = weights_per_output(weights);

    if (!is_unscaled(layer)) {
        free(weights->steps);
        weights->steps = NULL;
    }
    for (int output = 0; output < weights->outputs; output++) {
        for (size_t i = 0; i < count; i++)
            weights->values[(size_t)output * count + i] *= layer->conv.scale[output];
        layer->conv.scale[output] = 1;
    }
}

void network_fold_batchnorm(struct network *network)
{
    for (int index = 0; index < network->layer_count; index++) {
        struct layer *layer = &network->layers[index];

        if (layer->kind != LAYER_CONV)
            continue;
        fold_scale(layer);
        batchnorm_destroy(layer->batchnorm);
        layer->batchnorm = NULL;
    }
}
