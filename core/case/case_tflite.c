#include "core/case/case_tflite.h"

#include "core/base/version.h"
#include "core/export/tflite_compare.h"
#include "core/export/tflite_write.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- before the search -------------------------------------------------------------------- */

static int refuse(const struct calibration_case *one, const char *what,
                  const char *instead, struct error *err)
{
    return error_set(err, EXIT_CONFIG, "%s: TensorFlow Lite has no place for %s; %s",
                     one->id, what, instead);
}

static int check_settings(const struct calibration_case *one, struct error *err)
{
    const struct config_method_settings *method = one->method;

    if (one->bits.activations != BITS_MOST || one->bits.weights > BITS_MOST)
        return refuse(one, "activations that have not 8 bits, or float weights",
                      "say `bits: W8A8`, or fewer bits of weights", err);
    if (method->splitting.ratio > 0 || method->activation_splitting.ratio > 0)
        return refuse(one, "split channels",
                      "search without outlier_splitting and activation_splitting", err);
    if (method->second_above > 0)
        return refuse(one, "a second tensor of weights", "search with another method",
                      err);
    if (method->bias_correction == BIAS_CORRECTION_MEAN ||
        method->bias_correction == BIAS_CORRECTION_MEAN_AND_VARIANCE)
        return refuse(one, "what bias_correction: mean adds to weights",
                      "say `bias_correction: empirical`", err);
    return 0;
}

int case_tflite_check(const struct calibration_case *one, const struct network *network,
                      struct error *err)
{
    const struct placement_rules rules = case_rules(one);
    struct placement placement;
    int status;

    if (one->target != TARGET_TFLITE)
        return 0;
    if (check_settings(one, err) < 0)
        return -1;
    status = placement_init(&placement, network, &rules, err);
    if (status == 0)
        status = tflite_check(network, &placement, err);
    placement_clear(&placement);
    return status < 0 ? error_prefix(err, "%s", one->id) : 0;
}

/* ---- the file ----------------------------------------------------------------------------- */

enum { DESCRIPTION_BYTES = 512 };

/* The case as a model in memory, to be cleared by the caller. */
static int make_model(const struct finished_case *finished, struct tflite_model *model,
                      struct error *err)
{
    char description[DESCRIPTION_BYTES];

    *model = (struct tflite_model){0};
    if (finished->one->target != TARGET_TFLITE)
        return error_set(err, EXIT_INPUT,
                         "%s is of target %s, whose integers TensorFlow Lite rounds "
                         "otherwise; search with `targets: tflite`",
                         finished->one->id, config_target_name(finished->one->target));
    if (tflite_check(finished->network, &finished->placement, err) < 0)
        return -1;
    snprintf(description, sizeof description, "calq %s, case %s, network %s", version(),
             finished->one->id, finished->network_hash);
    tflite_write(&(struct tflite_calibrated){.network = finished->network,
                                             .placement = &finished->placement,
                                             .choices = finished->choices,
                                             .rules = finished->rules,
                                             .description = description},
                 model);
    return 0;
}

int case_tflite(const struct finished_case *finished, uint8_t **bytes, size_t *size,
                struct error *err)
{
    struct tflite_model model;
    int status = make_model(finished, &model, err);

    if (status == 0)
        *bytes = tflite_file_write(&model, size);
    tflite_model_clear(&model);
    return status;
}

/* All bytes of a file, to be freed by the caller. */
static int read_bytes(const char *path, uint8_t **bytes, size_t *size,
                      struct error *err)
{
    FILE *file = fopen(path, "rb"), *memory;
    char buffer[BUFSIZ];
    size_t got;

    if (!file)
        return error_set(err, EXIT_INPUT, "cannot open %s: %s", path, strerror(errno));
    memory = open_memstream((char **)bytes, size);
    assert(memory);
    while ((got = fread(buffer, 1, sizeof buffer, file)) > 0)
        fwrite(buffer, 1, got, memory);
    fclose(file);
    fclose(memory);
    return 0;
}

static int compare(const struct tflite_model *ours, const char *path,
                   const uint8_t *bytes, size_t size, struct error *err)
{
    struct tflite_model theirs;
    int status = tflite_file_read(path, bytes, size, &theirs, err);

    if (status == 0)
        status = tflite_compare(path, ours, &theirs, err);
    if (status == 0)
        printf("%s: %d operators, %d tensors, %zu integers: the same\n", path,
               ours->operator_count, ours->tensor_count, tflite_integers(ours));
    tflite_model_clear(&theirs);
    return status;
}

int case_tflite_verify(const struct finished_case *finished, const char *path,
                       struct error *err)
{
    struct tflite_model ours;
    uint8_t *bytes = NULL;
    size_t size = 0;
    int status = make_model(finished, &ours, err);

    if (status == 0)
        status = read_bytes(path, &bytes, &size, err);
    if (status == 0)
        status = compare(&ours, path, bytes, size, err);
    free(bytes);
    tflite_model_clear(&ours);
    return status;
}
