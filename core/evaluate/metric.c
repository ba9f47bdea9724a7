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

static double agreement(const float *logits, size_t outputs, struct expected expected)
{
    return loss_prediction(logits, outputs) ==
           loss_prediction(expected.logits, outputs);
}

/* In the unit of the outputs. */
static double mean_difference(const float *values, const float *others, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += fabs((double)values[i] - others[i]);
    return sum / (double)count;
}

static double mae_to_float(const float *logits, size_t outputs,
                           struct expected expected)
{
    return mean_difference(logits, expected.logits, outputs);
}

static double mean_absolute_error(const float *logits, size_t outputs,
                                  struct expected expected)
{
    return mean_difference(logits, expected.numbers, outputs);
}

const struct metric_row metric_table[METRIC_COUNT] = {
    [METRIC_TOP1] = {.name = "top1",
                     .help =
                         "predictions that are the label: one a sample, or one a place "
                         "(step of time, pixel); one output says yes (1) above 0",
                     .of_sample = top1,
                     .needs_labels = true,
                     .higher_is_better = true},
    [METRIC_TOP5] = {.name = "top5",
                     .help =
                         "predictions with the label among the five largest outputs",
                     .of_sample = top5,
                     .needs_labels = true,
                     .higher_is_better = true},
    [METRIC_AGREEMENT] = {.name = "agreement",
                          .help = "predictions that are the float network's, whatever "
                                  "the labels say; needs none",
                          .of_sample = agreement,
                          .needs_float_logits = true,
                          .higher_is_better = true},
    [METRIC_MAE_TO_FLOAT] = {.name = "mae_to_float",
                             .help = "the mean absolute difference from the float "
                                     "network's outputs, as of a regression",
                             .of_sample = mae_to_float,
                             .needs_float_logits = true},
    [METRIC_HIT_RATE] = {.name = "hit_rate",
                         .help = "groups in which less than `k` samples have a larger "
                                 "output than the first, which is the right one",
                         .of = METRIC_OF_GROUPS,
                         .higher_is_better = true},
    [METRIC_NDCG] = {.name = "ndcg",
                     .help =
                         "the mean over groups of 1 / log2(2 + how many samples have "
                         "a larger output than the first), or 0 where `k` have",
                     .of = METRIC_OF_GROUPS,
                     .higher_is_better = true},
    [METRIC_MEAN_ABSOLUTE_ERROR] = {.name = "mean_absolute_error",
                                    .help = "the mean absolute difference from the "
                                            "labels, which are numbers",
                                    .of_sample = mean_absolute_error,
                                    .needs_numbers = true},
    [METRIC_MEAN_IOU] = {.name = "mean_iou",
                         .help =
                             "of images with a class at each pixel: pixels of both / "
                             "pixels of any, truly or as predicted; the mean over an "
                             "image's classes, and over images",
                         .of = METRIC_OF_IMAGES,
                         .needs_labels = true,
                         .higher_is_better = true},
    [METRIC_PERPLEXITY] = {.name = "perplexity",
                           .help = "exp of the mean cross entropy",
                           .of = METRIC_OF_LOSS,
                           .needs_labels = true},
};

/* ---- what follows from a row -------------------------------------------------------------- */

bool metric_is_share(enum metric metric)
{
    return metric < METRIC_SHARES;
}

bool metric_is_known(enum metric metric, struct expected expected)
{
    const struct metric_row *row = &metric_table[metric];

    return row->of == METRIC_OF_PREDICTIONS &&
           (!row->needs_labels || expected.label >= 0) &&
           (!row->needs_numbers || expected.numbers) &&
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
