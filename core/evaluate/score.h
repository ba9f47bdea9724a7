/* score.h - what samples cost and how well they do: exact sums, mergeable by addition.
 *
 * A sample is one prediction, or one at each of its places (output_shape.h); losses and most metrics are means
 * over predictions. Losses are added up without rounding, on no scale of their own (exact_sum.h). The format
 * holds every mean square of float32 differences, from 2^-298 to 2^258, with all 53 bits of the double that
 * it is computed in. Of cross entropies and divergences, which are rounded to 2^-53 of the logits when
 * they are computed, it drops what is below 2^-384. */
#ifndef CORE_EVALUATE_SCORE_H
#define CORE_EVALUATE_SCORE_H

#include "core/evaluate/loss.h"
#include "core/evaluate/metric.h"

enum { SCORE_LIMBS = 22 };

/* A share is one number, a mean an exact sum. */
enum {
    SCORE_METRIC_NUMBERS = METRIC_SHARES + (METRIC_STORED - METRIC_SHARES) * SCORE_LIMBS
};

/* All fields are sums over samples. */
struct score {
    int64_t loss[SCORE_LIMBS]; /* exact_sum.h; of samples with finite logits */
    int64_t metrics[SCORE_METRIC_NUMBERS]; /* shares, by metric, and then the means */
    int64_t known[METRIC_STORED]; /* over how many predictions, images or groups */
    int64_t samples;
    int64_t predictions; /* that the loss is the mean of; what is ignored is none */
    int64_t
        labelled; /* predictions that have a label, where there are several classes */
    int64_t entropies;  /* predictions whose loss is the cross entropy */
    int64_t compared;   /* predictions that logits of the float network were given of */
    int64_t not_finite; /* samples whose logits, or the float ones, were not finite */
};

/* Adds one sample of one prediction: its loss, and the metrics that are known of it. */
void score_add(struct score *score, enum loss loss, const float *logits, size_t outputs,
               struct expected expected);

/* The same in parts. Counts a sample, and says of what is not finite that it is. */
struct score_finite {
    bool own,
        both; /* its logits; and those of the float network, where they are given */
};
void score_add_sample(struct score *score, struct score_finite finite);

/* Adds one of its predictions; an ignored one is none. Its loss: zero then, NaN where logits are not finite. */
double score_add_prediction(struct score *score, enum loss loss, const float *logits,
                            size_t outputs, struct expected expected,
                            struct score_finite finite);

/* Adds an image, as mean_iou() has it: NaN where it has no label. */
void score_add_iou(struct score *score, double iou);

/* Adds a group of which `above` samples come before the right one. */
void score_add_rank(struct score *score, int64_t above, int k);

void score_merge(struct score *score, const struct score *other);

/* Means over predictions, of a metric over those of which it is known; NaN where there is none. A loss or
 * a mean is infinite where the logits of a sample are not finite: no number stands for them. */
double score_loss(const struct score *score);
double score_metric(const struct score *score, enum metric metric);

/* Whether samples were scored without what the metric needs of the float network. */
bool score_lacks(const struct score *score, enum metric metric);

/* Whether the same samples cost less, or exactly as much. */
bool score_is_lower(const struct score *score, const struct score *other);
bool score_is_equal(const struct score *score, const struct score *other);

/* The whole sum of losses, or of a metric that is a mean, as text, and back; see exact_sum_text(). */
enum { SCORE_TEXT_MOST = 512 };
void score_loss_text(const struct score *score, char text[SCORE_TEXT_MOST]);
bool score_read_loss(struct score *score, const char *text);
void score_mean_text(const struct score *score, enum metric mean,
                     char text[SCORE_TEXT_MOST]);
bool score_read_mean(struct score *score, enum metric mean, const char *text);

#endif
