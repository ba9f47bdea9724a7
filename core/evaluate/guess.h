/* guess.h - whether a network predicts any better than one that does not look at its input. */
#ifndef CORE_EVALUATE_GUESS_H
#define CORE_EVALUATE_GUESS_H

#include "core/evaluate/score.h"

/* Of the labels of some samples. */
struct label_shares {
    size_t samples;      /* that have a label; 0: all else is 0, too */
    int lowest, highest; /* of their labels */
    int most_frequent;
    size_t most;    /* samples that have this one */
    double entropy; /* nats: the least cross entropy of what always predicts the same */
};

/* labels [count] in [0, classes), NO_LABEL or IGNORED_LABEL. */
struct label_shares label_shares_of(const int32_t *labels, size_t count, int classes);

/* Whether a score on samples with such labels is no better than a guess. That is so where
 *
 * - top1 is not more than three standard deviations above what always predicting the most frequent
 *   label finds, where the samples suffice to tell, and the loss, where it is one of labels, is not
 *   below the labels' entropy either; or
 * - the loss is one of labels and not below ln(classes), and less than half of the predictions are right.
 *
 *   loss  of the score
 */
bool guess_is_as_good(const struct score *score, enum loss loss,
                      const struct label_shares *labels, int classes);

#endif
