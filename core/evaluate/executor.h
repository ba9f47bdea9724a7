/* executor.h - runs the layers of a network on one block of samples under one candidate.
 *
 * Of everything that it needs it asks: is this tensor still valid? Are the sums that it is made of?
 * Only what is neither is computed, and it is remembered where the candidate says so.
 */
#ifndef CORE_EVALUATE_EXECUTOR_H
#define CORE_EVALUATE_EXECUTOR_H

#include "core/evaluate/block_memory.h"
#include "core/evaluate/block_times.h"
#include "core/evaluate/candidate.h"
#include "core/network/executor_counters.h"

struct executor_options {
    const struct kernel_set *kernels;
    bool corrects_mean;                /* bias correction: mean */
    bool corrects_variance;            /* bias correction: mean_and_variance */
    const struct placement *placement; /* its ratios are used; borrowed */
    int block;                         /* the most samples of a block */
    bool times_layers; /* for executor_layer_seconds(), executor_block_times() */
    size_t near_bytes; /* as in slices.h */
};

/* A block of samples. */
struct block {
    const void
        *values[NETWORK_INPUTS_MAX]; /* [samples, elements] of each input; borrowed */
    int samples;
    struct remembered_block *remembered; /* NULL: nothing ever; borrowed */
};

struct executor;

/* `network` and `planes` [tensors] are borrowed. */
struct executor *executor_create(const struct network *network,
                                 const struct plane *planes,
                                 const struct executor_options *options);
void executor_destroy(struct executor *executor);

/* The values of tensor `target`; valid until the next call. */
const struct value *executor_run(struct executor *executor,
                                 const struct candidate *candidate,
                                 const struct block *block, int target);

/* The same as floats, [samples, elements]. */
const float *executor_run_floats(struct executor *executor,
                                 const struct candidate *candidate,
                                 const struct block *block, int target);

/* What there is to see of a block. */
enum sight {
    SEE_TENSOR,   /* [samples, elements] of a tensor */
    SEE_ELEMENTS, /* [any number] of a tensor, in order, one time after the other */
    SEE_PRODUCTS, /* [samples, pixels, channels] of a layer: its batch norm's input, or what that
                     would be: the products of a convolution; those of a recurrence */
    SIGHTS
};

/* Who wants to see some of it. */
struct observer {
    bool *wants[SIGHTS]; /* [tensors], [tensors], [layers] */
    /* `count` samples; of SEE_ELEMENTS, elements. */
    void (*see)(void *context, enum sight sight, int index, const float *values,
                size_t count);
    void *context;
};

/* Makes what the observer wants to see, as far as it is not valid, and shows it. */
void executor_observe(struct executor *executor, const struct candidate *candidate,
                      const struct block *block, const struct observer *observer);

/* Holds the folded codes of every layer with split channels against split layers, see split_check.h.
 * Fails with EXIT_INTERNAL. */
int executor_check_splits(struct executor *executor, const struct candidate *candidate,
                          const struct block *block, struct error *err);

/* What was done since the executor was made. */
struct executor_counters executor_counters(const struct executor *executor);

/* CPU seconds that each layer took, [layers]; zeros without `times_layers`. Borrowed. */
const double *executor_layer_seconds(const struct executor *executor);

/* CPU seconds of each run of executor_run(); nothing without `times_layers`. */
struct block_times executor_block_times(const struct executor *executor);

/* These two begin anew. */
void executor_forget_times(struct executor *executor);

#endif
