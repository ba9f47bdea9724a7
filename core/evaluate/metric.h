/* metric.h - what is reported of samples beside the loss: one function and one row a metric.
 *
 * A new metric is a name in `enum metric`, a function and a row in metric.c; see README.md here.
 */
#ifndef CORE_EVALUATE_METRIC_H
#define CORE_EVALUATE_METRIC_H

#include "core/evaluate/loss.h"

#include <stdbool.h>
#include <stddef.h>

/* Shares of right samples come first, means after METRIC_SHARES. */
enum metric {
    METRIC_TOP1, /* the default */
    METRIC_TOP5,
    METRIC_SHARES,
    METRIC_MAE_TO_FLOAT = METRIC_SHARES,
    METRIC_COUNT
};

/* What one sample counts, from finite logits [outputs] and with what the row needs: 1 or 0 of a share; of a
 * mean a finite number below 2^LOSS_EXPONENT_MOST. */
typedef double metric_fn(const float *logits, size_t outputs, struct expected expected);

struct metric_row {
    const char *name; /* in a configuration, as the help; the first two members */
    const char *help;
    metric_fn *of_sample;
    bool needs_labels, needs_float_logits;
    bool higher_is_better;
};

extern const struct metric_row metric_table[METRIC_COUNT];

/* Whether it is a share of the samples, which people read in per cent. */
bool metric_is_share(enum metric metric);

/* Whether the metric can be had of a sample. */
bool metric_is_known(enum metric metric, struct expected expected);

/* As people read it: "93.75 %", or the digits of a loss; "-" where it is NaN. */
enum { METRIC_TEXT_BYTES = 32 };
const char *metric_text(enum metric metric, double value, char text[METRIC_TEXT_BYTES]);

#endif
