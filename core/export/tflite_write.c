#include "core/export/tflite_write.h"

#include "core/base/memory.h"
#include "core/export/tflite_layers.h"
#include "core/network/early_codes.h"
#include "core/network/layer_kind.h"

#include <stdlib.h>
#include <string.h>

/* ---- before the search -------------------------------------------------------------------- */

static int refuse_layer(const struct layer *layer, const char *lacking,
                        struct error *err)
{
    return lacking
               ? error_set(err, EXIT_INPUT,
                           "layer %s is a %s whose %s in TensorFlow Lite; search with "
                           "another target, e.g. `targets: onnx`",
                           layer->name, layer_kind_name(layer), lacking)
               : error_set(err, EXIT_INPUT,
                           "layer %s is a %s, for which calq writes no operator of "
                           "TensorFlow Lite; search with another target, e.g. "
                           "`targets: onnx`",
                           layer->name, layer_kind_name(layer));
}

/* Weights of codes meet codes, and make some. */
static int check_product(const struct tflite_build *build, int index, struct error *err)
{
    const struct network *network = build->calibrated->network;
    const struct layer *layer = &network->layers[index];
    const struct placement *placement = build->calibrated->placement;

    if (layer->weight_count == 0 || placement_of_weights(placement, index, 0) < 0 ||
        (build->held[layer->inputs[0]] >= 0 && build->held[layer->output] >= 0))
        return 0;
    return error_set(
        err, EXIT_INPUT,
        "layer %s has quantized weights, and its %s \"%s\" stays in float; "
        "TensorFlow Lite multiplies codes with codes: name the layer in "
        "keep_float, or quantize that tensor",
        layer->name, build->held[layer->inputs[0]] < 0 ? "input" : "output",
        network
            ->tensors[build->held[layer->inputs[0]] < 0 ? layer->inputs[0]
                                                        : layer->output]
            .name);
}

static int check_layer(const struct tflite_build *build, int index, struct error *err)
{
    const struct network *network = build->calibrated->network;
    const struct layer *layer = &network->layers[index];
    const struct tflite_layer_row *row = tflite_layer_rows[layer->kind];
    const char *lacking = row && row->lacks ? row->lacks(network, layer) : NULL;

    if (!row || lacking)
        return refuse_layer(layer, lacking, err);
    return check_product(build, index, err);
}

static int check_items(const struct placement *placement, struct error *err)
{
    for (int i = 0; i < placement->count; i++) {
        const struct quantized_tensor *item = &placement->items[i];

        if (item->is_weight ? item->bits > BITS_MOST : item->bits != BITS_MOST)
            return error_set(
                err, EXIT_INPUT,
                "\"%s\" has %d bits; TensorFlow Lite has int8: activations of "
                "8 bits, and weights of at most 8",
                item->name, item->bits);
    }
    return 0;
}

static int check_inputs(const struct network *network, struct error *err)
{
    for (int i = 0; i < network->input_count; i++)
        if (network_input(network, i)->element != ELEMENT_FLOAT)
            return error_set(err, EXIT_INPUT,
                             "input \"%s\" has integers; calq writes networks of float "
                             "inputs for TensorFlow Lite: search with `targets: onnx`",
                             network_input(network, i)->name);
    return 0;
}

int tflite_check(const struct network *network, const struct placement *placement,
                 struct error *err)
{
    int *held = early_codes(network, placement);
    const struct tflite_calibrated calibrated = {.network = network,
                                                 .placement = placement};
    const struct tflite_build build = {.calibrated = &calibrated, .held = held};
    int status = check_inputs(network, err);

    if (status == 0)
        status = check_items(placement, err);
    for (int index = 0; status == 0 && index < network->layer_count; index++)
        status = check_layer(&build, index, err);
    free(held);
    return status;
}

/* ---- the file ----------------------------------------------------------------------------- */

/* A tensor that is rounded where it is made: whoever reads floats reads those of its codes. */
static void round_floats(struct tflite_build *build, int tensor)
{
    if (build->held[tensor] < 0 || build->codes[tensor] >= 0)
        return;
    tflite_codes_of(build, tensor);
    build->floats[tensor] = -1;
}

static void write_inputs(struct tflite_build *build)
{
    const struct network *network = build->calibrated->network;
    struct tflite_model *model = build->model;
    int32_t dims[TFLITE_RANK_MAX];

    model->input_count = network->input_count;
    model->inputs = memory_get((size_t)network->input_count * sizeof *model->inputs);
    for (int i = 0; i < network->input_count; i++) {
        const struct tensor *input = network_input(network, i);
        int rank = tflite_dims(input, dims);

        model->inputs[i] =
            tflite_add_tensor(model, input->name, TFLITE_FLOAT32, rank, dims);
        build->floats[network->inputs[i]] = model->inputs[i];
        round_floats(build, network->inputs[i]);
    }
}

static void write_layer(struct tflite_build *build, int index)
{
    const struct layer *layer = &build->calibrated->network->layers[index];
    const struct tflite_layer_row *row = tflite_layer_rows[layer->kind];
    const struct tflite_site site = {
        .build = build,
        .layer = layer,
        .index = index,
        .in_codes = build->held[layer->output] >= 0 && row->takes_codes &&
                    row->takes_codes(build, index),
    };

    row->write(&site);
    round_floats(build, layer->output);
}

static int *of_tensors(const struct network *network)
{
    int *numbers = memory_get((size_t)network->tensor_count * sizeof *numbers);

    for (int i = 0; i < network->tensor_count; i++)
        numbers[i] = -1;
    return numbers;
}

void tflite_write(const struct tflite_calibrated *calibrated,
                  struct tflite_model *model)
{
    const struct network *network = calibrated->network;
    int *held = early_codes(network, calibrated->placement);
    struct tflite_build build = {
        .calibrated = calibrated,
        .held = held,
        .model = model,
        .codes = of_tensors(network),
        .floats = of_tensors(network),
    };

    *model = (struct tflite_model){.description = memory_text(calibrated->description)};
    write_inputs(&build);
    for (int index = 0; index < network->layer_count; index++)
        write_layer(&build, index);
    model->output = tflite_floats_of(&build, network->output);
    free(build.codes);
    free(build.floats);
    free(held);
}
