/* Losses, from their definitions. */
#include "tests/fuzz/comparison.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double log_sum(const double *logits, size_t classes)
{
    double most = -INFINITY, sum = 0;

    for (size_t i = 0; i < classes; i++)
        most = fmax(most, logits[i]);
    for (size_t i = 0; i < classes; i++)
        sum += exp(logits[i] - most);
    return most + log(sum);
}

static double loss_of(const char *name, const double *logits, const double *of_float,
                      size_t classes, int label)
{
    double sum = 0;

    if (strcmp(name, "cross_entropy") == 0)
        return log_sum(logits, classes) - logits[label];
    for (size_t i = 0; i < classes; i++) {
        double log_float = of_float[i] - log_sum(of_float, classes);
        double log_this = logits[i] - log_sum(logits, classes);

        if (strcmp(name, "kl_to_float") == 0)
            sum += exp(log_float) * (log_float - log_this);
        else
            sum +=
                (logits[i] - of_float[i]) * (logits[i] - of_float[i]) / (double)classes;
    }
    return sum;
}

/* How far the loss moves where all logits move by their errors. */
static double loss_error(const char *name, const double *logits, const double *errors,
                         const double *of_float, const double *float_errors,
                         size_t classes)
{
    double most = 0, spread = 0, sum = 0;

    for (size_t i = 0; i < classes; i++) {
        double error = errors[i] + (float_errors ? float_errors[i] : 0);

        most = fmax(most, error);
        spread = fmax(spread, fabs(logits[i]) + (of_float ? fabs(of_float[i]) : 0));
        sum += of_float ? error * (error + 2 * fabs(logits[i] - of_float[i])) : 0;
    }
    if (strcmp(name, "mse_to_float") == 0)
        return sum / (double)classes;
    /* A divergence weighs differences of logs by probabilities that move, too. */
    return strcmp(name, "kl_to_float") == 0 ? most * (4 + 2 * spread) : 2 * most;
}

/* The mean loss of samples [first, end) against what result.json says. */
static void compare_loss(struct comparison *comparison, const char *what,
                         const char *name, const struct logits *ours,
                         const struct logits *of_float,
                         const struct samples_of *samples, size_t first, size_t end,
                         double told)
{
    double sum = 0, error = 0;

    if (end <= first)
        return;
    for (size_t i = first; i < end; i++) {
        size_t at = i * ours->classes;
        const double *floats = of_float ? of_float->values + at : NULL;

        if (ours->near[i] || (of_float && of_float->near[i]))
            return; /* a code may be another */
        sum +=
            loss_of(name, ours->values + at, floats, ours->classes, samples->labels[i]);
        error += loss_error(name, ours->values + at, ours->errors + at, floats,
                            of_float ? of_float->errors + at : NULL, ours->classes);
    }
    sum /= (double)(end - first);
    error = 2 * error / (double)(end - first) + 0x1p-31 + 1e-12 * sum;
    if (!isfinite(sum) || !isfinite(error) || fabs(sum - told) <= error)
        return;
    printf("%s: the loss is %.12g, not %.12g (off by %.3g, rounding explains %.3g)\n",
           what, told, sum, fabs(sum - told), error);
    comparison->differences++;
}

void compare_losses(struct comparison *comparison, const char *what, const char *point,
                    const struct logits logits[2], const struct logits *of_float)
{
    const char *name = found_setting(&comparison->found, "model.loss");
    const struct samples_of *calibration = &comparison->calibration;
    size_t seen = calibration->count - calibration->check;
    const struct found *found = &comparison->found;
    bool needs_floats = strcmp(name, "cross_entropy") != 0;
    char text[128];

    snprintf(text, sizeof text, "%s, calibration", what);
    compare_loss(comparison, text, name, &logits[0], needs_floats ? of_float : NULL,
                 calibration, 0, seen,
                 found_number(found, point, "calibration", "loss"));
    snprintf(text, sizeof text, "%s, put aside", what);
    if (strcmp(point, "float") != 0)
        compare_loss(comparison, text, name, &logits[0], needs_floats ? of_float : NULL,
                     calibration, seen, calibration->count,
                     found_number(found, point, "check", "loss"));
    snprintf(text, sizeof text, "%s, validation", what);
    compare_loss(comparison, text, "cross_entropy", &logits[1], NULL,
                 &comparison->validation, 0, comparison->validation.count,
                 found_number(found, point, "validation", "loss"));
}
