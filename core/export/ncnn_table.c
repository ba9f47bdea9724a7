#include "core/export/ncnn_table.h"

#include "core/base/memory.h"
#include "core/network/early_codes.h"
#include "core/network/layer_kind.h"
#include "core/quant/step_ratios.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MOST = 255 };

static int refuse_tensor(const char *name, struct choice choice, struct error *err)
{
    return error_set(
        err, EXIT_INPUT,
        "\"%s\" has %d bits on the grid %s; ncnn has 8 bits and codes from "
        "-127 to 127: search with `targets: ncnn` and `bits: W8A8`",
        name, choice.bits, grid_name(choice.grid));
}

static int check_weights(const struct layer *layer, const char *name,
                         struct choice choice, int bits_least, struct error *err)
{
    if (layer->kind != LAYER_CONV)
        return error_set(err, EXIT_INPUT,
                         "layer %s looks up rows of \"%s\", and ncnn's tables are of "
                         "products alone: name it in keep_float",
                         layer->name, name);
    if (choice.bits < bits_least || choice.grid != GRID_NARROW)
        return refuse_tensor(name, choice, err);
    if (!layer_is_unscaled(layer))
        return error_set(err, EXIT_INPUT,
                         "layer %s has a batch norm, which ncnn folds into the "
                         "weights; search with `batchnorm: fold`",
                         layer->name);
    return 0;
}

static int check_name(const struct layer *layer, struct error *err)
{
    if (strlen(layer->name) <= NAME_MOST && !strpbrk(layer->name, " \t"))
        return 0;
    return error_set(err, EXIT_INPUT,
                     "layer \"%s\": ncnn's tables have names of at most %d "
                     "characters, without spaces",
                     layer->name, NAME_MOST);
}

/* Where nothing is negative, codes are between 0 and 127. */
static int check_input(const struct network *network, const struct layer *layer,
                       const struct quantized_tensor *input, struct choice choice,
                       struct error *err)
{
    if (!input)
        return error_set(err, EXIT_INPUT,
                         "layer %s has float inputs; ncnn multiplies codes with codes: "
                         "search with `bits: W8A8`",
                         layer->name);
    if (choice.bits == BITS_MOST &&
        (choice.grid == GRID_NARROW ||
         (choice.grid == GRID_MIDTREAD && network->tensors[input->index].nonnegative)))
        return 0;
    return refuse_tensor(input->name, choice, err);
}

/* Output channels that share a scale. */
static int channels_of_scale(const struct weights *of)
{
    return of->groups > 1 ? of->outputs / of->groups : 1;
}

static float step_of_channel(const struct quantized_tensor *tensor, float step,
                             int channel)
{
    struct quantizer of_tensor = {.step = step};

    return step_ratios_quantizer(&of_tensor, tensor->ratios, (size_t)channel).step;
}

/* The channels of a group have one scale. */
static int check_groups(const struct layer *layer,
                        const struct quantized_tensor *tensor, struct error *err)
{
    int together = channels_of_scale(layer->weights);

    if (tensor->block > 0)
        return error_set(
            err, EXIT_INPUT,
            "the weights of layer %s have steps of blocks, and ncnn has one "
            "scale for an output channel; search with `weight_steps: "
            "per_channel`",
            layer->name);
    for (int channel = 0; tensor->ratios && channel < layer->weights->outputs;
         channel++)
        if (tensor->ratios[channel] != tensor->ratios[channel / together * together])
            return error_set(
                err, EXIT_INPUT,
                "layer %s has groups of %d channels with other steps; ncnn "
                "has one scale for a group: search without `weight_steps: "
                "per_channel`",
                layer->name, together);
    return 0;
}

void ncnn_table_write_layer(const char *name, const float *scales, size_t count,
                            float input_scale, FILE *file)
{
    fprintf(file, "%s_param_0", name);
    for (size_t i = 0; i < count; i++)
        fprintf(file, " %.9g", (double)scales[i]);
    fprintf(file, "\n%s %.9g\n", name, (double)input_scale);
}

/* A layer by the name that its node has. */
static void write_layer(const struct layer *layer,
                        const struct quantized_tensor *weights, float weight_step,
                        float input_step, FILE *file)
{
    int together = channels_of_scale(layer->weights);
    size_t count = (size_t)(layer->weights->outputs / together);
    float *scales = memory_get(count * sizeof *scales);

    for (size_t i = 0; i < count; i++)
        scales[i] = (float)(1 / (double)step_of_channel(weights, weight_step,
                                                        (int)i * together));
    ncnn_table_write_layer(layer->name, scales, count, (float)(1 / (double)input_step),
                           file);
    free(scales);
}

int ncnn_check_layer(const struct network *network, const struct placement *placement,
                     const struct choice *choices, const int *items, int index,
                     int bits_least, struct error *err)
{
    const struct layer *layer = &network->layers[index];
    int weights = placement_of_weights(placement, index, 0);
    int input = items[layer->inputs[0]];

    if (check_weights(layer, placement->items[weights].name, choices[weights],
                      bits_least, err) < 0 ||
        check_groups(layer, &placement->items[weights], err) < 0)
        return -1;
    return check_input(network, layer, input < 0 ? NULL : &placement->items[input],
                       input < 0 ? (struct choice){0} : choices[input], err);
}

/* Returns how many layers were written, or -1. */
static int write_layers(const struct network *network,
                        const struct placement *placement, const int *items,
                        const struct choice *choices, FILE *file, struct error *err)
{
    int written = 0;

    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];
        int weights = placement_of_weights(placement, index, 0);

        if (weights < 0)
            continue;
        if (ncnn_check_layer(network, placement, choices, items, index, BITS_MOST,
                             err) < 0 ||
            check_name(layer, err) < 0)
            return -1;
        write_layer(layer, &placement->items[weights], choices[weights].step,
                    choices[items[layer->inputs[0]]].step, file);
        written++;
    }
    return written;
}

int ncnn_table_write(const struct network *network, const struct placement *placement,
                     const struct choice *choices, FILE *file, struct error *err)
{
    int *items = early_codes(network, placement);
    int written = write_layers(network, placement, items, choices, file, err);

    free(items);
    if (written == 0)
        return error_set(err, EXIT_INPUT,
                         "no weights are quantized; ncnn multiplies codes with codes: "
                         "search with `bits: W8A8`");
    return written < 0 ? -1 : 0;
}
