#include "core/export/ncnn_table.h"

#include "core/network/early_codes.h"
#include "core/quant/channel_ratios.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MOST = 255 };

static int refuse_tensor(const char *name, struct choice choice, struct error *err)
{
    return error_set(
        err, EXIT_INPUT,
        "\"%s\" has %d bits on the grid %s; ncnn has 8 bits and codes from "
        "-127 to 127: search with `targets: tensorrt`, `bits: W8A8`, and "
        "name layers that read signed activations in keep_float",
        name, choice.bits, grid_name(choice.grid));
}

static int check_weights(const struct layer *layer, const char *name,
                         struct choice choice, struct error *err)
{
    if (layer->kind != LAYER_CONV)
        return error_set(err, EXIT_INPUT,
                         "layer %s looks up rows of \"%s\", and ncnn's tables are of "
                         "products alone: name it in keep_float",
                         layer->name, name);
    if (choice.bits != BITS_MOST || choice.grid != GRID_NARROW)
        return refuse_tensor(name, choice, err);
    for (int channel = 0; channel < layer->weights->outputs; channel++)
        if (layer->conv.scale[channel] != 1)
            return error_set(err, EXIT_INPUT,
                             "layer %s has a batch norm, which ncnn folds into the "
                             "weights; search with `batchnorm: fold`",
                             layer->name);
    if (strlen(layer->name) > NAME_MOST || strpbrk(layer->name, " \t"))
        return error_set(err, EXIT_INPUT,
                         "layer \"%s\": ncnn's tables have names of at most %d "
                         "characters, without spaces",
                         layer->name, NAME_MOST);
    return 0;
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

    return channel_quantizer(&of_tensor, tensor->ratios, (size_t)channel).step;
}

/* The channels of a group have one scale. */
static int check_groups(const struct layer *layer,
                        const struct quantized_tensor *tensor, struct error *err)
{
    int together = channels_of_scale(layer->weights);

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

static void write_layer(const struct layer *layer,
                        const struct quantized_tensor *weights, float weight_step,
                        float input_step, FILE *file)
{
    fprintf(file, "%s_param_0", layer->name);
    for (int i = 0; i < layer->weights->outputs; i += channels_of_scale(layer->weights))
        fprintf(file, " %.9g", 1 / (double)step_of_channel(weights, weight_step, i));
    fprintf(file, "\n%s %.9g\n", layer->name, 1 / (double)input_step);
}

/* `items` as early_codes() has them. */
static int check_layer(const struct network *network, const struct placement *placement,
                       const struct choice *choices, const int *items, int index,
                       struct error *err)
{
    const struct layer *layer = &network->layers[index];
    int weights = placement_of_weights(placement, index, 0);
    int input = items[layer->inputs[0]];

    if (check_weights(layer, placement->items[weights].name, choices[weights], err) <
            0 ||
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
        if (check_layer(network, placement, choices, items, index, err) < 0)
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
