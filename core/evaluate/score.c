#include "core/evaluate/score.h"

#include "core/base/exact_sum.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

static const struct exact_format format = {.lowest = -384, .limbs = SCORE_LIMBS};

_Static_assert(-384 + EXACT_LIMB_BITS * (SCORE_LIMBS - 1) >= LOSS_EXPONENT_MOST,
               "every loss fits");
_Static_assert((int)EXACT_TEXT_MOST <= (int)SCORE_TEXT_MOST, "every sum fits");

/* Where the numbers of a metric begin. */
static size_t place_of(enum metric metric)
{
    return metric_is_share(metric)
               ? (size_t)metric
               : METRIC_SHARES + (size_t)(metric - METRIC_SHARES) * SCORE_LIMBS;
}

static void add_metric(struct score *score, enum metric metric, double value)
{
    int64_t *numbers = &score->metrics[place_of(metric)];

    if (metric_is_share(metric))
        *numbers += (int64_t)value;
    else
        exact_sum_add(&format, numbers, value);
}

/* Of what is not finite nothing is right, and no mean is a number. */
static void add_metrics(struct score *score, const float *logits, size_t outputs,
                        struct expected expected, struct score_finite finite)
{
    for (enum metric metric = 0; metric < METRIC_STORED; metric++) {
        const struct metric_row *row = &metric_table[metric];

        if (!metric_is_known(metric, expected))
            continue;
        score->known[metric]++;
        if (row->needs_float_logits ? finite.both : finite.own)
            add_metric(score, metric, row->of_sample(logits, outputs, expected));
    }
}

void score_add_sample(struct score *score, struct score_finite finite)
{
    score->samples++;
    score->not_finite += !finite.both;
}

double score_add_prediction(struct score *score, enum loss loss, const float *logits,
                            size_t outputs, struct expected expected,
                            struct score_finite finite)
{
    double cost = NAN;

    if (expected.label == IGNORED_LABEL)
        return 0;
    if (finite.both) {
        cost = loss_of_sample(loss, logits, outputs, expected);
        exact_sum_add(&format, score->loss, cost);
    }
    if (loss_classes(loss, outputs) == 1)
        expected.label = NO_LABEL;
    score->predictions++;
    score->labelled += expected.label != NO_LABEL;
    score->entropies += loss == LOSS_CROSS_ENTROPY;
    score->compared += expected.logits != NULL;
    add_metrics(score, logits, outputs, expected, finite);
    return cost;
}

void score_add(struct score *score, enum loss loss, const float *logits, size_t outputs,
               struct expected expected)
{
    bool own = loss_has_finite_logits(logits, outputs);
    struct score_finite finite = {
        own,
        own && (!expected.logits || loss_has_finite_logits(expected.logits, outputs))};

    score_add_sample(score, finite);
    score_add_prediction(score, loss, logits, outputs, expected, finite);
}

void score_add_iou(struct score *score, double iou)
{
    if (isnan(iou))
        return;
    score->known[METRIC_MEAN_IOU]++;
    add_metric(score, METRIC_MEAN_IOU, iou);
}

/* Jaervelin and Kekaelaeinen 2002, with one relevant sample: its gain is the ideal one at rank 0. */
void score_add_rank(struct score *score, int64_t above, int k)
{
    score->known[METRIC_HIT_RATE]++;
    score->known[METRIC_NDCG]++;
    add_metric(score, METRIC_HIT_RATE, above < k);
    add_metric(score, METRIC_NDCG, above < k ? 1 / log2((double)above + 2) : 0);
}

void score_merge(struct score *score, const struct score *other)
{
    for (int limb = 0; limb < SCORE_LIMBS; limb++)
        score->loss[limb] += other->loss[limb];
    for (int number = 0; number < SCORE_METRIC_NUMBERS; number++)
        score->metrics[number] += other->metrics[number];
    for (enum metric metric = 0; metric < METRIC_STORED; metric++)
        score->known[metric] += other->known[metric];
    score->samples += other->samples;
    score->predictions += other->predictions;
    score->labelled += other->labelled;
    score->entropies += other->entropies;
    score->compared += other->compared;
    score->not_finite += other->not_finite;
}

static double mean(double sum, int64_t count)
{
    return count > 0 ? sum / (double)count : NAN;
}

double score_loss(const struct score *score)
{
    return score->not_finite > 0
               ? INFINITY
               : mean(exact_sum_value(&format, score->loss), score->predictions);
}

static double perplexity(const struct score *score)
{
    return score->entropies > 0 && score->entropies == score->predictions
               ? exp(score_loss(score))
               : NAN;
}

double score_metric(const struct score *score, enum metric metric)
{
    const int64_t *numbers;
    int64_t known;

    if (metric_table[metric].of == METRIC_OF_LOSS)
        return perplexity(score);
    numbers = &score->metrics[place_of(metric)];
    known = score->known[metric];
    if (metric_is_share(metric))
        return mean((double)*numbers, known);
    return known > 0 && score->not_finite > 0 && !metric_table[metric].higher_is_better
               ? INFINITY
               : mean(exact_sum_value(&format, numbers), known);
}

bool score_lacks(const struct score *score, enum metric metric)
{
    return metric_table[metric].needs_float_logits && score->samples > 0 &&
           score->compared == 0;
}

bool score_is_lower(const struct score *score, const struct score *other)
{
    if (score->not_finite > 0 || other->not_finite > 0)
        return score->not_finite == 0;
    return exact_sum_compare(&format, score->loss, other->loss) < 0;
}

bool score_is_equal(const struct score *score, const struct score *other)
{
    return !score_is_lower(score, other) && !score_is_lower(other, score);
}

void score_loss_text(const struct score *score, char text[SCORE_TEXT_MOST])
{
    exact_sum_text(&format, score->loss, text);
}

bool score_read_loss(struct score *score, const char *text)
{
    return exact_sum_read(&format, text, score->loss);
}

void score_mean_text(const struct score *score, enum metric mean,
                     char text[SCORE_TEXT_MOST])
{
    exact_sum_text(&format, &score->metrics[place_of(mean)], text);
}

bool score_read_mean(struct score *score, enum metric mean, const char *text)
{
    return exact_sum_read(&format, text, &score->metrics[place_of(mean)]);
}
