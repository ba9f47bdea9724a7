/* samples.h - samples in memory: an array for each input of a network, labels, groups.
 *
 * Values are normalised and stored as the network stores its tensors (core/network/layer.h).
 */
#ifndef CORE_EVALUATE_SAMPLES_H
#define CORE_EVALUATE_SAMPLES_H

#include "core/evaluate/output_shape.h"
#include "core/evaluate/score.h"

/* What samples are known to be: one or more numbers each. */
struct labels {
    const void
        *values; /* [samples, per_sample] of that element; NULL: there are none */
    size_t per_sample;
    enum element element;
};

/* Borrowed arrays, and how the logits of the samples are scored. */
struct samples {
    const void *values[NETWORK_INPUTS_MAX]; /* of each input [count, its elements] */
    /* Classes are int32, one a place, NO_LABEL where there are none, or IGNORED_LABEL; numbers are floats,
     * as many as outputs, in the network's order. */
    struct labels labels;
    const int32_t *groups; /* [count] those of a group belong together; NULL: none do */
    int k;                 /* of metrics of groups */
    size_t count;
    enum loss loss;
    const float *float_logits; /* [count, outputs] or NULL, as in struct expected */
};

/* Adds sample `index`, whose logits [places, outputs] are those of `shape`. The sum of the losses of its
 * predictions; NaN where its logits, or the float ones, are not finite. */
double samples_score(const struct samples *samples, size_t index, const float *logits,
                     struct output_shape shape, struct score *score);

/* The arrays of samples that are read: room for `room` samples, of which `count` are there. */
struct sample_arrays {
    void *values[NETWORK_INPUTS_MAX]; /* as in struct samples; owned, the rest NULL */
    void *labels;                     /* owned */
    size_t labels_per_sample;
    enum element label_element;
    int32_t *groups; /* or NULL; owned */
    size_t room, count;
};

void sample_arrays_clear(struct sample_arrays *arrays);

/* The samples that are there; borrowed. */
struct samples sample_arrays_samples(const struct sample_arrays *arrays);

#endif
