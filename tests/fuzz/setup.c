#include "tests/fuzz/setup.h"

#include "tests/fuzz/overrides.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- data ------------------------------------------------------------------------------------- */

/* What numbers of rows have none of. */
static void draw_constants(struct setup *setup, struct chance *chance)
{
    int channels = setup->sketch.input.dims[setup->axis];

    setup->scale = setup->is_u8 ? 1 / 255. : 1;
    if (chance_is(chance, 15))
        setup->scale = .004;
    if (chance_is(chance, 30))
        setup->constants = chance_is(chance, 50) && channels <= 16 ? channels : 1;
    for (int i = 0; i < setup->constants; i++) {
        setup->mean[i] = (float)(.3 * chance_normal(chance));
        setup->std[i] = (float)(.2 + .3 * fabs(chance_normal(chance)));
    }
}

void setup_draw(struct setup *setup, struct chance *chance)
{
    const struct place *input = &setup->sketch.input;

    setup->axis = input->rank == 4 ? 1 : input->rank - 1;
    /* Constants of as many rows as channels lie along the rows. */
    if (setup->sketch.has_channels_last && input->dims[1] != input->dims[3])
        setup->axis = 3;
    setup->classes = setup->sketch.classes;
    setup->calibration = (size_t)chance_between(chance, 2, 20);
    setup->check = chance_is(chance, 40) ? (size_t)chance_between(chance, 1, 6) : 0;
    if (setup->check >= setup->calibration)
        setup->check = setup->calibration - 1;
    setup->validation = (size_t)chance_between(chance, 4, 16);
    setup->is_u8 = chance_is(chance, 30);
    setup->has_outliers = chance_is(chance, 5);
    setup->size = chance_is(chance, 90) ? 1 : 100;
    setup->scale = 1;
    setup->constants = 0;
    if (setup->sketch.vocabulary == 0)
        draw_constants(setup, chance);
}

static void write_list(const char *before, const double *numbers, int count,
                       const char *between, const char *after, FILE *file)
{
    fputs(before, file);
    for (int i = 0; i < count; i++)
        fprintf(file, "%s%.9g", i ? between : "", numbers[i]);
    fputs(after, file);
}

void setup_write_facts(const struct setup *setup, FILE *file)
{
    const struct place *input = &setup->sketch.input;

    fprintf(file, "dims");
    for (int i = 1; i < input->rank; i++)
        fprintf(file, " %d", input->dims[i]);
    fprintf(file, "\ncalibration %zu\ncheck %zu\nvalidation %zu\nscale %.17g\n",
            setup->calibration, setup->check, setup->validation, setup->scale);
    if (setup->constants > 0) {
        fprintf(file, "axis %d\n", setup->axis);
        write_list("mean ", setup->mean, setup->constants, " ", "\n", file);
        write_list("std ", setup->std, setup->constants, " ", "\n", file);
    }
}

/* ---- settings --------------------------------------------------------------------------------- */

struct writer {
    struct chance *chance;
    FILE *file;
    const char *target;
};

static void maybe(const struct writer *writer, int percent, const char *key,
                  const char *const *words)
{
    if (chance_is(writer->chance, percent))
        fprintf(writer->file, ", %s: %s", key, chance_word(writer->chance, words));
}

static void maybe_number(const struct writer *writer, int percent, const char *key,
                         double low, double high)
{
    double part = chance_between(writer->chance, 0, 100) / 100.;

    if (chance_is(writer->chance, percent))
        fprintf(writer->file, ", %s: %.4g", key, low + part * (high - low));
}

static void write_splitting(const struct writer *writer)
{
    static const char *const halves[] = {"plain", "quantization_aware", NULL};
    static const char *const sees[] = {"original", "split", NULL};
    double ratio = chance_between(writer->chance, 1, 60) / 100.;

    if (!chance_is(writer->chance, 10))
        return;
    fprintf(writer->file,
            ", outlier_splitting: {ratio: %.2f, halves: %s, clip_sees: %s}", ratio,
            chance_word(writer->chance, halves), chance_word(writer->chance, sees));
}

/* Weights are rounded by what they do, which finds biases, too. */
static void write_rounding(const struct writer *writer)
{
    static const char *const affine[] = {"strict", "layer", NULL};
    static const char *const accepts[] = {"always", "always", "if_loss_drops", NULL};

    fprintf(writer->file, ", rounding: {name: gram");
    maybe(writer, 60, "affine", affine);
    maybe(writer, 80, "accept", accepts);
    fprintf(writer->file, "}");
}

/* A step for each block of inputs, which goes with fewer corrections. */
static void write_blocks(const struct writer *writer)
{
    static const char *const no_yes[] = {"true", "if_loss_drops", NULL};
    static const char *const biases[] = {"empirical", NULL};

    fprintf(writer->file,
            ", weight_steps: per_block, block_size: %d, bias_correction_accept: always",
            chance_between(writer->chance, 2, 6));
    maybe(writer, 40, "bias_correction", biases);
    maybe(writer, 30, "equalize", no_yes);
}

/* What all methods have. */
static void write_corrections(const struct writer *writer)
{
    static const char *const layerwise[] = {"independent", "sequential", NULL};
    static const char *const steps[] = {"per_channel", NULL};
    static const char *const biases[] = {"mean", "mean_and_variance", "empirical",
                                         NULL};
    static const char *const accepts[] = {"always", "if_loss_drops", NULL};
    static const char *const equalize[] = {"true", "true", "if_loss_drops", NULL};
    static const char *const reestimate[] = {"before", "after", "both", NULL};
    bool splits = chance_is(writer->chance, 3);

    maybe(writer, 30, "layerwise", layerwise);
    maybe(writer, 40, "weight_steps", steps);
    if (chance_is(writer->chance, 15))
        write_rounding(writer);
    else
        maybe(writer, 45, "bias_correction", biases);
    fprintf(writer->file, ", bias_correction_accept: %s", /* mostly whatever it costs */
            chance_is(writer->chance, 30) ? chance_word(writer->chance, accepts)
                                          : "always");
    if (!splits)
        maybe(writer, 30, "equalize", equalize);
    maybe(writer, 30, "reestimate_batchnorm", reestimate);
    maybe(writer, 40, "reestimate_accept", accepts);
    write_splitting(writer);
    if (splits)
        fprintf(writer->file, ", activation_splitting: {ratio: 0.2, channels: %s}",
                chance_is(writer->chance, 50) ? "static" : "oracle");
}

static void write_lapq(const struct writer *writer)
{
    static const char *const starts[] = {"layerwise", "random", NULL};
    static const char *const searches[] = {"powell", "coordinate", NULL};
    static const char *const lines[] = {"default", "reference", NULL};
    static const char *const no[] = {"false", NULL};

    if (chance_is(writer->chance, 40))
        maybe(writer, 100, "start", starts);
    else {
        fprintf(writer->file, ", p_count: %d", chance_between(writer->chance, 3, 5));
        maybe(writer, 20, "parabola", no);
    }
    maybe(writer, 50, "search", searches);
    maybe(writer, 40, "line_search", lines);
    fprintf(writer->file, ", sweeps: %d", chance_between(writer->chance, 0, 2));
}

/* Bits that the method chooses, of each tensor. */
static void write_mixed(const struct writer *writer)
{
    static const char *const weights[] = {"[2, 4, 8]", "[4, 8]", "[3, 8, 32]", NULL};
    static const char *const activations[] = {"[4, 8]", "[4, 8]", "[8, 32]", "[2, 5]",
                                              NULL};
    static const char *const models[] = {"pairs", "singles", "greedy", NULL};

    fprintf(writer->file, ", weights: %s", chance_word(writer->chance, weights));
    maybe(writer, 70, "activations", activations);
    maybe(writer, 60, "model", models);
    fprintf(writer->file, ", tries: 2, budget: {average_bits: %d}",
            chance_between(writer->chance, 8, 16));
}

static void write_method(const struct writer *writer)
{
    static const char *const names[] = {"minmax", "percentile", "mmse", "lp",
                                        "cosine", "aciq",       "kld",  "lapq",
                                        "dual",   "mixed",      NULL};
    static const char *const minmax[] = {"minmax", NULL};
    static const char *const ocs[] = {"ocs", NULL};
    static const char *const densities[] = {"laplace", "gauss", "auto", NULL};
    static const char *const sides[] = {"both", "by_sign", NULL};
    const char *name = chance_word(writer->chance, names);
    bool is_lapq = strcmp(name, "lapq") == 0, is_ocs = false;

    fprintf(writer->file, "methods: [{name: %s", name);
    if (strcmp(name, "percentile") == 0)
        maybe_number(writer, 60, "percentile", 90, 100);
    if (strcmp(name, "lp") == 0)
        maybe_number(writer, 60, "norm", .5, 5);
    if (strcmp(name, "dual") == 0)
        maybe_number(writer, 60, "dual_above", 1e-5, .02);
    if (strcmp(name, "mmse") == 0 || strcmp(name, "aciq") == 0 ||
        strcmp(name, "kld") == 0) {
        is_ocs = chance_is(writer->chance, 20);
        maybe(writer, is_ocs ? 100 : 0, "variant", ocs);
    }
    if (strcmp(name, "aciq") == 0 && !is_ocs)
        maybe(writer, 60, "distribution", densities);
    if (strcmp(name, "kld") == 0 && !is_ocs)
        maybe(writer, 50, "sides", sides);
    if (is_lapq)
        write_lapq(writer);
    else if (strcmp(name, "mixed") == 0)
        write_mixed(writer);
    else if (strcmp(name, "minmax") != 0)
        maybe(writer, 15, "activation_rule", minmax);
    if (strcmp(writer->target, "paper") != 0 && strcmp(name, "dual") != 0 && !is_ocs &&
        chance_is(writer->chance, 20))
        write_blocks(writer);
    else
        write_corrections(writer);
    fprintf(writer->file, "}]\n");
}

static void write_bits(const struct writer *writer)
{
    int weights = chance_between(writer->chance, 2, 8);
    int activations = chance_between(writer->chance, 2, 8);

    if (chance_is(writer->chance, 40))
        weights = activations = 8;
    if (chance_is(writer->chance, 12))
        activations = 32;
    else if (chance_is(writer->chance, 12))
        weights = 32;
    fprintf(writer->file, "bits: [W%dA%d]\n", weights, activations);
}

static void write_model(const struct setup *setup, const struct writer *writer,
                        const char *folder)
{
    static const char *const losses[] = {"cross_entropy", "cross_entropy",
                                         "kl_to_float", "mse_to_float", NULL};
    static const char *const kept[] = {
        "[]", "[]", "[]", "[first]", "[last]", "[first, last]", NULL};
    static const char *const activations[] = {"inputs", "all", NULL};
    const char *keep_float = chance_word(writer->chance, kept);

    fprintf(writer->file, "models:\n  - name: net\n    network: %s/net.onnx\n", folder);
    fprintf(writer->file, "    loss: %s\n", chance_word(writer->chance, losses));
    if (chance_is(writer->chance, 40))
        fprintf(writer->file, "    batchnorm: %s\n",
                chance_is(writer->chance, 70) ? "fold" : "epilogue");
    fprintf(writer->file, "    keep_float: %s\n", keep_float);
    if (chance_is(writer->chance, 35))
        fprintf(writer->file, "    activations: %s\n",
                chance_word(writer->chance, activations));
    if (chance_is(writer->chance, 30))
        fprintf(writer->file, "    activation_grid: %s\n",
                chance_is(writer->chance, 75) ? "asymmetric" : "symmetric");
    if (!strstr(keep_float, "last") && chance_is(writer->chance, 20))
        fprintf(writer->file, "    quantize_output: true\n");
    fprintf(writer->file,
            "    calibration: {file: %s/calibration.h5, samples: %zu, check: %zu}\n"
            "    validation: {file: %s/validation.h5, samples: all}\n",
            folder, setup->calibration, setup->check, folder);
    if (setup->sketch.vocabulary == 0 && !(setup->is_u8 && setup->scale == 1 / 255.))
        fprintf(writer->file, "    scale: %.17g\n", setup->scale);
    if (setup->constants > 0) {
        write_list("    mean: [", setup->mean, setup->constants, ", ", "]\n",
                   writer->file);
        write_list("    std: [", setup->std, setup->constants, ", ", "]\n",
                   writer->file);
    }
    overrides_write(&setup->sketch, writer->chance, writer->file);
}

void setup_write_settings(const struct setup *setup, struct chance *chance,
                          uint64_t seed, const char *folder, FILE *file)
{
    static const char *const targets[] = {"paper",    "onnx", "onnx",     "onnx",
                                          "tensorrt", "ocs",  "openvino", NULL};
    struct writer writer = {chance, file, NULL};

    fprintf(file, "name: net\nout: %s/run\nseed: %llu\nblock: %d\n", folder,
            (unsigned long long)(seed % 1000), chance_between(chance, 1, 9));
    fprintf(file, "overlap: allow\n");
    fprintf(file, "budget: {evaluations: %d}\n", chance_between(chance, 20, 50));
    writer.target = chance_word(chance, targets);
    fprintf(file, "targets: [%s]\n", writer.target);
    write_bits(&writer);
    write_method(&writer);
    write_model(setup, &writer, folder);
}
