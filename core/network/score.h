/* score.h - what samples cost and how many are right: exact sums, mergeable by addition. */
#ifndef CORE_NETWORK_SCORE_H
#define CORE_NETWORK_SCORE_H

#include "core/network/loss.h"

/* All fields are sums over samples. */
struct score {
    int64_t loss; /* in units of 2^-32 */
    int64_t samples;
    int64_t labelled;   /* samples that have a label */
    int64_t top1;       /* whose label has the largest logit (ties: the first class) */
    int64_t top5;       /* whose label is among the five largest */
    int64_t not_finite; /* samples whose logits, or the float ones, were not finite */
};

/* Adds one sample. */
void score_add(struct score *score, enum loss loss, const float *logits, size_t classes,
               struct expected expected);
void score_merge(struct score *score, const struct score *other);

/* Means over the samples, and over those with a label; NaN where there is none. */
double score_loss(const struct score *score);
double score_top1(const struct score *score);
double score_top5(const struct score *score);

#endif
