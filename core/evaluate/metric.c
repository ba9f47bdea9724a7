#include "core/evaluate/metric.h"

#include "core/base/text.h"

#include <math.h>
#include <stdio.h>

/* ---- the metrics -------------------------------------------------------------------------- */

/* How many classes come before the label's. */
static size_t place_of(const float *logits, size_t outputs, int32_t label)
{
    size_t place = 0;

    if (outputs == 1)
        return loss_prediction(logits, outputs) != label;
    for (size_t i = 0; i < outputs; i++)
        place += logits[i] > logits[label] ||
                 (logits[i] == logits[label] && i < (size_t)label);
    return place;
}

static double top1(const float *logits, size_t outputs, struct expected expected)
{
    return place_of(logits, outputs, expected.label) < 1;
}

static double top5(const float *logits, size_t outputs, struct expected expected)
{
    return place_of(logits, outputs, expected.label) < 5;
}

/* A mean of differences, so that it is in the unit of the outputs. */
static double mae_to_float(const float *logits, size_t outputs,
                           struct expected expected)
{
    double sum = 0;

    for (size_t i = 0; i < outputs; i++)
        sum += fabs((double)logits[i] - expected.logits[i]);
    return sum / (double)outputs;
}

const struct metric_row metric_table[METRIC_COUNT] = {
    [METRIC_TOP1] = {.name = "top1",
                     .help =
                         "samples whose label is predicted; one output says yes (1) "
                         "above 0",
                     .of_sample = top1,
                     .needs_labels = true,
                     .higher_is_better = true},
    [METRIC_TOP5] = {.name = "top5",
                     .help = "samples whose label is among the five largest outputs",
                     .of_sample = top5,
                     .needs_labels = true,
                     .higher_is_better = true},
    [METRIC_MAE_TO_FLOAT] = {.name = "mae_to_float",
                             .help = "the mean absolute difference from the float "
                                     "network's outputs, as of a regression",
                             .of_sample = mae_to_float,
                             .needs_float_logits = true},
};

/* ---- what follows from a row -------------------------------------------------------------- */

bool metric_is_share(enum metric metric)
{
    return metric < METRIC_SHARES;
}

bool metric_is_known(enum metric metric, struct expected expected)
{
    const struct metric_row *row = &metric_table[metric];

    return (!row->needs_labels || expected.label != NO_LABEL) &&
           (!row->needs_float_logits || expected.logits);
}

const char *metric_text(enum metric metric, double value, char text[METRIC_TEXT_BYTES])
{
    if (isnan(value))
        snprintf(text, METRIC_TEXT_BYTES, "-");
    else if (metric_is_share(metric))
        snprintf(text, METRIC_TEXT_BYTES, "%.2f %%", 100 * value);
    else
        text_of_loss(value, text);
    return text;
}
