#include "core/export/ncnn_pair.h"

#include "core/base/draft.h"
#include "core/base/memory.h"
#include "core/export/coded_weights.h"
#include "core/export/ncnn_match.h"
#include "core/export/ncnn_table.h"
#include "core/layer/weight_ratios.h"
#include "core/network/early_codes.h"
#include "core/network/layer_kind.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the integers of a layer ------------------------------------------------------------------ */

/* [outputs, window, inputs] becomes [outputs, inputs, window]. */
static int8_t *codes_of(const struct weights *weights, const int16_t *integers)
{
    size_t window = (size_t)weights->window, inputs = (size_t)weights->inputs;
    size_t outputs = (size_t)weights->outputs;
    int8_t *codes = memory_get(weights_count(weights));
    size_t at = 0;

    for (size_t output = 0; output < outputs; output++)
        for (size_t input = 0; input < inputs; input++)
            for (size_t i = 0; i < window; i++)
                codes[at++] = (int8_t)integers[(output * window + i) * inputs + input];
    return codes;
}

static float scale_of(float step)
{
    return (float)(1 / (double)step);
}

/* One for each output channel, or each group. */
static void take_scales(struct ncnn_integers *integers, const struct weights *weights,
                        const float *steps)
{
    size_t together =
        weights->groups > 1 ? (size_t)weights->outputs / (size_t)weights->groups : 1;

    integers->scale_count = (size_t)weights->outputs / together;
    integers->scales = memory_get(integers->scale_count * sizeof *integers->scales);
    for (size_t i = 0; i < integers->scale_count; i++)
        integers->scales[i] = scale_of(steps[i * together]);
}

/* The largest sum of products of an output's codes with those of an input, -127..127 or, where nothing is
 * negative, 0..127. */
static double sum_most_of(const struct weights *weights, const int8_t *codes,
                          bool is_nonnegative)
{
    size_t count = weights_per_output(weights);
    double most = 0;

    for (size_t output = 0; output < (size_t)weights->outputs; output++) {
        double above = 0, below = 0;

        for (size_t i = 0; i < count; i++) {
            int code = codes[output * count + i];

            above += code > 0 ? code : 0;
            below -= code < 0 ? code : 0;
        }
        most = fmax(most, is_nonnegative ? fmax(above, below) : above + below);
    }
    return most * INT8_MAX;
}

static float *biases_of(const struct layer *layer, const struct given_codes *given)
{
    size_t outputs = (size_t)layer->weights->outputs;
    float *biases = memory_copy(layer->conv.shift, outputs * sizeof *biases);

    for (size_t i = 0; given && given->shifts && i < outputs; i++)
        biases[i] += given->shifts[i];
    return biases;
}

static bool are_all_zero(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] != 0)
            return false;
    return true;
}

/* A layer without biases gets some only where they are not zero. */
static void take_biases(struct ncnn_integers *integers, const struct given_codes *given,
                        bool has_some)
{
    size_t outputs = (size_t)integers->of->weights->outputs;

    integers->biases = biases_of(integers->of, given);
    if (has_some || !are_all_zero(integers->biases, outputs))
        return;
    free(integers->biases);
    integers->biases = NULL;
}

static int refuse_corrections(const struct layer *layer, struct error *err)
{
    return error_set(
        err, EXIT_INPUT,
        "the weights of layer %s are corrected by output channel, for which "
        "ncnn has no place: search with `bias_correction: empirical`, or "
        "without",
        layer->name);
}

/* ---- the layers of a case ------------------------------------------------------------------- */

struct reading {
    const struct ncnn_case *of;
    const int *items; /* early_codes() */
    const int *there; /* [layers] ncnn_match() */
};

static int take_codes(const struct reading *reading, int index, int item,
                      struct ncnn_integers *integers, struct error *err)
{
    const struct ncnn_case *of = reading->of;
    const struct layer *layer = &of->network->layers[index];
    const struct quantizer quantizer = choice_quantizer(of->choices[item]);
    struct weight_rules rules =
        placement_weight_rules(&of->placement->items[item], &of->rules);
    struct coded_weights weights;
    int status = 0;

    coded_weights_init(&weights, layer->weights, &rules, &quantizer, 8);
    if (weights.corrections)
        status = refuse_corrections(layer, err);
    integers->codes = codes_of(layer->weights, weights.integers);
    take_scales(integers, layer->weights, weights.steps);
    coded_weights_clear(&weights);
    integers->input_scale =
        scale_of(of->choices[reading->items[layer->inputs[0]]].step);
    integers->sum_most =
        sum_most_of(layer->weights, integers->codes,
                    of->network->tensors[layer->inputs[0]].nonnegative);
    return status;
}

static int take_layer(struct ncnn_pair *pair, const struct reading *reading, int index,
                      struct error *err)
{
    const struct ncnn_case *of = reading->of;
    const struct layer *layer = &of->network->layers[index];
    int there = reading->there[index],
        item = placement_of_weights(of->placement, index, 0);
    struct ncnn_integers *integers = &pair->of_layers[there];
    const struct given_codes *given =
        item < 0
            ? NULL
            : given_codes_of(of->placement->items[item].given, of->choices[item].bits);

    integers->of = layer;
    if (item >= 0 && (ncnn_check_layer(of->network, of->placement, of->choices,
                                       reading->items, index, BITS_LEAST, err) < 0 ||
                      take_codes(reading, index, item, integers, err) < 0))
        return -1;
    if (item >= 0 || layer->conv.bare_shift)
        take_biases(integers, given, pair->bin.of_layers[there].bare_count > 0);
    return 0;
}

/* Products of two tensors have floats in ncnn. */
static int check_products(const struct reading *reading, const struct layer *layer,
                          struct error *err)
{
    if (layer_multiplied_inputs(layer) < 2 || reading->items[layer->inputs[0]] < 0)
        return 0;
    return error_set(
        err, EXIT_INPUT,
        "layer %s multiplies codes of two tensors, and ncnn floats: name it "
        "in keep_float",
        layer->name);
}

static int take_layers(struct ncnn_pair *pair, const struct reading *reading,
                       struct error *err)
{
    const struct network *network = reading->of->network;

    for (int index = 0; index < network->layer_count; index++)
        if (check_products(reading, &network->layers[index], err) < 0 ||
            (reading->there[index] >= 0 && take_layer(pair, reading, index, err) < 0))
            return -1;
    return 0;
}

/* ---- codes that are handed on --------------------------------------------------------------- */

static bool is_convolution(const struct ncnn_layer *layer)
{
    return ncnn_layer_is(layer, "Convolution") ||
           ncnn_layer_is(layer, "ConvolutionDepthWise");
}

/* The scale of what reads a blob, where that is a convolution of codes; else 0. */
static float scale_read(const struct ncnn_pair *pair, const char *blob)
{
    int reader = ncnn_param_reader(&pair->param, blob);

    return reader >= 0 && is_convolution(&pair->param.layers[reader]) &&
                   pair->of_layers[reader].codes
               ? pair->of_layers[reader].input_scale
               : 0;
}

/* The same, of all readers of a Split, which hands on what it gets. */
static float scale_read_by_all(const struct ncnn_pair *pair, const char *blob)
{
    int reader = ncnn_param_reader(&pair->param, blob);
    const struct ncnn_layer *split = reader < 0 ? NULL : &pair->param.layers[reader];
    float scale;

    if (!split || !ncnn_layer_is(split, "Split") || split->output_count == 0)
        return scale_read(pair, blob);
    scale = scale_read(pair, split->outputs[0]);
    for (int i = 1; i < split->output_count; i++)
        if (scale_read(pair, split->outputs[i]) != scale)
            return 0;
    return scale;
}

static void hand_on_codes(struct ncnn_pair *pair)
{
    for (int i = 0; i < pair->param.count; i++) {
        const struct ncnn_layer *layer = &pair->param.layers[i];

        if (pair->of_layers[i].codes && is_convolution(layer) &&
            layer->output_count == 1)
            pair->of_layers[i].output_scale =
                scale_read_by_all(pair, layer->outputs[0]);
    }
}

/* ---- opening and closing ---------------------------------------------------------------------- */

static int take_case(struct ncnn_pair *pair, const struct ncnn_case *of,
                     struct error *err)
{
    int *there = memory_get((size_t)of->network->layer_count * sizeof *there);
    int *items = early_codes(of->network, of->placement);
    const struct reading reading = {of, items, there};
    int status =
        ncnn_match(of->network, of->placement, &pair->param, &pair->bin, there, err);

    if (status == 0)
        status = take_layers(pair, &reading, err);
    if (status == 0)
        hand_on_codes(pair);
    free(there);
    free(items);
    return status;
}

int ncnn_pair_open(struct ncnn_pair *pair, const struct ncnn_case *of,
                   const char *param, const char *bin, struct error *err)
{
    *pair = (struct ncnn_pair){0};
    if (ncnn_param_read(&pair->param, param, err) < 0 ||
        ncnn_check_layers(&pair->param, err) < 0)
        return -1;
    pair->of_layers =
        memory_zeroed((size_t)pair->param.count + 1, sizeof *pair->of_layers);
    if (ncnn_bin_read(&pair->bin, bin, &pair->param, err) < 0)
        return -1;
    return take_case(pair, of, err);
}

void ncnn_pair_clear(struct ncnn_pair *pair)
{
    for (int i = 0; pair->of_layers && i < pair->param.count; i++) {
        free(pair->of_layers[i].codes);
        free(pair->of_layers[i].scales);
        free(pair->of_layers[i].biases);
    }
    free(pair->of_layers);
    ncnn_bin_clear(&pair->bin);
    ncnn_param_clear(&pair->param);
}

bool ncnn_may_wrap(const struct ncnn_pair *pair, int layer)
{
    const struct ncnn_integers *integers = &pair->of_layers[layer];
    const struct window *window = integers->of ? &integers->of->window : NULL;

    return integers->codes && integers->of->weights->groups == 1 &&
           window->kernel_height == 3 && window->kernel_width == 3 &&
           window->stride_height == 1 && window->stride_width == 1 &&
           window->dilation_height == 1 && window->dilation_width == 1 &&
           integers->sum_most > NCNN_WINOGRAD_SUM_MOST;
}

size_t ncnn_codes_beside_table(const struct ncnn_pair *pair, int layer)
{
    const struct ncnn_integers *integers = &pair->of_layers[layer];
    size_t count = pair->bin.of_layers[layer].count, others = 0;
    float *values = integers->codes ? ncnn_bin_tagged(&pair->bin, layer) : NULL;

    for (size_t i = 0; values && i < count; i++) {
        float scale = integers->scales[i / (count / integers->scale_count)];
        float code = roundf(values[i] * scale);

        others += fminf(fmaxf(code, -INT8_MAX), INT8_MAX) != (float)integers->codes[i];
    }
    free(values);
    return others;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void write_table(const struct ncnn_pair *pair, FILE *file)
{
    for (int i = 0; i < pair->param.count; i++) {
        const struct ncnn_integers *integers = &pair->of_layers[i];

        if (integers->codes)
            ncnn_table_write_layer(pair->param.layers[i].name, integers->scales,
                                   integers->scale_count, integers->input_scale, file);
    }
}

/* What ncnn2int8 writes: 1 of layers whose scales are by group, else 2; 100 more where codes come out. */
static int scale_term(const struct ncnn_layer *layer,
                      const struct ncnn_integers *integers)
{
    return (ncnn_layer_is(layer, "ConvolutionDepthWise") ? 1 : 2) +
           (integers->output_scale > 0 ? 100 : 0);
}

static void write_param(const struct ncnn_pair *pair, FILE *file)
{
    ncnn_param_write_head(&pair->param, file);
    for (int i = 0; i < pair->param.count; i++) {
        const struct ncnn_layer *layer = &pair->param.layers[i];
        const struct ncnn_integers *integers = &pair->of_layers[i];
        struct ncnn_setting changed[2];
        int count = 0;

        if (integers->biases)
            changed[count++] =
                (struct ncnn_setting){ncnn_layer_is(layer, "InnerProduct") ? 1 : 5, 1};
        if (integers->codes)
            changed[count++] = (struct ncnn_setting){8, scale_term(layer, integers)};
        ncnn_layer_write(layer, changed, count, file);
    }
}

static void write_tagged(const struct ncnn_pair *pair, int layer, bool in_halves,
                         FILE *file)
{
    const struct ncnn_weights *weights = &pair->bin.of_layers[layer];
    const int8_t *codes = pair->of_layers[layer].codes;
    float *values;

    if (codes || weights->count == 0) {
        if (codes)
            ncnn_write_int8(codes, weights->count, file);
        return;
    }
    values = ncnn_bin_tagged(&pair->bin, layer);
    if (in_halves || weights->tag == NCNN_HALVES)
        ncnn_write_halves(values, weights->count, file);
    else
        ncnn_write_floats(values, weights->count, file);
    free(values);
}

static void write_bare(const struct ncnn_pair *pair, int layer, FILE *file)
{
    const struct ncnn_weights *weights = &pair->bin.of_layers[layer];
    const struct ncnn_integers *integers = &pair->of_layers[layer];
    float *bare = ncnn_bin_bare(&pair->bin, layer);

    if (integers->biases)
        ncnn_write_bare(integers->biases, (size_t)integers->of->weights->outputs, file);
    else
        ncnn_write_bare(bare, weights->bare_count, file);
    free(bare);
    if (!integers->codes)
        return;
    ncnn_write_bare(integers->scales, integers->scale_count, file);
    ncnn_write_bare(&integers->input_scale, 1, file);
    ncnn_write_bare(&integers->output_scale, integers->output_scale > 0, file);
}

static void write_bin(const struct ncnn_pair *pair, bool in_halves, FILE *file)
{
    for (int layer = 0; layer < pair->param.count; layer++) {
        write_tagged(pair, layer, in_halves, file);
        write_bare(pair, layer, file);
    }
}

/* The file's name without its folder, and without .param. */
static void take_name(const char *path, char name[NAME_MAX + 1])
{
    const char *slash = strrchr(path, '/');
    char *dot;

    snprintf(name, NAME_MAX + 1, "%s", slash ? slash + 1 : path);
    dot = strrchr(name, '.');
    if (dot && dot > name)
        *dot = '\0';
}

enum file_of_pair { FILE_PARAM, FILE_BIN, FILE_TABLE, FILE_COUNT };

static int write_file(const struct ncnn_pair *pair, const char *folder,
                      enum file_of_pair which, bool in_halves, struct error *err)
{
    static const char *const ends[FILE_COUNT] = {"-int8.param", "-int8.bin", ".table"};
    char name[NAME_MAX + 1], path[PATH_MAX];
    FILE *file;

    take_name(pair->param.path, name);
    if (snprintf(path, sizeof path, "%s/%s%s", folder, name, ends[which]) >= PATH_MAX)
        return error_set(err, EXIT_USAGE, "the path %s is too long", folder);
    file = draft_open(path, err);
    if (!file)
        return -1;
    if (which == FILE_PARAM)
        write_param(pair, file);
    else if (which == FILE_BIN)
        write_bin(pair, in_halves, file);
    else
        write_table(pair, file);
    return draft_close(file, path, 0, err);
}

int ncnn_pair_write(const struct ncnn_pair *pair, const char *folder, bool in_halves,
                    struct error *err)
{
    if (draft_make_folder(folder, err) < 0)
        return -1;
    for (int which = 0; which < FILE_COUNT; which++)
        if (write_file(pair, folder, which, in_halves, err) < 0)
            return -1;
    return 0;
}
