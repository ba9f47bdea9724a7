/* score.h - what samples cost and how many are right: exact sums, mergeable by addition. */
#ifndef CORE_NETWORK_SCORE_H
#define CORE_NETWORK_SCORE_H

#include "core/network/loss.h"

/* All fields are sums over samples. */
struct score {
    int64_t loss; /* in units of 2^-32 */
    int64_t samples;
    int64_t
        top1; /* samples whose label has the largest logit (ties: the first class) */
    int64_t top5;
    int64_t not_finite; /* samples whose logits held a NaN or an infinity */
};

/* Adds one sample. */
void score_add(struct score *score, enum loss loss, const float *logits, size_t classes,
               struct expected expected);
void score_merge(struct score *score, const struct score *other);

/* Means; NaN where there is no sample. */
double score_loss(const struct score *score);
double score_top1(const struct score *score);
double score_top5(const struct score *score);

#endif
