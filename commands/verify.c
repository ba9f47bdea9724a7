#include "commands/command.h"

#include "coordinator/named_settings.h"
#include "core/base/memory.h"
#include "core/case/case_beside_file.h"
#include "core/case/case_onnx.h"
#include "core/case/case_tflite.h"
#include "core/case/shard.h"
#include "core/export/qdq_compare.h"
#include "core/export/qdq_folded.h"
#include "core/export/qdq_plain.h"
#include "core/export/runtime_notes.h"
#include "core/format/hdf5_reader.h"
#include "core/onnx/onnx_read.h"
#include "core/rewrite/qdq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the file ----------------------------------------------------------------------------- */

/* Files of calq may hold weights alone, as floats. */
static int take_qdq(struct network *network, const char *path,
                    const struct config_model *model, bool is_of_calq,
                    struct error *err)
{
    const struct onnx_choices choices = shard_choices(model);
    struct network *in_float;
    int status;

    if (!network_is_quantized(network) && !is_of_calq)
        return error_set(err, EXIT_INPUT,
                         "%s holds no codes: nothing in it is quantized; name a file "
                         "that `calq export` has written",
                         path);
    in_float = onnx_read_as(model->network, &choices, err);
    status = in_float ? network_take_qdq(network, in_float, err) : -1;
    network_destroy(in_float);
    return status;
}

/* The file as a network with the layers of the case's. */
static struct network *read_file(const char *path, const struct calibration_case *one,
                                 bool is_of_calq, struct error *err)
{
    const struct onnx_choices choices = shard_choices(one->model);
    struct network *network = onnx_read_as(path, &choices, err);

    if (!network)
        return NULL;
    if (take_qdq(network, path, one->model, is_of_calq, err) < 0) {
        network_destroy(network);
        return NULL;
    }
    case_fuse(one, network);
    return network;
}

/* ---- codes -------------------------------------------------------------------------------- */

static void print_tensor(const struct tensor_difference *tensor)
{
    printf("%-40s", tensor->name);
    if (!tensor->is_quantized_there || !tensor->is_quantized_here) {
        printf(" %s\n", tensor->is_quantized_here ? "is not quantized in the file"
                                                  : "is quantized in the file only");
        return;
    }
    if (tensor->is_weight)
        for (int off = 0; off <= OFF_BY_MOST; off++)
            printf(" %9zu", tensor->off_by[off]);
    else
        printf(" %*s", 10 * (OFF_BY_MOST + 1) - 1, "");
    printf(" %9zu %9zu", tensor->steps, tensor->corrections);
    printf("%s\n", tensor->has_other_range ? "  has another range of codes" : "");
}

static void print_differences(const struct qdq_comparison *comparison)
{
    printf("%-40s", "off by");
    for (int off = 0; off < OFF_BY_MOST; off++)
        printf(" %9d", off);
    printf(" %9s %9s %9s\n", "more", "steps", "bias");
    for (int i = 0; i < comparison->tensor_count; i++)
        if (!tensor_difference_is_none(&comparison->tensors[i]))
            print_tensor(&comparison->tensors[i]);
}

static int tell_codes(const char *path, const struct qdq_comparison *comparison,
                      struct error *err)
{
    if (comparison->different > 0)
        print_differences(comparison);
    if (comparison->layer[0])
        return error_set(err, EXIT_VERIFY_MISMATCH, "%s is not what the case gives: %s",
                         path, comparison->layer);
    if (comparison->different > 0)
        return error_set(
            err, EXIT_VERIFY_MISMATCH,
            "%s is not what the case gives: %d of %d quantized tensors are "
            "others; export the case again",
            path, comparison->different, comparison->tensor_count);
    printf("%s: %d quantized tensors, %zu integers: the same\n", path,
           comparison->tensor_count, comparison->integers);
    return 0;
}

/* ---- predictions -------------------------------------------------------------------------- */

static int tell_predictions(const char *path, const struct finished_case *finished,
                            const struct beside_file *beside, struct error *err)
{
    printf("calibration loss: %.9g, and %.9g by the file\n", score_loss(&beside->ours),
           score_loss(&beside->theirs));
    printf("predictions: %zu of %zu %s samples are others, the largest difference of "
           "logits is %g\n",
           beside->other_predictions, beside->samples,
           finished->one->model->validation.file ? "validation" : "calibration",
           beside->largest_difference);
    if (beside_file_is_same(beside))
        return 0;
    return error_set(
        err, EXIT_VERIFY_MISMATCH,
        "%s has the codes of the case, and computes something else: %zu of "
        "%zu predictions are others, or logits, or the calibration loss",
        path, beside->other_predictions, beside->samples);
}

/* Another calq may round float layers differently, by little. */
static int tell_of_result(const struct finished_case *finished,
                          const struct score *score, struct error *err)
{
    double found = score_loss(&finished->result.result.calibration);

    switch (case_loss_found(finished, score)) {
    case LOSS_FOUND_ANOTHER:
        return error_set(
            err, EXIT_VERIFY_MISMATCH,
            "result.json has the calibration loss %.9g, and its steps, biases and "
            "batch "
            "norms give %.9g here, which is more than %s; run the case again",
            found, score_loss(score),
            case_has_our_digits(finished) ? "the same calq may differ"
                                          : "float layers of another calq make of it");
    case LOSS_FOUND_NEARLY:
        printf(
            "note: result.json has the calibration loss %.9g, found by another calq: "
            "its float layers round otherwise\n",
            found);
        return 0;
    case LOSS_FOUND_AGAIN:
        return 0;
    }
    return 0;
}

static int compare_predictions(const char *path, const struct finished_case *finished,
                               const struct network *file, struct error *err)
{
    struct beside_file beside;

    if (case_beside_file(finished, file, &beside, err) < 0 ||
        tell_predictions(path, finished, &beside, err) < 0)
        return -1;
    return tell_of_result(finished, &beside.ours, err);
}

/* ---- the command -------------------------------------------------------------------------- */

struct options {
    const char *file, *folder;
};

/* Of another network there is nothing to say. */
static char *notes_of(const struct finished_case *finished, const struct network *file)
{
    return file->layer_count == finished->network->layer_count
               ? runtime_notes(finished->network, &finished->placement,
                               finished->choices, &finished->rules, file)
               : NULL;
}

static int verify_qdq(const char *path, const struct finished_case *finished,
                      bool is_of_calq, struct error *err)
{
    struct network *file = read_file(path, finished->one, is_of_calq, err);
    struct qdq_comparison comparison;
    char *notes;
    int status;

    if (!file)
        return -1;
    qdq_order_alike(finished->network, file);
    notes = notes_of(finished, file);
    qdq_take_plain(finished->network, &finished->placement, finished->choices,
                   &finished->rules, file);
    qdq_unfold(finished->network, &finished->placement, finished->choices,
               &finished->rules, file);
    qdq_compare(finished->network, &finished->placement, finished->choices,
                &finished->rules, file, &comparison);
    status = tell_codes(path, &comparison, err);
    if (status == 0) {
        qdq_number_alike(finished->network, file);
        status = compare_predictions(path, finished, file, err);
    }
    if (status == 0)
        fputs(notes, stdout);
    free(notes);
    qdq_comparison_clear(&comparison);
    network_destroy(file);
    return status;
}

/* Where a file has other bytes than these, or ends, or goes on; `size`: nowhere. */
static size_t first_difference(FILE *file, const uint8_t *bytes, size_t size)
{
    size_t at = 0;

    while (at < size && fgetc(file) == bytes[at])
        at++;
    return at == size && fgetc(file) != EOF ? size - 1 : at;
}

static void tell_exact(const char *path, const struct finished_case *finished,
                       size_t size)
{
    char *notes;

    printf("%s: the %zu bytes that `calq export --exact` writes\n", path, size);
    if (!case_keeps_signs(finished->one))
        return;
    notes = runtime_notes_of_int8(finished->network, &finished->placement,
                                  finished->choices);
    fputs(notes, stdout);
    free(notes);
}

/* An exact file is what export writes, or it is another. */
static int verify_exact(const char *path, const struct finished_case *finished,
                        struct error *err)
{
    const struct case_onnx_form exact = {.is_exact = true};
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t size = 0, at = 0;
    int status = file ? case_onnx(finished, &exact, &bytes, &size, err)
                      : error_set(err, EXIT_INPUT, "cannot open %s", path);

    if (status == 0)
        at = first_difference(file, bytes, size);
    if (status == 0 && at < size)
        status = error_set(err, EXIT_VERIFY_MISMATCH,
                           "%s is not what the case gives: from byte %zu on it is "
                           "another than `calq export --exact` writes; export the case "
                           "again",
                           path, at);
    if (status == 0)
        tell_exact(path, finished, size);
    if (file)
        fclose(file);
    free(bytes);
    return status;
}

static int verify_onnx(const char *path, const struct finished_case *finished,
                       struct error *err)
{
    char *form = NULL;
    int status = onnx_read_property(path, CASE_ONNX_FORM, &form, err);

    if (status == 0)
        status = form && strcmp(form, CASE_ONNX_EXACT) == 0
                     ? verify_exact(path, finished, err)
                     : verify_qdq(path, finished, form != NULL, err);
    free(form);
    return status;
}

/* A case of the target tflite is written to no other file. */
static int verify_case(const char *path, const struct finished_case *finished,
                       struct error *err)
{
    return finished->one->target == TARGET_TFLITE
               ? case_tflite_verify(finished, path, err)
               : verify_onnx(path, finished, err);
}

static int verify(const struct options *options, struct error *err)
{
    struct finished_case finished;
    int status = finished_case_open(&finished, options->folder, &named_settings, err);

    if (status == 0)
        status = verify_case(options->file, &finished, err);
    finished_case_close(&finished);
    return status;
}

static const struct option rows[] = {
    {"--against", "CASE", offsetof(struct options, folder),
     "the folder of the case that the file was exported from", NULL, NULL},
};

static const struct option_table verify_options = {
    "verify", "file", offsetof(struct options, file), rows, sizeof rows / sizeof *rows};

static int parse(int count, char **arguments, struct options *options,
                 struct error *err)
{
    if (option_read_all(&verify_options, count, arguments, options, err) < 0)
        return -1;
    if (!options->file || !options->folder)
        return error_set(err, EXIT_USAGE,
                         "which file, against which case? e.g. calq verify glyphs.onnx "
                         "--against runs/glyphs/cases/glyphs-paper-W4A4-lapq");
    return 0;
}

static int run(int count, char **arguments, struct error *err)
{
    struct options options = {0};

    if (parse(count, arguments, &options, err) < 0)
        return (int)err->code;
    hdf5_reader_stand_apart();
    if (verify(&options, err) < 0)
        return (int)err->code;
    return EXIT_DONE;
}

const struct command verify_command = {
    "verify",
    "FILE --against CASE",
    "compare an exported file with its case",
    &verify_options,
    "Reads the file back and compares all integers, steps and constants with those of "
    "the case,\n"
    "then runs both networks on the case's samples and compares calibration loss, "
    "logits and\n"
    "predictions. Exit code 6 where something differs, with a table of how many "
    "integers are off\n"
    "by how much. A file of --exact is compared byte by byte with what export writes; "
    "of a "
    "file\n"
    "of TensorFlow Lite operators, integers, scales and zero points are compared.\n"
    "Lines that begin with \"ONNX Runtime\" say what that does other than the file "
    "says.\n",
    run};
