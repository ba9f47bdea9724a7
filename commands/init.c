#include "commands/command.h"
#include "commands/network_choices.h"

#include "core/base/draft.h"
#include "core/case/shard.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct options {
    char *network;
    const char *out;
    struct network_choices choices;
};

/* ---- names ---------------------------------------------------------------------------------- */

enum { NAME_BYTES = 128 };

/* What a path calls the network, of characters that names may have. */
static void name_of(const char *path, char name[NAME_BYTES])
{
    const char *slash = strrchr(path, '/');
    size_t length;

    snprintf(name, NAME_BYTES, "%s", slash ? slash + 1 : path);
    length = strlen(name);
    if (length > 5 && strcmp(name + length - 5, ".onnx") == 0)
        name[length - 5] = '\0';
    for (char *at = name; *at; at++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-",
                    *at))
            *at = at > name ? '.' : '_';
    if (!*name)
        strcpy(name, "network");
}

/* In quotes, as YAML and JSON have them. */
static void write_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        if (strchr("\"\\", *text))
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

/* ---- inputs --------------------------------------------------------------------------------- */

static bool is_picture(const struct tensor *input, int channels)
{
    return input->element != ELEMENT_INT32 && input->rank == 3 &&
           (input->dims[0] == channels || input->dims[2] == channels);
}

static void ask_about_values(FILE *out, const struct tensor *input)
{
    if (input->element == ELEMENT_INT32)
        fputs("    # Whole numbers, such as token ids: are they those of the network's "
              "own vocabulary?\n",
              out);
    else if (is_picture(input, 3))
        fputs("    # Pictures in colour: are 0..1 minus a mean, by a deviation, what "
              "it was "
              "trained with?\n"
              "    # What `calq data pack --imagenet` makes says that itself. Else "
              "add, as "
              "the training had it:\n"
              "    # mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]\n",
              out);
    else if (is_picture(input, 1))
        fputs("    # Pictures in gray: are 0..1 minus a mean, by a deviation, what it "
              "was trained with?\n"
              "    # If the file has no attributes that say so, add: mean: 0.5, std: "
              "0.5\n",
              out);
    else
        fputs("    # Numbers: are they stored as the network takes them? If not, add "
              "mean and std.\n",
              out);
}

/* The only input's samples are called as `calq data pack` calls them. */
static void write_inputs(FILE *out, const struct network *network)
{
    for (int i = 0; i < network->input_count; i++) {
        fprintf(out, "    # Input %d takes %s.\n", i, network->input_shapes[i]);
        ask_about_values(out, network_input(network, i));
    }
    fputs(
        "    # Are the datasets called so? `calq data show FILE` tells.\n    inputs:\n",
        out);
    for (int i = 0; i < network->input_count; i++) {
        char dataset[32];

        snprintf(dataset, sizeof dataset, i == 0 ? "/x" : "/x%d", i);
        fputs("      ", out);
        write_quoted(out, network_input(network, i)->name);
        fprintf(out, ": {data: %s}\n", dataset);
    }
}

/* ---- the model ------------------------------------------------------------------------------ */

/* What the file leaves open, as it was said. */
static void write_choices(FILE *out, const struct network_choices *choices)
{
    if (choices->output) {
        fputs("    outputs: ", out);
        write_quoted(out, choices->output);
        fputc('\n', out);
    }
    if (choices->shape_count > 0)
        fputs("    shape:\n", out);
    for (int i = 0; i < choices->shape_count; i++) {
        const char *sign = strrchr(choices->shape[i], '=');
        char name[NAME_BYTES];

        snprintf(name, sizeof name, "%.*s", (int)(sign - choices->shape[i]),
                 choices->shape[i]);
        fputs("      ", out);
        write_quoted(out, name);
        fprintf(out, ": %s\n", sign + 1);
    }
}

static void write_loss(FILE *out, const struct network *network)
{
    fprintf(out, "    # The output is %s.\n", network->output_shape);
    if (network->tensors[network->output].count > 1)
        fputs("    # From the float network's softmax; with labels: cross_entropy; of "
              "numbers: mse_to_float?\n"
              "    loss: kl_to_float\n"
              "    # Over the validation samples; `calq help settings` lists others.\n"
              "    metric: top1\n",
              out);
    else
        fputs("    # From the float network's numbers; of yes and no with labels: "
              "binary_cross_entropy?\n"
              "    loss: mse_to_float\n"
              "    # Over the validation samples; with labels: mean_absolute_error?\n"
              "    metric: mae_to_float\n",
              out);
}

static void write_model(FILE *out, const struct options *options,
                        const struct network *network, bool keeps_ends)
{
    char name[NAME_BYTES];

    name_of(options->network, name);
    fprintf(
        out,
        "# Made by `calq init`: what stands with a question mark is to be answered.\n"
        "# Look at it with `calq inspect --config FILE`, then run it: `calq run "
        "FILE`.\nname: %s\nmodels:\n  - name: %s\n    network: ",
        name, name);
    write_quoted(out, options->network);
    fputc('\n', out);
    write_choices(out, &options->choices);
    write_loss(out, network);
    fprintf(
        out,
        "    # Layers that stay in float: [first, last] as in papers; [first] or [] "
        "for the fastest file?\n    keep_float: %s\n",
        keeps_ends ? "[first, last]" : "[]");
    fputs(
        "    # Which files? Some hundred samples to search with, of which the last are "
        "held out;\n"
        "    # others to judge with.\n"
        "    calibration: {file: calibration.h5, samples: at most 1000, check: 200}\n"
        "    validation: {file: validation.h5, samples: all}\n",
        out);
    write_inputs(out, network);
    fputs("    labels: /y\n", out);
}

static const char recipes[] =
    "\n# One of these recipes, or several at once?\n"
    "# 1. A fast file for ONNX Runtime, soon: integer kernels throughout.\n"
    "targets: [onnx]\n"
    "bits: [W8A8]\n"
    "methods:\n"
    "  - {name: mmse, weight_steps: per_channel}\n"
    "# 2. The best file for ONNX Runtime: steps searched by the loss, biases "
    "corrected.\n"
    "# targets: [onnx]\n"
    "# bits: [W8A8]\n"
    "# methods:\n"
    "#   - {name: mmse, weight_steps: per_channel}\n"
    "#   - {name: lapq, weight_steps: per_channel, sweeps: 4, bias_correction: "
    "empirical}\n"
    "# 3. Few bits, as papers compare them.\n"
    "# targets: [paper]\n"
    "# bits: [W8A8, W4A4, W3A3]\n"
    "# methods:\n"
    "#   - minmax\n"
    "#   - mmse\n"
    "#   - {name: lapq, sweeps: 8, bias_correction: mean, reestimate_batchnorm: "
    "both}\n";

/* ---- the command ---------------------------------------------------------------------------- */

static void choose(const struct options *options, struct config_model *model)
{
    static char *keep[] = {"first", "last"};

    *model = (struct config_model){.network = options->network,
                                   .keep_float = {keep[0], keep[1]},
                                   .keep_float_count = 2,
                                   .loss = LOSS_MSE_TO_FLOAT}; /* of any outputs */
    network_choices_put(&options->choices, model);
}

/* Whether something is left to quantize between the first and the last layer. */
static bool ends_may_stay(const struct calibration_case *one,
                          const struct network *network)
{
    struct placement_rules rules = case_rules(one);
    struct placement placement = {0};
    struct error ignored;
    bool may = placement_init(&placement, network, &rules, &ignored) == 0;

    placement_clear(&placement);
    return may;
}

static int write_file(const char *path, const struct options *options,
                      const struct network *network, bool keeps_ends, struct error *err)
{
    FILE *out = draft_open(path, err);

    if (!out)
        return -1;
    write_model(out, options, network, keeps_ends);
    fputs(recipes, out);
    return draft_close(out, path, 0, err);
}

static int read_and_write(const char *path, const struct options *options,
                          struct error *err)
{
    struct config_model model;
    struct config_method_settings method = {0};
    struct calibration_case one = {
        .model = &model, .bits = {8, 8}, .target = TARGET_ONNX, .method = &method};
    struct network *network;
    int status = -1;

    choose(options, &model);
    network = shard_read_network(&one, err);
    if (network)
        status = write_file(path, options, network, ends_may_stay(&one, network), err);
    network_destroy(network);
    return status;
}

static const struct option rows[] = {
    {"-o", "FILE", offsetof(struct options, out),
     "where to; it must not be there (the network's name, .yaml)", NULL, NULL},
    NETWORK_CHOICES_ROWS(struct options, choices),
};

static const struct option_table init_options = {"init", "network",
                                                 offsetof(struct options, network),
                                                 rows, sizeof rows / sizeof *rows};

static int init_file(const struct options *options, struct error *err)
{
    char path[PATH_MAX], name[NAME_BYTES];

    if (!options->network)
        return error_set(err, EXIT_USAGE, "which network? e.g. calq init network.onnx");
    name_of(options->network, name);
    snprintf(path, sizeof path, "%s%s", options->out ? options->out : name,
             options->out ? "" : ".yaml");
    if (access(path, F_OK) == 0)
        return error_set(err, EXIT_USAGE,
                         "%s is there already; name another file with -o", path);
    if (read_and_write(path, options, err) < 0)
        return -1;
    printf("%s: answer the questions in it, then calq inspect --config %s\n", path,
           path);
    return 0;
}

static int init(int count, char **arguments, struct error *err)
{
    struct options options = {0};
    int status = option_read_all(&init_options, count, arguments, &options, err);

    if (status == 0)
        status = init_file(&options, err);
    return status == 0 ? EXIT_DONE : (int)err->code;
}

const struct command init_command = {
    "init",
    "MODEL [-o FILE]",
    "write a configuration for a network, with questions to be answered",
    &init_options,
    "MODEL is an ONNX file. The configuration tells its inputs, output and shapes, "
    "asks "
    "for\n"
    "files, datasets and normalisation, and holds three recipes, of which the first is "
    "in force.\n",
    init};
