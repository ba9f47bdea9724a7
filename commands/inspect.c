#include "commands/command.h"

#include "core/case/shard.h"
#include "core/format/hdf5_reader.h"
#include "core/network/layer_kind.h"

#include <stdio.h>

static void print_layer(const struct network *network,
                        const struct placement *placement, int index)
{
    const struct layer *layer = &network->layers[index];
    const struct tensor *output = &network->tensors[layer->output];
    char shape[48];

    snprintf(shape, sizeof shape, "%dx%dx%d", output->height, output->width,
             output->channels);
    printf("%4d  %-18s %-14s %12zu  %s %s  %s\n", index, layer_kind_name(layer), shape,
           layer_macs(layer, output->count),
           placement_of_weights(placement, index, 0) >= 0 ? "W" : "-",
           placement->of_tensor[layer->output] >= 0 ? "A" : "-", layer->name);
}

static void print_quantized(const struct placement *placement)
{
    printf("\nquantizable tensors, in the order of a candidate's steps:\n");
    for (int item = 0; item < placement->count; item++)
        printf("%4d  %-11s %-9s %s\n", item,
               placement->items[item].is_weight ? "weights" : "activations",
               grid_name(placement->items[item].grid), placement->items[item].name);
}

/* `nothing` says why no tensor is quantizable, if so. */
static void print_network(const struct network *network,
                          const struct placement *placement, const char *nothing)
{
    printf("%s\n", network->path);
    for (int input = 0; input < network->input_count; input++)
        printf("input %s %s, ", network_input(network, input)->name,
               network->input_shapes[input]);
    printf("output %s %s: %zu classes\n\n", network->output_name, network->output_shape,
           network->tensors[network->output].count);
    if (network->other_floats)
        printf("The file holds values of %s; calq computes in float, and exports "
               "that.\n\n",
               network->other_floats);
    printf("%4s  %-18s %-14s %12s  %s  %s\n", "", "layer", "output HxWxC",
           "multiply-adds", "W A", "name");
    for (int index = 0; index < network->layer_count; index++)
        print_layer(network, placement, index);
    printf("%4s  %-18s %-14s %12zu\n", "", "a sample", "", network_macs(network));
    if (placement->count == 0) {
        printf("\n%s\n", nothing);
        return;
    }
    print_quantized(placement);
    printf("\nW: the weights are quantized, A: the output is; the first and the last "
           "layer stay in float unless keep_float says otherwise.\n");
}

static int inspect_data(const char *path, struct error *err)
{
    struct hdf5_reader *reader;
    const char *text;
    int status = -1;

    hdf5_reader_stand_apart();
    reader = hdf5_reader_open(path, err);
    if (reader)
        status = hdf5_reader_list(reader, &text, err);
    if (status == 0)
        printf("%s\nSamples [N, ...] are 8-bit unsigned integers, 32-bit or 64-bit "
               "floats, labels [N] integers;\nthe settings `inputs` and `labels` say "
               "which datasets they are.\n",
               text);
    hdf5_reader_close(reader);
    return status == 0 ? EXIT_DONE : (int)err->code;
}

static int inspect_network(char *path, struct error *err)
{
    static char *keep[] = {"first", "last"};
    struct config_model model = {.keep_float = {keep[0], keep[1]},
                                 .keep_float_count = 2,
                                 .loss =
                                     LOSS_MSE_TO_FLOAT}; /* of any number of outputs */
    struct config_method_settings method = {0};
    struct calibration_case one = {
        .model = &model, .bits = {8, 8}, .target = TARGET_PAPER, .method = &method};
    struct placement_rules rules = case_rules(&one);
    struct placement placement = {0};
    struct network *network;
    int code = EXIT_DONE;

    model.network = path;
    network = shard_read_network(&one, err);
    if (network && placement_init(&placement, network, &rules, err) < 0) {
        /* Two layers or fewer: show what could be quantized with no layer in float. */
        placement_clear(&placement);
        rules.keep_float_count = 0;
    }
    if (network && placement.count == 0)
        placement_init(&placement, network, &rules, err);
    if (network)
        print_network(network, &placement, err->text);
    else
        code = (int)err->code;
    placement_clear(&placement);
    network_destroy(network);
    return code;
}

static int inspect(int count, char **arguments, struct error *err)
{
    if (count != 1) {
        error_set(err, EXIT_USAGE, "which file? e.g. calq inspect network.onnx");
        return EXIT_USAGE;
    }
    return hdf5_reader_knows(arguments[0]) ? inspect_data(arguments[0], err)
                                           : inspect_network(arguments[0], err);
}

const struct command inspect_command = {
    "inspect",
    "FILE",
    "list a network's layers and quantizable tensors, or a data file's datasets",
    NULL,
    NULL,
    inspect};
