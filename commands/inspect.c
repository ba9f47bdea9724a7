#include "commands/command.h"
#include "commands/network_choices.h"

#include "coordinator/named_settings.h"
#include "core/base/memory.h"
#include "core/case/shard.h"
#include "core/format/hdf5_reader.h"
#include "core/network/layer_kind.h"
#include "core/network/tensor_rules.h"

#include <stdio.h>
#include <stdlib.h>

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

static const char *steps_of(const struct quantized_tensor *tensor)
{
    if (tensor->block > 0)
        return "per_block";
    return tensor->steps == WEIGHT_STEPS_PER_TENSOR ? "per_tensor" : "per_channel";
}

/* The same as a case has it: with bits, and the override that decided them. */
static void print_decided(const struct placement *placement)
{
    printf(
        "\nquantized tensors, in the order of a candidate's steps: grid, bits, steps, "
        "what decided the bits:\n");
    for (int item = 0; item < placement->count; item++) {
        const struct quantized_tensor *tensor = &placement->items[item];

        printf("%4d  %-11s %-10s %2d  %-11s %-15s %s\n", item,
               tensor->is_weight ? "weights" : "activations", grid_name(tensor->grid),
               tensor->bits, steps_of(tensor), tensor->why ? tensor->why : "-",
               tensor->name);
    }
}

/* All layers that compute in float, and what keeps them there. */
static void print_kept(const struct network *network, const struct placement *placement)
{
    bool has_title = false;

    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];
        const char *why = tensor_rules_why_kept(layer, placement->kept[index]);

        if (!why)
            continue;
        if (!has_title)
            printf("\nlayers that stay in float, their operators, and why:\n");
        has_title = true;
        printf("%4d  %-18s %-16s %-15s %s\n", index, layer_kind_name(layer),
               layer->op ? layer->op : "-", why, layer->name);
    }
}

/* `nothing` says why no tensor is quantizable, if so. */
static void print_network(const struct network *network,
                          const struct placement *placement, const char *nothing,
                          void (*print_items)(const struct placement *placement))
{
    printf("%s\n", network->path);
    for (int input = 0; input < network->input_count; input++)
        printf("input %s %s, ", network_input(network, input)->name,
               network->input_shapes[input]);
    printf("output %s %s: %zu classes", network->output_name, network->output_shape,
           network->tensors[network->output].count);
    if (network->other_outputs)
        printf("; left out: %s", network->other_outputs);
    printf("\n\n");
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
    print_items(placement);
    print_kept(network, placement);
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

struct options {
    char *file;
    const char *config;
    struct network_choices choices;
};

static int inspect_network(const struct options *options, struct error *err)
{
    static char *keep[] = {"first", "last"};
    struct config_model model = {.network = options->file,
                                 .keep_float = {keep[0], keep[1]},
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

    network_choices_put(&options->choices, &model);
    network = shard_read_network(&one, err);
    if (network && placement_init(&placement, network, &rules, err) < 0) {
        /* Two layers or fewer: show what could be quantized with no layer in float. */
        placement_clear(&placement);
        rules.keep_float_count = 0;
    }
    if (network && placement.count == 0)
        placement_init(&placement, network, &rules, err);
    if (network)
        print_network(network, &placement, err->text, print_quantized);
    else
        code = (int)err->code;
    placement_clear(&placement);
    network_destroy(network);
    return code;
}

/* ---- as a configuration has it ------------------------------------------------------------ */

static int inspect_case(const struct calibration_case *one, struct error *err)
{
    struct placement_rules rules = case_rules(one);
    struct placement placement = {0};
    struct network *network = shard_read_network(one, err);
    int status = network ? placement_init(&placement, network, &rules, err) : -1;

    if (status == 0) {
        printf("%s: ", one->id);
        print_network(network, &placement, err->text, print_decided);
    }
    placement_clear(&placement);
    network_destroy(network);
    return status;
}

/* Whether two cases quantize the same tensors in the same way, but for bits that no override decides. */
static bool are_alike(const struct calibration_case *a,
                      const struct calibration_case *b)
{
    return a->model == b->model && a->target == b->target &&
           (a->model->override_count == 0 ||
            (a->bits.weights == b->bits.weights &&
             a->bits.activations == b->bits.activations));
}

/* The first case of each model and target, and of each bits where overrides say other ones. */
static int inspect_cases(const struct cases *cases, struct error *err)
{
    for (int i = 0; i < cases->count; i++) {
        bool is_first = true;

        for (int j = 0; j < i; j++)
            is_first = is_first && !are_alike(&cases->list[i], &cases->list[j]);
        if (!is_first)
            continue;
        if (i > 0)
            printf("\n");
        if (inspect_case(&cases->list[i], err) < 0)
            return -1;
    }
    return 0;
}

static int inspect_config(const char *path, struct error *err)
{
    struct config *config = memory_zeroed(1, sizeof *config);
    struct cases cases = {0};
    int status = config_read(path, NULL, 0, &named_settings, config, err);

    if (status == 0) {
        status = cases_init(&cases, config, err);
        if (status == 0)
            status = inspect_cases(&cases, err);
        cases_clear(&cases);
    }
    config_clear(config);
    free(config);
    return status == 0 ? EXIT_DONE : (int)err->code;
}

/* ---- the command -------------------------------------------------------------------------- */

static const struct option rows[] = {
    {"--config", "FILE", offsetof(struct options, config),
     "the networks of a configuration, with its settings", NULL, NULL},
    NETWORK_CHOICES_ROWS(struct options, choices),
};

static const struct option_table inspect_options = {"inspect", "file",
                                                    offsetof(struct options, file),
                                                    rows, sizeof rows / sizeof *rows};

static int refuse_choices(const struct options *options, struct error *err)
{
    error_set(
        err, EXIT_USAGE, "--shape and --outputs are of a network's file, not of %s",
        options->config ? "a configuration, which has settings for them" : "data");
    return EXIT_USAGE;
}

static int inspect(int count, char **arguments, struct error *err)
{
    struct options options = {0};
    bool is_of_network;

    if (option_read_all(&inspect_options, count, arguments, &options, err) < 0)
        return (int)err->code;
    if (!options.file == !options.config) {
        error_set(err, EXIT_USAGE,
                  options.file ? "inspect takes a file, or --config with one"
                               : "which file? e.g. calq inspect network.onnx");
        return EXIT_USAGE;
    }
    is_of_network = options.file && !hdf5_reader_knows(options.file);
    if ((options.choices.shape_count > 0 || options.choices.output) && !is_of_network)
        return refuse_choices(&options, err);
    if (options.config)
        return inspect_config(options.config, err);
    return is_of_network ? inspect_network(&options, err)
                         : inspect_data(options.file, err);
}

const struct command inspect_command = {
    "inspect",
    "FILE",
    "list a network's layers and quantizable tensors, or a data file's datasets",
    &inspect_options,
    NULL,
    inspect};
