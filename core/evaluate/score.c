#include "core/evaluate/score.h"

#include "core/base/exact_sum.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

static const struct exact_format format = {.lowest = -384, .limbs = SCORE_LOSS_LIMBS};

_Static_assert(-384 + EXACT_LIMB_BITS * (SCORE_LOSS_LIMBS - 1) >= LOSS_EXPONENT_MOST,
               "every loss fits");
_Static_assert((int)EXACT_TEXT_MOST <= (int)SCORE_TEXT_MOST, "every sum fits");

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
    bool both_finite = finite && (!expected.logits ||
                                  loss_has_finite_logits(expected.logits, classes));
    bool labelled = expected.label != NO_LABEL && loss_classes(loss, classes) > 1;
    size_t place =
        finite && labelled ? place_of(logits, classes, expected.label) : SIZE_MAX;

    if (both_finite)
        exact_sum_add(&format, score->loss,
                      loss_of_sample(loss, logits, classes, expected));
    score->samples++;
    score->labelled += labelled;
    score->top1 += place < 1;
    score->top5 += place < 5;
    score->not_finite += !both_finite;
}

void score_merge(struct score *score, const struct score *other)
{
    for (int limb = 0; limb < SCORE_LOSS_LIMBS; limb++)
        score->loss[limb] += other->loss[limb];
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
    return score->not_finite > 0
               ? INFINITY
               : mean(exact_sum_value(&format, score->loss), score->samples);
}

double score_top1(const struct score *score)
{
    return mean((double)score->top1, score->labelled);
}

double score_top5(const struct score *score)
{
    return mean((double)score->top5, score->labelled);
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
