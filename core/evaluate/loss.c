#include "core/evaluate/loss.h"

#include <math.h>
#include <stdio.h>

/* ---- the losses --------------------------------------------------------------------------- */

/* log of the sum of exp(logits): what is taken from a logit to have its log probability. */
static double log_sum(const float *logits, size_t outputs)
{
    double largest = -INFINITY, sum = 0;

    for (size_t i = 0; i < outputs; i++)
        largest = fmax(largest, logits[i]);
    for (size_t i = 0; i < outputs; i++)
        sum += exp(logits[i] - largest);
    return largest + log(sum);
}

static double cross_entropy(const float *logits, size_t outputs,
                            struct expected expected)
{
    return log_sum(logits, outputs) - logits[expected.label];
}

static double kl_to_float(const float *logits, size_t outputs, struct expected expected)
{
    double of_these = log_sum(logits, outputs);
    double of_float = log_sum(expected.logits, outputs);
    double divergence = 0;

    for (size_t i = 0; i < outputs; i++) {
        double log_float = expected.logits[i] - of_float;

        divergence += exp(log_float) * (log_float - (logits[i] - of_these));
    }
    return divergence;
}

static double mean_square(const float *values, const float *others, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        double error = (double)values[i] - others[i];

        sum += error * error;
    }
    return sum / (double)count;
}

static double mse_to_float(const float *logits, size_t outputs,
                           struct expected expected)
{
    return mean_square(logits, expected.logits, outputs);
}

static double mean_squared_error(const float *logits, size_t outputs,
                                 struct expected expected)
{
    return mean_square(logits, expected.numbers, outputs);
}

/* -log of the sigmoid, or of 1 minus it: log(1 + exp(-|z|)), to which a wrong sign adds |z|. */
static double binary_cross_entropy(const float *logits, size_t outputs,
                                   struct expected expected)
{
    double logit = logits[0];
    bool is_wrong = expected.label ? logit < 0 : logit > 0;

    (void)outputs;
    return log1p(exp(-fabs(logit))) + (is_wrong ? fabs(logit) : 0);
}

const struct loss_row loss_table[LOSS_COUNT] = {
    [LOSS_CROSS_ENTROPY] = {.name = "cross_entropy",
                            .help = "-log of the softmax of the label",
                            .of_sample = cross_entropy,
                            .needs_labels = true,
                            .least_outputs = 2,
                            .most_outputs = SIZE_MAX},
    [LOSS_KL_TO_FLOAT] = {.name = "kl_to_float",
                          .help = "the divergence from the float network's softmax",
                          .of_sample = kl_to_float,
                          .needs_float_logits = true,
                          .least_outputs = 2,
                          .most_outputs = SIZE_MAX},
    [LOSS_MSE_TO_FLOAT] = {.name = "mse_to_float",
                           .help = "the mean square of the difference from the float "
                                   "network's outputs",
                           .of_sample = mse_to_float,
                           .needs_float_logits = true,
                           .is_distance = true,
                           .least_outputs = 1,
                           .most_outputs = SIZE_MAX},
    [LOSS_BINARY_CROSS_ENTROPY] = {.name = "binary_cross_entropy",
                                   .help =
                                       "-log of the sigmoid of one output where the "
                                       "label is 1, of 1 minus it where it is 0",
                                   .of_sample = binary_cross_entropy,
                                   .needs_labels = true,
                                   .least_outputs = 1,
                                   .most_outputs = 1},
    [LOSS_MEAN_SQUARED_ERROR] = {.name = "mean_squared_error",
                                 .help =
                                     "the mean square of the difference from the "
                                     "labels, which are numbers, as of a regression",
                                 .of_sample = mean_squared_error,
                                 .needs_numbers = true,
                                 .is_distance = true,
                                 .least_outputs = 1,
                                 .most_outputs = SIZE_MAX},
};

/* ---- what follows from a row -------------------------------------------------------------- */

bool loss_needs_dataset(enum loss loss)
{
    return loss_table[loss].needs_labels || loss_table[loss].needs_numbers;
}

bool loss_has_finite_logits(const float *logits, size_t outputs)
{
    for (size_t i = 0; i < outputs; i++)
        if (!isfinite(logits[i]))
            return false;
    return true;
}

double loss_of_sample(enum loss loss, const float *logits, size_t outputs,
                      struct expected expected)
{
    return fmax(loss_table[loss].of_sample(logits, outputs, expected), 0.0);
}

bool loss_takes(enum loss loss, size_t outputs)
{
    return outputs >= loss_table[loss].least_outputs &&
           outputs <= loss_table[loss].most_outputs;
}

const char *loss_names_for(size_t outputs, char text[LOSS_NAMES_BYTES])
{
    int left = 0, length = 0;

    for (enum loss loss = 0; loss < LOSS_COUNT; loss++)
        left += loss_takes(loss, outputs);
    *text = '\0';
    for (enum loss loss = 0; loss < LOSS_COUNT; loss++)
        if (loss_takes(loss, outputs)) {
            const char *between = length == 0 ? "" : left == 1 ? " or " : ", ";

            length += snprintf(text + length, LOSS_NAMES_BYTES - (size_t)length, "%s%s",
                               between, loss_table[loss].name);
            left--;
        }
    return text;
}

int loss_classes(enum loss loss, size_t outputs)
{
    if (loss_table[loss].needs_numbers)
        return 1;
    return outputs > 1 ? (int)outputs : loss_table[loss].needs_labels ? 2 : 1;
}

int loss_prediction(const float *logits, size_t outputs)
{
    size_t best = 0;

    if (outputs == 1)
        return logits[0] > 0;
    for (size_t i = 1; i < outputs; i++)
        if (logits[i] > logits[best])
            best = i;
    return (int)best;
}

enum loss loss_to_validate(enum loss loss, size_t outputs)
{
    return outputs > 1 && !loss_table[loss].needs_numbers ? LOSS_CROSS_ENTROPY : loss;
}

double loss_of_guessing(enum loss loss, size_t outputs)
{
    return loss_table[loss].is_distance ? 0 : log(loss_classes(loss, outputs));
}

double loss_unit(enum loss loss, double at_start)
{
    int exponent;

    if (!loss_table[loss].is_distance || !isnormal(at_start))
        return 1;
    frexp(at_start, &exponent);
    return ldexp(1, exponent - 1);
}
