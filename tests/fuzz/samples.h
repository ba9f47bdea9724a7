/* samples.h - the samples of a fuzzed network, normalised anew from what its data files hold. */
#ifndef TESTS_FUZZ_SAMPLES_H
#define TESTS_FUZZ_SAMPLES_H

#include "tests/fuzz/array.h"

/* `facts` says, a line each: dims C H W; calibration, validation, check and how many; scale, mean and
 * std, of which the last two have one number for all or one a channel, and the axis of the channels. */
struct samples_of {
    int rank;
    int64_t dims[ARRAY_RANK_MAX]; /* of a sample, behind a 1 */
    size_t count, elements;
    size_t check; /* how many of the last are put aside */
    double scale, mean[16], std[16];
    int mean_count, std_count;
    int axis;      /* of dims, along which those of channels lie */
    float *values; /* [count, elements] as they are stored; owned */
    int *labels;   /* [count] owned */
};

void samples_read(struct samples_of *samples, const char *folder, const char *name);
void samples_clear(struct samples_of *samples);

/* Sample `index` as the network's input [1, ...]. */
struct array *samples_take(const struct samples_of *samples, size_t index);

#endif
