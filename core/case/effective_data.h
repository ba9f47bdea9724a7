/* effective_data.h - what a network is given, after all settings, attributes and defaults. */
#ifndef CORE_CASE_EFFECTIVE_DATA_H
#define CORE_CASE_EFFECTIVE_DATA_H

#include "core/case/shard.h"
#include "core/evaluate/guess.h"

enum { EFFECTIVE_DATA_BYTES = 2048 };

struct effective_data {
    /* Of the calibration samples that the search sees, and of the validation samples. */
    struct label_shares calibration, validation;
    int classes;
    char text[EFFECTIVE_DATA_BYTES]; /* samples, scale, mean, std, labels: in words */
};

/* Looks at the samples and labels of the open case: at all labels, and at the first samples.
 * Fails with EXIT_INPUT where they cannot be read. */
int effective_data_find(struct effective_data *data, struct shard *shard,
                        struct error *err);

#endif
