/* metric.h - what is reported of samples beside the loss: one row a metric, and of most one function.
 *
 * A new metric is a name in `enum metric`, a function and a row in metric.c; see README.md here.
 */
#ifndef CORE_EVALUATE_METRIC_H
#define CORE_EVALUATE_METRIC_H

#include "core/evaluate/loss.h"

#include <stdbool.h>
#include <stddef.h>

/* Shares come first, means after METRIC_SHARES, and after METRIC_STORED what follows from the loss. */
enum metric {
    METRIC_TOP1, /* the default */
    METRIC_TOP5,
    METRIC_HIT_RATE,
    METRIC_AGREEMENT,
    METRIC_SHARES,
    METRIC_MAE_TO_FLOAT = METRIC_SHARES,
    METRIC_MEAN_ABSOLUTE_ERROR,
    METRIC_MEAN_IOU,
    METRIC_NDCG,
    METRIC_STORED,
    METRIC_PERPLEXITY = METRIC_STORED,
    METRIC_COUNT
};

/* What a metric is counted over. */
enum metric_of {
    METRIC_OF_PREDICTIONS, /* one a sample, or one a place (output_shape.h) */
    METRIC_OF_IMAGES,      /* samples whose places are pixels (mean_iou.h) */
    METRIC_OF_GROUPS,      /* of samples (group_rank.h) */
    METRIC_OF_LOSS         /* of the mean loss */
};

/* What one prediction counts, from finite logits [outputs] and with what the row needs: 1 or 0 of a share; of a
 * mean a finite number below 2^LOSS_EXPONENT_MOST. */
typedef double metric_fn(const float *logits, size_t outputs, struct expected expected);

struct metric_row {
    const char *name; /* in a configuration, as the help; the first two members */
    const char *help;
    enum metric_of of;
    metric_fn *of_sample; /* NULL: not of predictions */
    bool needs_labels, needs_numbers, needs_float_logits;
    bool higher_is_better;
};

extern const struct metric_row metric_table[METRIC_COUNT];

/* Whether it is a share of the samples, which people read in per cent. */
bool metric_is_share(enum metric metric);

/* Whether the metric can be had of a prediction, and is one of predictions. */
bool metric_is_known(enum metric metric, struct expected expected);

/* As people read it: "93.75 %", or the digits of a loss; "-" where it is NaN. */
enum { METRIC_TEXT_BYTES = 32 };
const char *metric_text(enum metric metric, double value, char text[METRIC_TEXT_BYTES]);

#endif
