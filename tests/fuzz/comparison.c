#include "tests/fuzz/comparison.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct logits logits_of(const struct graph *graph, const struct samples_of *samples,
                        struct trial trial, const struct change *change)
{
    struct logits logits = {.samples = samples->count};

    logits.near = memory_zeroed(samples->count + 1, sizeof *logits.near);
    for (size_t i = 0; i < samples->count; i++) {
        struct trial one = trial;
        struct array *sample = samples_take(samples, i);
        struct array *result = runtime_run(graph, &one, sample, change);

        if (!logits.values) {
            logits.classes = result->count;
            logits.values =
                memory_zeroed(samples->count * result->count, sizeof(double));
            logits.errors =
                memory_zeroed(samples->count * result->count, sizeof(double));
        }
        memcpy(logits.values + i * logits.classes, result->values,
               logits.classes * sizeof(double));
        memcpy(logits.errors + i * logits.classes, result->errors,
               logits.classes * sizeof(double));
        logits.near[i] = one.is_near;
        array_destroy(sample);
        array_destroy(result);
    }
    return logits;
}

void logits_clear(struct logits *logits)
{
    free(logits->values);
    free(logits->errors);
    free(logits->near);
    *logits = (struct logits){.samples = 0};
}

void logits_add_errors(struct logits *to, const struct logits *from)
{
    for (size_t i = 0; from->values && i < to->samples * to->classes; i++) {
        to->errors[i] += from->errors[i];
        to->near[i / to->classes] |= from->near[i / to->classes];
    }
}

static float *read_floats(const struct comparison *comparison, const char *name,
                          size_t *count)
{
    char path[4096];
    FILE *file;
    float *values;

    snprintf(path, sizeof path, "%s/%s", comparison->folder, name);
    file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *count = (size_t)ftell(file) / sizeof *values;
    rewind(file);
    values = memory_get((*count + 1) * sizeof *values);
    if (fread(values, sizeof *values, *count, file) != *count)
        give_up("cannot read", path);
    fclose(file);
    return values;
}

void logits_apply_softmax(struct logits *logits, bool is_log)
{
    for (size_t i = 0; i < logits->samples; i++) {
        double *values = logits->values + i * logits->classes, sum = 0,
               most = -INFINITY;
        double *errors = logits->errors + i * logits->classes, error = 0;

        for (size_t k = 0; k < logits->classes; k++) {
            most = fmax(most, values[k]);
            error = fmax(error, errors[k]);
        }
        for (size_t k = 0; k < logits->classes; k++)
            sum += exp(values[k] - most);
        for (size_t k = 0; k < logits->classes; k++) {
            double size = fabs(values[k]) + fabs(most) + 2;

            values[k] -= most + log(sum);
            errors[k] = 2 * error + float_unit * size;
            if (!is_log) {
                values[k] = exp(values[k]);
                errors[k] = errors[k] * values[k] + 0x1p-22;
            }
        }
    }
}

/* Of a logit: it is not the one that it should be. */
static bool is_wrong(double theirs, double ours, double error)
{
    if (!isfinite(ours))
        return false; /* a float may overflow before a double does */
    return !(fabs(theirs - ours) <= 2 * error + 1e-30);
}

/* A bound that lets everything pass tells nothing. */
static bool tells_nothing(const struct logits *logits, size_t sample)
{
    bool is_vague = logits->near[sample];
    double size = 0, error = 0;

    for (size_t i = 0; i < logits->classes; i++) {
        size = fmax(size, fabs(logits->values[sample * logits->classes + i]));
        error = fmax(error, logits->errors[sample * logits->classes + i]);
    }
    return is_vague || error > 1e-2 * size + 1e-6;
}

/* An output that should be numbers is not. */
static bool is_broken(const struct logits *ours, const float *theirs, size_t sample)
{
    for (size_t i = 0; i < ours->classes; i++) {
        size_t at = sample * ours->classes + i;

        if (isfinite(ours->values[at]) && !isfinite(theirs[at]))
            return true;
    }
    return false;
}

void compare_logits(struct comparison *comparison, const char *what,
                    const struct logits *ours, const char *file)
{
    size_t count, worst = 0, bad = 0;
    float *theirs = ours->values ? read_floats(comparison, file, &count) : NULL;

    if (!theirs)
        return;
    if (count != ours->samples * ours->classes)
        give_up("another number of logits:", file);
    for (size_t i = 0; i < count; i++) {
        if (ours->near[i / ours->classes] ||
            !is_wrong(theirs[i], ours->values[i], ours->errors[i]))
            continue;
        if (bad++ == 0 || fabs(theirs[i] - ours->values[i]) >
                              fabs(theirs[worst] - ours->values[worst]))
            worst = i;
    }
    for (size_t i = 0; i < ours->samples; i++) {
        comparison->near += tells_nothing(ours, i);
        comparison->broken += ours->near[i] && is_broken(ours, theirs, i);
    }
    comparison->compared += ours->samples;
    if (bad > 0) {
        printf("%s: %zu of %zu logits differ, sample %zu class %zu: %.9g, not %.9g "
               "(off by "
               "%.3g, rounding explains %.3g)\n",
               what, bad, count, worst / ours->classes, worst % ours->classes,
               (double)theirs[worst], ours->values[worst],
               fabs(theirs[worst] - ours->values[worst]), 2 * ours->errors[worst]);
        comparison->differences++;
    }
    free(theirs);
}

bool comparison_has(const struct comparison *comparison, const char *name)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", comparison->folder, name);
    return access(path, R_OK) == 0;
}
