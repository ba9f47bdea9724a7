/* setup.h - what is drawn besides the network: its data, and the settings of a run. */
#ifndef TESTS_FUZZ_SETUP_H
#define TESTS_FUZZ_SETUP_H

#include "tests/fuzz/sketch.h"

#include <stdio.h>

struct setup {
    struct sketch sketch;
    int classes;
    size_t calibration, check, validation; /* samples; check: of those of calibration */
    bool is_u8, has_outliers;
    double size; /* of samples that are floats */
    double scale;
    int constants; /* of mean and std: 0, 1, or one a channel */
    int axis;      /* along which those of channels lie, the batch being 0 */
    double mean[16], std[16];
};

/* Draws all but the sketch, which is there. */
void setup_draw(struct setup *setup, struct chance *chance);

void setup_write_facts(const struct setup *setup, FILE *file);
void setup_write_settings(const struct setup *setup, struct chance *chance,
                          uint64_t seed, const char *folder, FILE *file);

#endif
