#include "core/evaluate/guess.h"

#include "core/base/memory.h"

#include <math.h>
#include <stdlib.h>

struct label_shares label_shares_of(const int32_t *labels, size_t count, int classes)
{
    size_t *counts = memory_zeroed((size_t)classes, sizeof *counts);
    struct label_shares shares = {.lowest = classes};

    for (size_t i = 0; i < count; i++)
        if (labels[i] >= 0) {
            counts[labels[i]]++;
            shares.samples++;
            shares.lowest = labels[i] < shares.lowest ? labels[i] : shares.lowest;
            shares.highest = labels[i] > shares.highest ? labels[i] : shares.highest;
        }
    for (int label = 0; label < classes; label++) {
        double share = (double)counts[label] / (double)shares.samples;

        if (counts[label] > shares.most) {
            shares.most = counts[label];
            shares.most_frequent = label;
        }
        if (counts[label] > 0)
            shares.entropy -= share * log(share);
    }
    free(counts);
    return shares.samples > 0 ? shares : (struct label_shares){0};
}

/* So many right predictions are hardly chance, whatever is always predicted. */
static double most_by_chance(const struct label_shares *labels)
{
    const double deviations = 3;
    double samples = (double)labels->samples;
    double share = (double)labels->most / samples;

    return (double)labels->most + deviations * sqrt(samples * share * (1 - share));
}

bool guess_is_as_good(const struct score *score, enum loss loss,
                      const struct label_shares *labels, int classes)
{
    bool has_loss = loss_table[loss].needs_labels;
    double mean = score_loss(score), most;

    if (score->labelled == 0 || labels->samples == 0)
        return false;
    if (has_loss && mean >= log(classes) &&
        2 * score->metrics[METRIC_TOP1] < score->labelled)
        return true;
    most = most_by_chance(labels);
    return most < (double)labels->samples &&
           (double)score->metrics[METRIC_TOP1] <= most &&
           !(has_loss && mean < labels->entropy);
}
