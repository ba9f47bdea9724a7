/* Layers that compute each element by itself, and sums. */
#include "core/export/tflite_layers.h"

#include "core/network/layer_kind.h"

#include <math.h>
#include <string.h>

/* ---- affine ------------------------------------------------------------------------------- */

/* Multiplies or adds a constant of each channel; returns what comes out. */
static int with_channels(const struct tflite_site *site, enum tflite_operator_kind kind,
                         int from, const float *values)
{
    const struct tensor *output = tflite_output(site);
    int32_t dims[TFLITE_RANK_MAX];
    int rank = tflite_dims(output, dims), to;

    if (!values)
        return from;
    to = tflite_between(site, -1, rank, dims);
    tflite_two(site->build, kind, from,
               tflite_add_floats(site->build, 1, &output->channels, values), to);
    return to;
}

static void write_affine(const struct tflite_site *site)
{
    int from = with_channels(site, TFLITE_MUL, tflite_read(site, 0),
                             site->layer->affine.scale);

    tflite_clamp(site,
                 with_channels(site, TFLITE_ADD, from, site->layer->affine.shift));
}

const struct tflite_layer_row tflite_affine_row = {NULL, NULL, write_affine};

/* ---- sums --------------------------------------------------------------------------------- */

static bool adds_codes(const struct tflite_build *build, int index)
{
    const struct layer *layer = &build->calibrated->network->layers[index];

    return layer->input_count == 2 && build->held[layer->inputs[0]] >= 0 &&
           build->held[layer->inputs[1]] >= 0;
}

static const char *lacks_clamp(const struct network *network, const struct layer *layer)
{
    (void)network;
    return tflite_can_clamp(layer) ? NULL : "clamp has other ends than 0, 6, -1 and 1";
}

static void write_add(const struct tflite_site *site)
{
    int32_t dims[TFLITE_RANK_MAX];
    int rank = tflite_dims(tflite_output(site), dims), count = site->layer->input_count;
    int sum = tflite_read(site, 0);

    for (int i = 1; i < count; i++) {
        bool is_last = i == count - 1;
        int right = tflite_read(site, i);
        int to = is_last ? tflite_result(site) : tflite_between(site, -1, rank, dims);
        struct tflite_operator *add =
            tflite_two(site->build, TFLITE_ADD, sum, right, to);

        add->options[0] = is_last ? (int32_t)tflite_activation_of(site->layer) : 0;
        sum = to;
    }
}

const struct tflite_layer_row tflite_add_row = {adds_codes, lacks_clamp, write_add};

/* ---- operations --------------------------------------------------------------------------- */

static const struct operation {
    bool is_there;
    enum tflite_operator_kind kind;
} operations[UNARY_OPERATION_COUNT] = {
    [UNARY_SIGMOID] = {true, TFLITE_LOGISTIC},
    [UNARY_HARD_SWISH] = {true, TFLITE_HARD_SWISH},
    [UNARY_LEAKY_RELU] = {true, TFLITE_LEAKY_RELU},
    [UNARY_TANH] = {true, TFLITE_TANH},
};

static const char *lacks_operation(const struct network *network,
                                   const struct layer *layer)
{
    (void)network;
    if (!layer_is_unclamped(layer))
        return "output is clamped";
    return operations[layer->unary.operation].is_there
               ? NULL
               : "operation has no operator that calq writes";
}

static void write_unary(const struct tflite_site *site)
{
    enum unary_operation operation = site->layer->unary.operation;
    struct tflite_operator *one = tflite_one(site->build, operations[operation].kind,
                                             tflite_read(site, 0), tflite_result(site));

    if (operation == UNARY_LEAKY_RELU)
        memcpy(&one->options[0], &site->layer->unary.alpha, sizeof(float));
}

const struct tflite_layer_row tflite_unary_row = {NULL, lacks_operation, write_unary};
