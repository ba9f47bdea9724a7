/* score.h - what samples cost and how many are right: exact sums, mergeable by addition.
 *
 * Losses are added up without rounding, on no scale of their own (exact_sum.h). The format holds
 * every mean square of float32 differences, from 2^-298 to 2^258, with all 53 bits of the double that
 * it is computed in. Of cross entropies and divergences, which are rounded to 2^-53 of the logits when
 * they are computed, it drops what is below 2^-384. */
#ifndef CORE_EVALUATE_SCORE_H
#define CORE_EVALUATE_SCORE_H

#include "core/evaluate/loss.h"

enum { SCORE_LOSS_LIMBS = 22 };

/* All fields are sums over samples. */
struct score {
    int64_t loss[SCORE_LOSS_LIMBS]; /* exact_sum.h; of samples with finite logits */
    int64_t samples;
    int64_t labelled;   /* samples that have a label, where there are several classes */
    int64_t top1;       /* whose label has the largest logit (ties: the first class) */
    int64_t top5;       /* whose label is among the five largest */
    int64_t not_finite; /* samples whose logits, or the float ones, were not finite */
};

/* Adds one sample. */
void score_add(struct score *score, enum loss loss, const float *logits, size_t classes,
               struct expected expected);
void score_merge(struct score *score, const struct score *other);

/* Means over the samples, and over those with a label; NaN where there is none. The loss is
 * infinite where the logits of a sample are not finite: no number stands for them. */
double score_loss(const struct score *score);
double score_top1(const struct score *score);
double score_top5(const struct score *score);

/* Whether the same number of samples cost less, or exactly as much. */
bool score_is_lower(const struct score *score, const struct score *other);
bool score_is_equal(const struct score *score, const struct score *other);

/* The whole sum of losses as text, and back; see exact_sum_text(). */
enum { SCORE_TEXT_MOST = 512 };
void score_loss_text(const struct score *score, char text[SCORE_TEXT_MOST]);
bool score_read_loss(struct score *score, const char *text);

#endif
