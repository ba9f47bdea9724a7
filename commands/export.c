#include "commands/command.h"

#include "commands/best_case.h"
#include "coordinator/named_settings.h"
#include "core/base/draft.h"
#include "core/base/memory.h"
#include "core/case/case_onnx.h"
#include "core/export/ncnn_table.h"
#include "core/export/onnx_runtime_kernels.h"
#include "core/export/steps_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *folder, *output, *form;
    struct best_case best;
    struct case_onnx_form onnx;
};

/* ---- ONNX --------------------------------------------------------------------------------- */

static int write_onnx(const struct finished_case *finished,
                      const struct options *options, FILE *file, struct error *err)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    int status = case_onnx(finished, &options->onnx, &bytes, &size, err);

    if (status == 0 && fwrite(bytes, 1, size, file) != size)
        status = error_set(err, EXIT_MACHINE, "cannot write %s: %s", options->output,
                           strerror(errno));
    free(bytes);
    return status;
}

static void print_kernels(const struct finished_case *finished,
                          const struct runtime_kernels *kernels)
{
    printf("%d of %d quantized layers will run as integer kernels in ONNX Runtime%s\n",
           kernels->integer, kernels->quantized,
           kernels->integer < kernels->quantized ? ", not" : "");
    for (int index = 0; index < kernels->layer_count; index++)
        if (kernels->why[index])
            printf("    %s: %s\n", finished->network->layers[index].name,
                   kernels->why[index]);
}

static void tell_float_kernels(const struct finished_case *finished,
                               const struct options *options)
{
    bool has_codes = options->onnx.with_integers || options->onnx.in_4_bits;

    printf("ONNX Runtime will run it in float: integer kernels need quantized weights "
           "and activations\n");
    if (case_rounds_activations(finished))
        return;
    if (has_codes)
        printf(
            "It dequantizes the weights in every run, and rounds the inputs of MatMul "
            "to 8 bits, too, unless the session option "
            "session.qdq_matmulnbits_accuracy_level is 1\n");
    else
        printf("Weights are the floats of their integers, as fast as in the float "
               "network; --integers holds the integers\n");
}

static void tell_kernels(const struct finished_case *finished,
                         const struct options *options)
{
    struct runtime_kernels kernels;

    runtime_kernels_foretell(finished->network, &finished->placement, finished->choices,
                             &finished->rules, options->onnx.in_4_bits, &kernels);
    if (case_rounds_activations(finished) && kernels.quantized > 0)
        print_kernels(finished, &kernels);
    else
        tell_float_kernels(finished, options);
    runtime_kernels_clear(&kernels);
}

static void tell_onnx(const struct finished_case *finished,
                      const struct options *options)
{
    const struct calibration_case *one = finished->one;

    if (options->onnx.is_exact)
        return;
    if (one->target == TARGET_ONNX)
        tell_kernels(finished, options);
    else
        printf("the file is for target %s; for integer kernels in ONNX Runtime search "
               "with target onnx\n",
               config_target_name(one->target));
}

/* ---- tables of steps ---------------------------------------------------------------------- */

static int write_steps(const struct finished_case *finished,
                       const struct options *options, FILE *file, struct error *err)
{
    const struct calibration_case *one = finished->one;

    (void)options;
    return steps_file_write(
        &(struct steps_file){
            .case_id = one->id,
            .network_hash = finished->network_hash,
            .target = one->target,
            .bits = one->bits,
            .method = one->method->method->name,
            .bias_correction = case_correction_name(finished),
            .is_split = finished->one->method->splitting.ratio > 0,
            .network = finished->network,
            .placement = &finished->placement,
            .choices = finished->choices,
            .rules = finished->rules,
            .state = &finished->result.result.state,
        },
        file, err);
}

static int write_ncnn(const struct finished_case *finished,
                      const struct options *options, FILE *file, struct error *err)
{
    const struct result *result = &finished->result;
    const char *with = result->result.weights_rounded ? "`rounding: gram`"
                       : result->is_bias_corrected    ? "a bias correction"
                       : result->is_equalized         ? "equalised weights"
                       : finished->one->method->splitting.ratio > 0 ? "split channels"
                                                                    : NULL;

    (void)options;
    if (with)
        return error_set(err, EXIT_INPUT,
                         "%s was found with %s, for which ncnn's tables have no place; "
                         "search without it",
                         finished->one->id, with);
    return ncnn_table_write(finished->network, &finished->placement, finished->choices,
                            file, err);
}

/* ---- the command -------------------------------------------------------------------------- */

static const struct form {
    const char *name;
    int (*write)(const struct finished_case *finished, const struct options *options,
                 FILE *file, struct error *err);
    void (*tell)(const struct finished_case *finished, const struct options *options);
} forms[] = {
    {"onnx", write_onnx, tell_onnx},
    {"steps", write_steps, NULL},
    {"ncnn-table", write_ncnn, NULL},
};

static const struct form *form_named(const char *name)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(forms[i].name, name) == 0)
            return &forms[i];
    return NULL;
}

static const struct option rows[] = {
    {"-o", "FILE", offsetof(struct options, output), "where to", NULL, NULL},
    {"--to", "FORM", offsetof(struct options, form),
     "onnx, steps or ncnn-table, see below (onnx)", NULL, NULL},
    {"--int4", NULL, offsetof(struct options, onnx.in_4_bits),
     "weights as integers of 4 bits where they fit (opset 21); implies --integers",
     NULL, NULL},
    {"--integers", NULL, offsetof(struct options, onnx.with_integers),
     "weights of layers whose input is not quantized (W4A32) as integers, too: a small "
     "file, "
     "but ONNX Runtime dequantizes them in every run, or rounds the input of MatMul to "
     "8 "
     "bits, too; by default they are the floats that integers and steps give, which "
     "run as "
     "fast as the float network",
     NULL, NULL},
    {"--exact", NULL, offsetof(struct options, onnx.is_exact),
     "layers between codes add integers and round once, as calq does, so that other "
     "runtimes "
     "come to the same codes; they make no integer kernels of it",
     NULL, NULL},
    {"--best", "BY", offsetof(struct options, best.by),
     "CASE is a run directory, of which the best case is taken: by loss, of the "
     "calibration samples, or by accuracy, the metric of the validation samples",
     "loss or accuracy", best_case_read_by},
    {"--under", "BYTES", offsetof(struct options, best.bytes),
     "with --best: of the cases whose weights take at most so many bytes (`cost` in "
     "result.json), such as 300000 or 512KiB",
     "a number of bytes", best_case_read_bytes},
    {"--model", "NAME", offsetof(struct options, best.model),
     "with --best: of the cases of that model", "the name of a model", NULL},
    {"--target", "NAME", offsetof(struct options, best.target),
     "with --best: of the cases for that target", "the name of a target", NULL},
};

static const struct option_table export_options = {"export", "case",
                                                   offsetof(struct options, folder),
                                                   rows, sizeof rows / sizeof *rows};

static int parse(int count, char **arguments, struct options *options,
                 struct error *err)
{
    if (option_read_all(&export_options, count, arguments, options, err) < 0)
        return -1;
    if (!options->folder || !options->output)
        return error_set(err, EXIT_USAGE,
                         "which case, and to which file? e.g. calq export "
                         "runs/glyphs/cases/glyphs-paper-W4A4-lapq -o glyphs.onnx");
    if (!options->best.by &&
        (options->best.bytes > 0 || options->best.model || options->best.target))
        return error_set(err, EXIT_USAGE,
                         "--under, --model and --target go with --best, which says by "
                         "what the case is chosen: loss or accuracy");
    if (options->onnx.is_exact &&
        (options->onnx.in_4_bits || options->onnx.with_integers))
        return error_set(
            err, EXIT_USAGE,
            "--exact has a form of its own, --int4 and --integers another: take one of "
            "them");
    if (!form_named(options->form))
        return error_set(err, EXIT_USAGE,
                         "--to: there is no form \"%s\"; see `calq help export`",
                         options->form);
    return 0;
}

/* Finds the case where a run directory is named. */
static int find_best(struct options *options, char folder[PATH_MAX], struct error *err)
{
    if (!options->best.by)
        return 0;
    if (best_case_find(options->folder, &options->best, folder, err) < 0)
        return -1;
    options->folder = folder;
    return 0;
}

static int export_case(const struct options *options, struct error *err)
{
    const struct form *form = form_named(options->form);
    struct finished_case finished;
    FILE *file = NULL;
    int status = finished_case_open(&finished, options->folder, &named_settings, err);

    if (status == 0) {
        file = draft_open(options->output, err);
        status = file ? form->write(&finished, options, file, err) : -1;
    }
    if (file)
        status = draft_close(file, options->output, status, err);
    if (status == 0)
        printf("%s\n", options->output);
    if (status == 0 && form->tell)
        form->tell(&finished, options);
    finished_case_close(&finished);
    return status;
}

static int export(int count, char **arguments, struct error *err)
{
    struct options options = {.form = "onnx"};
    char folder[PATH_MAX];

    if (parse(count, arguments, &options, err) < 0 ||
        find_best(&options, folder, err) < 0 || export_case(&options, err) < 0)
        return (int)err->code;
    return EXIT_DONE;
}

const struct command export_command = {
    "export",
    "CASE -o FILE [options]",
    "write a calibrated network for other runtimes",
    &export_options,
    "CASE is the folder of a case that is done, e.g. "
    "runs/glyphs/cases/glyphs-onnx-W8A8-lapq;\n"
    "with --best it is a run directory, e.g. runs/glyphs.\n"
    "\n"
    "  --to onnx        the float network with integer weights, DequantizeLinear and\n"
    "                   QuantizeLinear where it was quantized (QDQ); opset 13, or 21 "
    "where\n"
    "                   integers of 16 or 4 bits are needed\n"
    "  --to steps       the steps of all tensors and the ranges of their integers, as "
    "JSON\n"
    "  --to ncnn-table  a table for ncnn2int8, where ncnn can represent the case: "
    "targets:\n"
    "                   tensorrt, bits: W8A8, batchnorm: fold, no bias correction, no\n"
    "                   equalize, no outlier_splitting\n",
    export};
