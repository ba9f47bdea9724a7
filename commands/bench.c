#include "bench/kernel_bench.h"
#include "bench/network_bench.h"
#include "bench/rounds.h"
#include "commands/command.h"
#include "core/case/shard.h"
#include "core/format/config_value.h"

#include <stdlib.h>
#include <string.h>

/* Layers that stay in float, as `keep_float` names them; no list: none. */
struct kept {
    char *list[CONFIG_LIST_MAX]; /* borrowed */
    int count;
};

struct options {
    const char *model; /* NULL: the kernels */
    const char *kernel, *only;
    const char *target;
    struct config_bits bits;
    struct kept kept;
    int block, rounds;
};

static int read_number(const char *name, const char *text, int least, int most,
                       int *number, struct error *err)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (end == text || *end != '\0' || value < least || value > most)
        return error_set(err, EXIT_USAGE, "%s takes a number from %d to %d, not \"%s\"",
                         name, least, most, text);
    *number = (int)value;
    return 0;
}

static int read_block(const char *name, const char *text, void *place,
                      struct error *err)
{
    return read_number(name, text, 1, 4096, place, err);
}

static int read_rounds(const char *name, const char *text, void *place,
                       struct error *err)
{
    return read_number(name, text, 1, ROUNDS_MOST, place, err);
}

static int read_bits(const char *name, const char *text, void *place, struct error *err)
{
    static const struct config_bits in_float = {BITS_FLOAT, BITS_FLOAT};

    if (strcmp(text, "float") == 0) {
        *(struct config_bits *)place = in_float;
        return 0;
    }
    if (config_value_bits(text, place, err) == 0)
        return 0;
    err->code = EXIT_USAGE;
    return error_prefix(err, "%s", name);
}

/* `first,last`, cut where the commas are; `none`. */
static int read_kept(const char *name, const char *text, void *place, struct error *err)
{
    struct kept *kept = place;
    char *at = (char *)text; /* the program's own argument */

    kept->count = 0;
    if (strcmp(text, "none") == 0)
        return 0;
    for (char *part; (part = strsep(&at, ",")) != NULL;) {
        if (*part == '\0' || kept->count == CONFIG_LIST_MAX)
            return error_set(err, EXIT_USAGE,
                             "%s takes none, or 1 to %d names of layers with commas "
                             "between them, e.g. first,last",
                             name, CONFIG_LIST_MAX);
        kept->list[kept->count++] = part;
    }
    return 0;
}

static const struct option rows[] = {
    {"--kernel", "NAME", offsetof(struct options, kernel),
     "a kernel set, as `calq version` lists them (auto)", NULL, NULL},
    {"--bits", "W4A8", offsetof(struct options, bits),
     "of weights and activations (W8A8); kernels: or float", NULL, read_bits},
    {"--target", "NAME", offsetof(struct options, target),
     "paper: weights without a zero level; onnx (onnx)", NULL, NULL},
    {"--rounds", "N", offsetof(struct options, rounds),
     "measurements, of which the median counts (15)", NULL, read_rounds},
    {"--only", "PATTERN", offsetof(struct options, only),
     "kernels: only the layers with such names, e.g. '*3x3*'", NULL, NULL},
    {"--keep-float", "LIST", offsetof(struct options, kept),
     "network: layers that stay in float, with commas between them, or none "
     "(first,last)",
     NULL, read_kept},
    {"--block", "N", offsetof(struct options, block),
     "network: samples evaluated together (16)", NULL, read_block},
};

static const struct option_table bench_options = {"bench", NULL, 0, rows,
                                                  sizeof rows / sizeof *rows};

static int parse(int count, char **arguments, struct options *options,
                 struct error *err)
{
    if (count == 0 || strcmp(arguments[0], "network") != 0)
        return option_read_all(&bench_options, count, arguments, options, err);
    if (count < 2 || arguments[1][0] == '-')
        return error_set(err, EXIT_USAGE,
                         "which model? e.g. calq bench network network.onnx");
    options->model = arguments[1];
    return option_read_all(&bench_options, count - 2, arguments + 2, options, err);
}

static int target_of(const struct options *options, enum config_target *target,
                     struct error *err)
{
    for (*target = TARGET_PAPER; *target <= TARGET_ONNX; ++*target)
        if (strcmp(options->target, config_target_name(*target)) == 0)
            return 0;
    return error_set(err, EXIT_USAGE, "--target is %s or %s, not \"%s\"",
                     config_target_name(TARGET_PAPER), config_target_name(TARGET_ONNX),
                     options->target);
}

static bool is_in_float(const struct config_bits *bits)
{
    return bits->weights == BITS_FLOAT && bits->activations == BITS_FLOAT;
}

static int bench_kernels(const struct options *options,
                         const struct kernel_set *kernels, struct error *err)
{
    bool is_float = is_in_float(&options->bits);
    enum config_target target;

    if (target_of(options, &target, err) < 0)
        return -1;
    if (!is_float &&
        (options->bits.weights > BITS_MOST || options->bits.activations > BITS_MOST))
        return error_set(err, EXIT_USAGE,
                         "kernels are timed with --bits W2A2 to W8A8 or float: they "
                         "multiply integers, or floats");
    return kernel_bench(
        &(struct kernel_bench_options){
            .work = {.kernels = kernels,
                     .weight_bits = options->bits.weights,
                     .activation_bits = options->bits.activations,
                     .is_midrise = !is_float && target == TARGET_PAPER,
                     .is_float = is_float},
            .only = options->only,
            .rounds = options->rounds},
        stdout, err);
}

/* A network that is read, and what of it is quantized. */
struct prepared {
    struct network *network;
    struct placement placement;
};

static void prepared_clear(struct prepared *prepared)
{
    placement_clear(&prepared->placement);
    network_destroy(prepared->network);
}

static int prepare(const struct options *options, struct config_bits bits,
                   enum config_target target, struct prepared *prepared,
                   struct error *err)
{
    struct config_model model = {.network = (char *)options->model,
                                 .keep_float_count = options->kept.count,
                                 .loss = LOSS_MSE_TO_FLOAT}; /* fits all outputs */
    struct config_method_settings method = {0};
    struct calibration_case one = {
        .model = &model, .target = target, .bits = bits, .method = &method};
    struct placement_rules rules;

    memcpy(model.keep_float, options->kept.list, sizeof options->kept.list);
    rules = case_rules(&one);
    prepared->network = shard_read_network(&one, err);
    return prepared->network
               ? placement_init(&prepared->placement, prepared->network, &rules, err)
               : -1;
}

static struct placed_network placed(const struct prepared *prepared)
{
    return (struct placed_network){prepared->network, &prepared->placement};
}

static int bench_prepared(const struct options *options,
                          const struct kernel_set *kernels, const struct prepared *own,
                          const struct prepared *peer, struct error *err)
{
    char bits[16], title[64];

    config_bits_text(options->bits, bits);
    snprintf(title, sizeof title, "%s %s", bits, options->target);
    return network_bench(&(struct network_bench_options){.own = placed(own),
                                                         .peer = placed(peer),
                                                         .kernels = kernels,
                                                         .bits = title,
                                                         .block = options->block,
                                                         .rounds = options->rounds},
                         stdout, err);
}

static int bench_network(const struct options *options,
                         const struct kernel_set *kernels, struct error *err)
{
    const struct config_bits eight = {BITS_MOST, BITS_MOST};
    struct prepared own = {0}, peer = {0};
    enum config_target target;
    int status = -1;

    if (target_of(options, &target, err) < 0)
        return -1;
    if (is_in_float(&options->bits))
        return error_set(err, EXIT_USAGE,
                         "a network is timed with --bits that leave something to "
                         "quantize");
    if (prepare(options, options->bits, target, &own, err) == 0 &&
        prepare(options, eight, TARGET_ONNX, &peer, err) == 0)
        status = bench_prepared(options, kernels, &own, &peer, err);
    prepared_clear(&own);
    prepared_clear(&peer);
    return status;
}

static int bench(int count, char **arguments, struct error *err)
{
    static char first[] = "first", last[] = "last"; /* as the papers place them */
    struct options options = {.kernel = "auto",
                              .target = "onnx",
                              .bits = {8, 8},
                              .kept = {{first, last}, 2},
                              .block = 16,
                              .rounds = 15};
    const struct kernel_set *kernels;
    int status = parse(count, arguments, &options, err);

    if (status < 0)
        return (int)err->code;
    kernels = kernel_set_named(options.kernel);
    if (!kernels) {
        error_set(err, EXIT_USAGE,
                  "--kernel: \"%s\" is unknown or does not run on this machine; see "
                  "`calq version`",
                  options.kernel);
        return EXIT_USAGE;
    }
    status = options.model ? bench_network(&options, kernels, err)
                           : bench_kernels(&options, kernels, err);
    return status == 0 ? EXIT_DONE : (int)err->code;
}

const struct command bench_command = {
    "bench",
    "[network MODEL] [options]",
    "time the kernels, or a whole network",
    &bench_options,
    "Without a model: each layer of well-known networks, beside the peak of this core "
    "and\n"
    "beside oneDNN. With a model: images a second and where the time goes, beside "
    "ONNX\n"
    "Runtime. `make bench` builds what stands beside.\n",
    bench};
