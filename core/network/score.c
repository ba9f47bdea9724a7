#include "core/network/score.h"

#include <math.h>
#include <stdbool.h>

/* How many classes come before the label's. */
static size_t place_of(const float *logits, size_t classes, int32_t label)
{
    size_t place = 0;

    for (size_t i = 0; i < classes; i++)
        place += logits[i] > logits[label] ||
                 (logits[i] == logits[label] && i < (size_t)label);
    return place;
}

void score_add(struct score *score, enum loss loss, const float *logits, size_t classes,
               struct expected expected)
{
    bool finite = loss_has_finite_logits(logits, classes);
    size_t place = finite ? place_of(logits, classes, expected.label) : classes;

    score->loss += llrint(ldexp(loss_of_sample(loss, logits, classes, expected), 32));
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
