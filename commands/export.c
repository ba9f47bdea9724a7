#include "commands/command.h"

#include "commands/best_case.h"
#include "coordinator/named_settings.h"
#include "core/base/draft.h"
#include "core/base/memory.h"
#include "core/case/case_onnx.h"
#include "core/case/case_tflite.h"
#include "core/export/encodings_file.h"
#include "core/export/ncnn_pair.h"
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
    const char *param, *bin; /* of a pair of ncnn */
    bool in_halves;
    struct case_onnx_form onnx;
};

/* ---- ONNX --------------------------------------------------------------------------------- */

/* Writes what was made with `status`, and frees it. */
static int write_bytes(const struct options *options, int status, uint8_t *bytes,
                       size_t size, FILE *file, struct error *err)
{
    if (status == 0 && fwrite(bytes, 1, size, file) != size)
        status = error_set(err, EXIT_MACHINE, "cannot write %s: %s", options->output,
                           strerror(errno));
    free(bytes);
    return status;
}

static int write_onnx(const struct finished_case *finished,
                      const struct options *options, FILE *file, struct error *err)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    int status = case_onnx(finished, &options->onnx, &bytes, &size, err);

    return write_bytes(options, status, bytes, size, file, err);
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
    bool has_codes = case_onnx_has_integers(&options->onnx);

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
                             &finished->rules, case_onnx_narrowest(&options->onnx),
                             &kernels);
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

/* ---- TensorFlow Lite ---------------------------------------------------------------------- */

static int write_tflite(const struct finished_case *finished,
                        const struct options *options, FILE *file, struct error *err)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    int status = case_tflite(finished, &bytes, &size, err);

    return write_bytes(options, status, bytes, size, file, err);
}

/* ---- tables of steps ---------------------------------------------------------------------- */

static struct steps_file steps_of(const struct finished_case *finished)
{
    const struct calibration_case *one = finished->one;

    return (struct steps_file){
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
    };
}

static int write_steps(const struct finished_case *finished,
                       const struct options *options, FILE *file, struct error *err)
{
    const struct steps_file steps = steps_of(finished);

    (void)options;
    return steps_file_write(&steps, file, err);
}

static int write_encodings(const struct finished_case *finished,
                           const struct options *options, FILE *file, struct error *err)
{
    const struct steps_file steps = steps_of(finished);

    (void)options;
    if (finished->one->target == TARGET_NCNN)
        return error_set(err, EXIT_INPUT,
                         "%s was found for ncnn, which rounds what products read and "
                         "nothing else; search with another target",
                         finished->one->id);
    return encodings_file_write(&steps, file, err);
}

/* ---- ncnn --------------------------------------------------------------------------------- */

/* What changes codes or biases beyond what steps say; NULL: nothing does. */
static const char *found_with(const struct finished_case *finished)
{
    const struct result *result = &finished->result;

    return result->result.weights_rounded               ? "`rounding: gram`"
           : result->is_bias_corrected                  ? "a bias correction"
           : result->is_equalized                       ? "equalised weights"
           : finished->one->method->splitting.ratio > 0 ? "split channels"
                                                        : NULL;
}

static int write_ncnn_table(const struct finished_case *finished,
                            const struct options *options, FILE *file,
                            struct error *err)
{
    const char *with = found_with(finished);

    (void)options;
    if (with)
        return error_set(err, EXIT_INPUT,
                         "%s was found with %s, for which ncnn's tables have no place; "
                         "search without it, or export it with --to ncnn",
                         finished->one->id, with);
    return ncnn_table_write(finished->network, &finished->placement, finished->choices,
                            file, err);
}

/* Layers are known by their weights, so these have to be those of the file. */
static int check_ncnn(const struct finished_case *finished,
                      const struct options *options, struct error *err)
{
    bool is_split = finished->one->method->splitting.ratio > 0;

    if (!options->param || !options->bin)
        return error_set(
            err, EXIT_USAGE,
            "--to ncnn needs the pair that pnnx or onnx2ncnn made of the "
            "network, behind ncnnoptimize: --param net.param --bin net.bin");
    if (finished->result.is_equalized || is_split)
        return error_set(err, EXIT_INPUT,
                         "%s was found with %s, so its weights are not those of the "
                         "pair; search without",
                         finished->one->id,
                         is_split ? "split channels" : "equalised weights");
    return 0;
}

/* Of layers with fewer bits, and of codes that were rounded by what they do. */
static void tell_codes_beside_table(const struct ncnn_pair *pair)
{
    size_t codes = 0;
    int layers = 0;

    for (int i = 0; i < pair->param.count; i++) {
        size_t others = ncnn_codes_beside_table(pair, i);

        codes += others;
        layers += others > 0;
    }
    if (layers > 0)
        printf(
            "note: of the table ncnn2int8 would make %zu other codes in %d layers: run "
            "the pair\n",
            codes, layers);
}

static void tell_ncnn(const struct ncnn_pair *pair, const char *folder)
{
    int codes = 0, floats = 0;

    for (int i = 0; i < pair->param.count; i++) {
        codes += pair->of_layers[i].codes != NULL;
        floats += pair->of_layers[i].of && !pair->of_layers[i].codes;
    }
    printf("%s: %d layers in integers, %d in float\n", folder, codes, floats);
    for (int i = 0; i < pair->param.count; i++)
        if (ncnn_may_wrap(pair, i))
            printf("note: sums of layer %s (%s) may reach %.3g, and above %.3g ncnn's "
                   "Winograd convolutions wrap: give it 6 bits, `overrides: [{match: "
                   "\"%s\", bits: W6A8}]`, or switch them off, "
                   "opt.use_winograd_convolution = false\n",
                   pair->of_layers[i].of->name, pair->param.layers[i].name,
                   pair->of_layers[i].sum_most, NCNN_WINOGRAD_SUM_MOST,
                   pair->of_layers[i].of->name);
    tell_codes_beside_table(pair);
}

static int write_ncnn(const struct finished_case *finished,
                      const struct options *options, struct error *err)
{
    const struct ncnn_case of = {finished->network, &finished->placement,
                                 finished->choices, finished->rules};
    struct ncnn_pair pair;
    int status;

    if (check_ncnn(finished, options, err) < 0)
        return -1;
    status = ncnn_pair_open(&pair, &of, options->param, options->bin, err);
    if (status == 0)
        status = ncnn_pair_write(&pair, options->output, options->in_halves, err);
    if (status == 0)
        tell_ncnn(&pair, options->output);
    ncnn_pair_clear(&pair);
    return status;
}

/* ---- the command -------------------------------------------------------------------------- */

static const struct form {
    const char *name;
    int (*write)(const struct finished_case *finished, const struct options *options,
                 FILE *file, struct error *err);
    void (*tell)(const struct finished_case *finished, const struct options *options);
    /* Of a form that is several files, in a folder, in place of the two. */
    int (*write_all)(const struct finished_case *finished,
                     const struct options *options, struct error *err);
} forms[] = {
    {"onnx", write_onnx, tell_onnx, NULL}, {"tflite", write_tflite, NULL, NULL},
    {"steps", write_steps, NULL, NULL},    {"encodings", write_encodings, NULL, NULL},
    {"ncnn", NULL, NULL, write_ncnn},      {"ncnn-table", write_ncnn_table, NULL, NULL},
};

static const struct form *form_named(const char *name)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(forms[i].name, name) == 0)
            return &forms[i];
    return NULL;
}

static const struct option rows[] = {
    {"-o", "FILE", offsetof(struct options, output), "where to; of ncnn, a folder",
     NULL, NULL},
    {"--to", "FORM", offsetof(struct options, form),
     "onnx, tflite, steps, encodings, ncnn or ncnn-table, see below (onnx)", NULL,
     NULL},
    {"--param", "FILE", offsetof(struct options, param),
     "of ncnn: the layers of the float network, as pnnx or onnx2ncnn and then "
     "ncnnoptimize write them",
     NULL, NULL},
    {"--bin", "FILE", offsetof(struct options, bin), "and their weights", NULL, NULL},
    {"--fp16", NULL, offsetof(struct options, in_halves),
     "of ncnn: weights of layers in float have 16 bits", NULL, NULL},
    {"--int4", NULL, offsetof(struct options, onnx.in_4_bits),
     "weights as integers of 4 bits where they fit (opset 21); implies --integers",
     NULL, NULL},
    {"--int2", NULL, offsetof(struct options, onnx.in_2_bits),
     "weights as integers of 2 bits where they fit (opset 25), else of 4; implies "
     "--integers",
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
    if (options->onnx.is_exact && case_onnx_has_integers(&options->onnx))
        return error_set(err, EXIT_USAGE,
                         "--exact has a form of its own, --int4, --int2 and --integers "
                         "another: take "
                         "one of them");
    if (!form_named(options->form))
        return error_set(err, EXIT_USAGE,
                         "--to: there is no form \"%s\", only onnx, tflite, steps, "
                         "encodings, ncnn and ncnn-table; what runtimes round is said "
                         "by `targets` before the search",
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

static int write_one_file(const struct form *form, const struct finished_case *finished,
                          const struct options *options, struct error *err)
{
    FILE *file = draft_open(options->output, err);
    int status;

    if (!file)
        return -1;
    status = form->write(finished, options, file, err);
    if (draft_close(file, options->output, status, err) < 0)
        return -1;
    printf("%s\n", options->output);
    if (form->tell)
        form->tell(finished, options);
    return 0;
}

static int export_case(const struct options *options, struct error *err)
{
    const struct form *form = form_named(options->form);
    struct finished_case finished;
    int status = finished_case_open(&finished, options->folder, &named_settings, err);

    if (status == 0)
        status = form->write_all ? form->write_all(&finished, options, err)
                                 : write_one_file(form, &finished, options, err);
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
    "  --to tflite      a file of TensorFlow Lite (LiteRT) of a case of `targets: "
    "tflite`:\n"
    "                   integers throughout, images as [1, height, width, channels]\n"
    "  --to steps       the steps of all tensors and the ranges of their integers, as "
    "JSON\n"
    "  --to encodings   the same as AIMET has it (0.6.1), to go with the float "
    "network's "
    "file,\n"
    "                   where QNN converts it: batchnorm: fold, no corrections, no "
    "rounding\n"
    "  --to ncnn        for --param net.param --bin net.bin of the float network the "
    "pair "
    "that\n"
    "                   ncnn runs in integers, net-int8.param and net-int8.bin, with "
    "biases as\n"
    "                   they were corrected, and net.table for ncnn2int8: targets: "
    "ncnn, "
    "bits:\n"
    "                   W8A8, no equalize, no outlier_splitting\n"
    "  --to ncnn-table  the table alone, with the names that onnx2ncnn gives: besides "
    "no "
    "bias\n"
    "                   correction, no rounding\n",
    export};
