#include "core/network/score.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

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
    bool float_finite =
        !expected.logits || loss_has_finite_logits(expected.logits, classes);
    bool labelled = expected.label != NO_LABEL;
    size_t place =
        finite && labelled ? place_of(logits, classes, expected.label) : SIZE_MAX;

    score->loss += llrint(ldexp(loss_of_sample(loss, logits, classes, expected), 32));
    score->samples++;
    score->labelled += labelled;
    score->top1 += place < 1;
    score->top5 += place < 5;
    score->not_finite += !(finite && float_finite);
}

void score_merge(struct score *score, const struct score *other)
{
    score->loss += other->loss;
    score->samples += other->samples;
    score->labelled += other->labelled;
    score->top1 += other->top1;
    score->top5 += other->top5;
    score->not_finite += other->not_finite;
}

static double mean(double sum, int64_t count)
{
    return count > 0 ? sum / (double)count : NAN;
}

double score_loss(const struct score *score)
{
    return mean(ldexp((double)score->loss, -32), score->samples);
}

double score_top1(const struct score *score)
{
    return mean((double)score->top1, score->labelled);
}

double score_top5(const struct score *score)
{
    return mean((double)score->top5, score->labelled);
}
