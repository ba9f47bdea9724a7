#include "core/evaluate/loss.h"

#include <math.h>

bool loss_has_finite_logits(const float *logits, size_t classes)
{
    for (size_t i = 0; i < classes; i++)
        if (!isfinite(logits[i]))
            return false;
    return true;
}

/* log of the sum of exp(logits): what is taken from a logit to have its log probability. */
static double log_sum(const float *logits, size_t classes)
{
    double largest = -INFINITY, sum = 0;

    for (size_t i = 0; i < classes; i++)
        largest = fmax(largest, logits[i]);
    for (size_t i = 0; i < classes; i++)
        sum += exp(logits[i] - largest);
    return largest + log(sum);
}

static double cross_entropy(const float *logits, size_t classes,
                            struct expected expected)
{
    return log_sum(logits, classes) - logits[expected.label];
}

static double kl_to_float(const float *logits, size_t classes, struct expected expected)
{
    double of_these = log_sum(logits, classes);
    double of_float = log_sum(expected.logits, classes);
    double divergence = 0;

    for (size_t i = 0; i < classes; i++) {
        double log_float = expected.logits[i] - of_float;

        divergence += exp(log_float) * (log_float - (logits[i] - of_these));
    }
    return divergence;
}

static double mse_to_float(const float *logits, size_t classes,
                           struct expected expected)
{
    double sum = 0;

    for (size_t i = 0; i < classes; i++) {
        double error = (double)logits[i] - expected.logits[i];

        sum += error * error;
    }
    return sum / (double)classes;
}

double loss_of_sample(enum loss loss, const float *logits, size_t classes,
                      struct expected expected)
{
    static double (*const losses[])(const float *, size_t, struct expected) = {
        [LOSS_CROSS_ENTROPY] = cross_entropy,
        [LOSS_KL_TO_FLOAT] = kl_to_float,
        [LOSS_MSE_TO_FLOAT] = mse_to_float,
    };

    return fmax(losses[loss](logits, classes, expected), 0.0);
}
