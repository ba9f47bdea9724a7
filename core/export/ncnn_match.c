#include "core/export/ncnn_match.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what no layer may be ------------------------------------------------------------------- */

static const char *const products[] = {"Convolution", "ConvolutionDepthWise",
                                       "InnerProduct"};
static const char *const deconvolutions[] = {"Deconvolution", "DeconvolutionDepthWise"};
static const char *const by_own_rules[] = {"Gemm", "RNN",   "LSTM",
                                           "GRU",  "Embed", "MultiHeadAttention"};

#define IS_ANY_OF(layer, types) is_any_of(layer, types, sizeof(types) / sizeof *(types))

static bool is_any_of(const struct ncnn_layer *layer, const char *const *types,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ncnn_layer_is(layer, types[i]))
            return true;
    return false;
}

/* The layer that makes a blob; NULL: none does. */
static const struct ncnn_layer *maker_of(const struct ncnn_param *param,
                                         const char *blob)
{
    for (int layer = 0; layer < param->count; layer++)
        for (int i = 0; i < param->layers[layer].output_count; i++)
            if (strcmp(param->layers[layer].outputs[i], blob) == 0)
                return &param->layers[layer];
    return NULL;
}

/* Whether ncnnoptimize would make one layer of this one and what it reads. */
static bool would_be_folded(const struct ncnn_param *param,
                            const struct ncnn_layer *layer)
{
    const struct ncnn_layer *maker =
        layer->input_count == 1 ? maker_of(param, layer->inputs[0]) : NULL;

    return (ncnn_layer_is(layer, "BatchNorm") || ncnn_layer_is(layer, "Scale")) &&
           maker && (IS_ANY_OF(maker, products) || IS_ANY_OF(maker, deconvolutions));
}

static int check_layer(const struct ncnn_param *param, const struct ncnn_layer *layer,
                       struct error *err)
{
    if (would_be_folded(param, layer))
        return error_set(err, EXIT_INPUT,
                         "%s: layer %s (%s) is not folded into the weights before it, "
                         "so codes would be of other weights: run ncnnoptimize on the "
                         "pair first, with 0 as its last argument",
                         param->path, layer->name, layer->type);
    if (IS_ANY_OF(layer, by_own_rules))
        return error_set(err, EXIT_INPUT,
                         "%s: layer %s is of the type %s, which ncnn2int8 quantizes by "
                         "rules of its own; a fully connected layer is to be an "
                         "InnerProduct",
                         param->path, layer->name, layer->type);
    if (IS_ANY_OF(layer, products) && strstr(layer->name, "_param_"))
        return error_set(err, EXIT_INPUT,
                         "%s: the name of layer %s has \"_param_\" in it, by which "
                         "ncnn2int8 knows scales of weights: rename it",
                         param->path, layer->name);
    if (IS_ANY_OF(layer, products) && ncnn_layer_setting(layer, 8, 0) != 0)
        return error_set(err, EXIT_INPUT,
                         "%s: layer %s is quantized already; give the pair before "
                         "ncnn2int8",
                         param->path, layer->name);
    return 0;
}

int ncnn_check_layers(const struct ncnn_param *param, struct error *err)
{
    for (int layer = 0; layer < param->count; layer++)
        if (check_layer(param, &param->layers[layer], err) < 0)
            return -1;
    return 0;
}

/* ---- whether two layers are one -------------------------------------------------------------- */

struct shape {
    size_t outputs, weights, groups;
    int kernel[2], stride[2], dilation[2]; /* height, width */
};

static struct shape shape_of(const struct layer *layer)
{
    const struct window *window = &layer->window;

    return (struct shape){
        .outputs = (size_t)layer->weights->outputs,
        .weights = weights_count(layer->weights),
        .groups = (size_t)layer->weights->groups,
        .kernel = {window->kernel_height, window->kernel_width},
        .stride = {window->stride_height, window->stride_width},
        .dilation = {window->dilation_height, window->dilation_width},
    };
}

/* Height and width, of which the first is the second where it is not said. */
static void take_pair(const struct ncnn_layer *layer, int key, int *pair)
{
    pair[1] = ncnn_layer_setting(layer, key, 1);
    pair[0] = ncnn_layer_setting(layer, 10 + key, pair[1]);
}

static struct shape shape_there(const struct ncnn_layer *layer,
                                const struct ncnn_weights *weights)
{
    struct shape shape = {
        .outputs = (size_t)ncnn_layer_setting(layer, 0, 0),
        .weights = weights->count,
        .groups = 1,
        .kernel = {1, 1},
        .stride = {1, 1},
        .dilation = {1, 1},
    };

    if (ncnn_layer_is(layer, "InnerProduct"))
        return shape;
    take_pair(layer, 1, shape.kernel);
    take_pair(layer, 2, shape.dilation);
    take_pair(layer, 3, shape.stride);
    if (ncnn_layer_is(layer, "ConvolutionDepthWise"))
        shape.groups = (size_t)ncnn_layer_setting(layer, 7, 1);
    return shape;
}

static bool is_near(float ours, float theirs, float most)
{
    return fabsf(ours - theirs) <= most * 1e-3f + 1e-7f;
}

/* Of an output channel: halves and folded batch norms are a little other. */
static bool channel_is_near(const struct weights *ours, size_t channel,
                            const float *theirs)
{
    size_t window = (size_t)ours->window, inputs = (size_t)ours->inputs;
    const float *values = ours->values + channel * window * inputs;
    float most = 0;

    for (size_t i = 0; i < window * inputs; i++)
        most = fmaxf(most, fabsf(values[i]));
    theirs += channel * window * inputs;
    for (size_t i = 0; i < window; i++)
        for (size_t input = 0; input < inputs; input++)
            if (!is_near(values[i * inputs + input], theirs[input * window + i], most))
                return false;
    return true;
}

static bool weights_are_near(const struct weights *ours, const struct ncnn_bin *bin,
                             int layer)
{
    float *theirs = ncnn_bin_tagged(bin, layer);
    bool are_near = true;

    for (int channel = 0; are_near && channel < ours->outputs; channel++)
        are_near = channel_is_near(ours, (size_t)channel, theirs);
    free(theirs);
    return are_near;
}

/* The shift of an output channel before it was corrected, as the file has it. */
static float bias_of_file(const struct conv *conv, int channel)
{
    return conv->bare_shift ? conv->bare_shift[channel] : conv->shift[channel];
}

static bool biases_are_near(const struct layer *layer, const struct ncnn_bin *bin,
                            int there)
{
    size_t outputs = (size_t)layer->weights->outputs;
    bool has_some = bin->of_layers[there].bare_count == outputs;
    float *theirs =
        has_some ? ncnn_bin_bare(bin, there) : memory_zeroed(outputs, sizeof *theirs);
    bool are_near = true;
    float most = 0;

    for (size_t i = 0; i < outputs; i++)
        most = fmaxf(most, fabsf(bias_of_file(&layer->conv, (int)i)));
    for (size_t i = 0; i < outputs; i++)
        are_near =
            are_near && is_near(bias_of_file(&layer->conv, (int)i), theirs[i], most);
    free(theirs);
    return are_near;
}

/* ---- the search ----------------------------------------------------------------------------- */

struct match {
    const struct ncnn_param *param;
    const struct ncnn_bin *bin;
    bool *taken; /* [param->count] */
};

/* Whether ncnn has integers for a layer of that kind. */
static bool has_integers(const struct layer *layer)
{
    return layer->kind == LAYER_CONV && !layer->weights->is_turned &&
           layer->weights->axes % 2 == 0;
}

/* The first layer that fits, or -1; `*of_its_size` and `*of_its_weights`: of those that do not, one of its
 * size, and one that has but other biases; -1: there is none. */
static int find(const struct match *match, const struct layer *layer, int *of_its_size,
                int *of_its_weights)
{
    const struct shape wanted = shape_of(layer);

    *of_its_size = *of_its_weights = -1;
    for (int there = 0; there < match->param->count; there++) {
        const struct ncnn_layer *other = &match->param->layers[there];
        struct shape shape;

        if (match->taken[there] || !IS_ANY_OF(other, products))
            continue;
        shape = shape_there(other, &match->bin->of_layers[there]);
        if (memcmp(&shape, &wanted, sizeof shape) != 0)
            continue;
        *of_its_size = *of_its_size < 0 ? there : *of_its_size;
        if (!weights_are_near(layer->weights, match->bin, there))
            continue;
        if (biases_are_near(layer, match->bin, there))
            return there;
        *of_its_weights = there;
    }
    return -1;
}

static int refuse(const struct match *match, const struct layer *layer, int of_its_size,
                  int of_its_weights, struct error *err)
{
    const struct ncnn_param *param = match->param;
    const struct weights *weights = layer->weights;

    if (of_its_weights >= 0)
        return error_set(err, EXIT_INPUT,
                         "layer %s has the weights of %s in %s, but other biases: is a "
                         "bias or a batch norm left behind it? ncnnoptimize folds them",
                         layer->name, param->layers[of_its_weights].name, param->path);
    if (of_its_size >= 0)
        return error_set(
            err, EXIT_INPUT,
            "layer %s has no counterpart in %s: %s has its size, but other "
            "weights; give the pair of the same network, behind "
            "ncnnoptimize, which folds batch norms",
            layer->name, param->path, param->layers[of_its_size].name);
    return error_set(
        err, EXIT_INPUT,
        "layer %s (%d outputs, %d inputs, a window of %d x %d, %d groups) "
        "has no counterpart in %s: name it in keep_float, or give the pair "
        "of the same network",
        layer->name, weights->outputs, weights->inputs, layer->window.kernel_height,
        layer->window.kernel_width, weights->groups, param->path);
}

static int check_quantized(const struct layer *layer, struct error *err)
{
    if (has_integers(layer))
        return 0;
    return error_set(err, EXIT_INPUT,
                     "layer %s is quantized, and ncnn has integers for convolutions of "
                     "pictures and fully connected layers alone: name it in keep_float",
                     layer->name);
}

static int match_layers(const struct match *match, const struct network *network,
                        const struct placement *placement, int *layers,
                        struct error *err)
{
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];
        bool is_quantized = placement_of_weights(placement, index, 0) >= 0;
        int size, weights;

        layers[index] = -1;
        if (is_quantized && check_quantized(layer, err) < 0)
            return -1;
        if (!has_integers(layer))
            continue;
        layers[index] = find(match, layer, &size, &weights);
        if (layers[index] >= 0)
            match->taken[layers[index]] = true;
        else if (is_quantized || layer->conv.bare_shift)
            return refuse(match, layer, size, weights, err);
    }
    return 0;
}

/* Whether all layers there are layers of the case. */
static int check_all_taken(const struct match *match, struct error *err)
{
    for (int there = 0; there < match->param->count; there++) {
        const struct ncnn_layer *layer = &match->param->layers[there];

        if (!match->taken[there] && IS_ANY_OF(layer, products))
            return error_set(
                err, EXIT_INPUT,
                "%s: layer %s (%s) is no layer of the case's network: give "
                "the pair of the same network, behind ncnnoptimize",
                match->param->path, layer->name, layer->type);
    }
    return 0;
}

int ncnn_match(const struct network *network, const struct placement *placement,
               const struct ncnn_param *param, const struct ncnn_bin *bin, int *layers,
               struct error *err)
{
    const struct match match = {param, bin,
                                memory_zeroed((size_t)param->count + 1, sizeof(bool))};
    int status = match_layers(&match, network, placement, layers, err);

    if (status == 0)
        status = check_all_taken(&match, err);
    free(match.taken);
    return status;
}
