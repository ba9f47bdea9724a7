/* executor.h - runs the layers of a network on one block of samples under one candidate.
 *
 * Of everything that it needs it asks: is this tensor still valid? Are the sums that it is made of?
 * Only what is neither is computed, and it is remembered where the candidate says so.
 */
#ifndef CORE_EVALUATE_EXECUTOR_H
#define CORE_EVALUATE_EXECUTOR_H

#include "core/evaluate/block_memory.h"
#include "core/evaluate/candidate.h"
#include "core/network/executor_counters.h"

struct executor_options {
    const struct kernel_set *kernels;
    bool corrects_mean;                /* bias correction: mean */
    bool corrects_variance;            /* bias correction: mean_and_variance */
    const struct placement *placement; /* its ratios are used; borrowed */
    int block;                         /* the most samples of a block */
    bool times_layers;                 /* for executor_layer_seconds() */
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

/* The input of layer `layer`'s batch norm, [samples, pixels, channels], or what it would be: the
 * products of a convolution; valid until the next call. */
const float *executor_run_to_batchnorm(struct executor *executor,
                                       const struct candidate *candidate,
                                       const struct block *block, int layer);

/* Runs everything, and shows the input of each layer's batch norm. */
typedef void (*see_batchnorm_fn)(void *context, int layer, const float *input);
void executor_run_all(struct executor *executor, const struct candidate *candidate,
                      const struct block *block, see_batchnorm_fn see, void *context);

/* Runs what is not valid, and shows each tensor that was made, [samples, elements]. */
typedef void (*see_tensor_fn)(void *context, int tensor, const float *values);
void executor_show_tensors(struct executor *executor, const struct candidate *candidate,
                           const struct block *block, see_tensor_fn see, void *context);

/* Holds the folded codes of every layer with split channels against split layers, see split_check.h.
 * Fails with EXIT_INTERNAL. */
int executor_check_splits(struct executor *executor, const struct candidate *candidate,
                          const struct block *block, struct error *err);

/* What was done since the executor was made. */
struct executor_counters executor_counters(const struct executor *executor);

/* CPU seconds that each layer took, [layers]; zeros without `times_layers`. Borrowed. */
const double *executor_layer_seconds(const struct executor *executor);

#endif
