#include "core/network/score.h"

#include <math.h>
#include <stdbool.h>

static bool all_finite(const float *logits, size_t classes)
{
    for (size_t i = 0; i < classes; i++)
        if (!isfinite(logits[i]))
            return false;
    return true;
}

double score_cross_entropy(const float *logits, size_t classes, int32_t label)
{
    double largest = -INFINITY, sum = 0, loss;

    if (!all_finite(logits, classes))
        return SCORE_LOSS_MOST;
    for (size_t i = 0; i < classes; i++)
        largest = fmax(largest, logits[i]);
    for (size_t i = 0; i < classes; i++)
        sum += exp(logits[i] - largest);
    loss = largest + log(sum) - logits[label];
    return fmin(fmax(loss, 0.0), SCORE_LOSS_MOST);
}

/* How many classes come before the label's. */
static size_t place_of(const float *logits, size_t classes, int32_t label)
{
    size_t place = 0;

    for (size_t i = 0; i < classes; i++)
        place += logits[i] > logits[label] ||
                 (logits[i] == logits[label] && i < (size_t)label);
    return place;
}

void score_add(struct score *score, const float *logits, size_t classes, int32_t label)
{
    double loss = score_cross_entropy(logits, classes, label);
    bool finite = all_finite(logits, classes);
    size_t place = finite ? place_of(logits, classes, label) : classes;

    score->loss += llrint(ldexp(loss, 32));
    score->samples++;
    score->top1 += place < 1;
    score->top5 += place < 5;
    score->not_finite += !finite;
}

void score_merge(struct score *score, const struct score *other)
{
    score->loss += other->loss;
    score->samples += other->samples;
    score->top1 += other->top1;
    score->top5 += other->top5;
    score->not_finite += other->not_finite;
}

static double mean(double sum, const struct score *score)
{
    return score->samples ? sum / (double)score->samples : NAN;
}

double score_loss(const struct score *score)
{
    return mean(ldexp((double)score->loss, -32), score);
}

double score_top1(const struct score *score)
{
    return mean((double)score->top1, score);
}

double score_top5(const struct score *score)
{
    return mean((double)score->top5, score);
}
