/* loss.h - what one sample costs, from its logits. */
#ifndef CORE_EVALUATE_LOSS_H
#define CORE_EVALUATE_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum loss {
    LOSS_CROSS_ENTROPY, /* of the label: -log q[label] */
    LOSS_KL_TO_FLOAT,   /* sum of f (log f - log q): no labels are needed */
    LOSS_MSE_TO_FLOAT   /* mean square of the difference from the float logits */
};

enum { NO_LABEL = -1 };

/* What the logits of a sample are held against. */
struct expected {
    int32_t label;       /* or NO_LABEL, unless the loss is cross entropy */
    const float *logits; /* [classes] of the float network; borrowed; NULL where the
                            loss is cross entropy */
};

/* Whether none of the logits [classes] is a NaN or an infinity. */
bool loss_has_finite_logits(const float *logits, size_t classes);

/* The loss in double, at least 0; logits are finite, and so is it: below 2^LOSS_EXPONENT_MOST. With q the
 * softmax of `logits` [classes] and f that of the float logits; the divergence is that of the
 * quantized network's predictions from the float network's. */
enum { LOSS_EXPONENT_MOST = 259 };
double loss_of_sample(enum loss loss, const float *logits, size_t classes,
                      struct expected expected);

#endif
