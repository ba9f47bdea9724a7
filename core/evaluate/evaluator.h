/* evaluator.h - a network, its quantizers and samples: from choices to exact sums of losses.
 *
 * The evaluator remembers activation tensors of its blocks of samples, each with a signature of
 * everything that made it: the layers, the choices and the batch norms upstream. A candidate
 * recomputes only what its changed choices reach. What is remembered is what two candidates have in
 * common, and of how many blocks is a matter of memory; it never changes a digit.
 */
#ifndef CORE_EVALUATE_EVALUATOR_H
#define CORE_EVALUATE_EVALUATOR_H

#include "core/evaluate/executor.h"
#include "core/evaluate/samples.h"
#include "core/evaluate/score.h"
#include "core/kernel/kernel.h"
#include "core/network/placement.h"
#include "core/quant/histogram.h"

struct evaluator_options {
    const struct kernel_set *kernels;
    bool corrects_mean;     /* bias correction: mean */
    bool corrects_variance; /* bias correction: mean_and_variance */
    int block;              /* samples evaluated together */
    size_t memory_bytes;    /* for remembered activations */
    bool times_layers;      /* for evaluator_layer_seconds() */
    /* Asked between blocks: whether to leave out the rest, which makes what is returned
     * worthless; NULL: never. The evaluator stays usable. */
    bool (*must_cut)(void *context);
    void *context; /* for must_cut; borrowed */
};

struct evaluator;

/* `network`, `placement` and `own` samples are borrowed; blocks are `block` consecutive
 * samples, the last may be smaller. */
struct evaluator *evaluator_create(const struct network *network,
                                   const struct placement *placement,
                                   const struct evaluator_options *options,
                                   struct samples own);
void evaluator_destroy(struct evaluator *evaluator);

/* In all of these `choices` [placement->count] say how each tensor of the placement is quantized, with
 * any bits and grid; NULL: everything is in float. */

/* Adds the scores of `count` candidates, choices [count, placement->count], on the evaluator's own
 * samples to scores [count]. Candidates that come together are evaluated block by block. */
void evaluator_score(struct evaluator *evaluator, const struct choice *choices,
                     int count, struct score *scores);

/* The same of other samples, which are not remembered. Blocks start at the first. */
void evaluator_score_others(struct evaluator *evaluator, const struct choice *choices,
                            int count, struct samples others, struct score *scores);

/* The logits of other samples: [count, classes]. */
void evaluator_logits(struct evaluator *evaluator, const struct choice *choices,
                      struct samples others, float *logits);

/* Adds the values of the activation tensor of placement item `item` over the evaluator's own
 * samples to a range or a histogram; the tensor itself and what follows it is left in float,
 * what comes before it is as chosen. */
void evaluator_range(struct evaluator *evaluator, int item,
                     const struct choice *choices, struct range *range);
void evaluator_histogram(struct evaluator *evaluator, int item,
                         const struct choice *choices, struct histogram *histogram);

/* The same of all activation tensors of the float network in one go: ranges or histograms
 * [placement->count], of which those of weights, and histograms without bins, stay as they are. */
void evaluator_float_ranges(struct evaluator *evaluator, struct range *ranges);
void evaluator_float_histograms(struct evaluator *evaluator,
                                struct histogram *histograms);

/* Raises maxima [channels + 1] by the activation of placement item `item` in the float network, on the
 * evaluator's own samples, as activation_split_look() does. */
void evaluator_channel_maxima(struct evaluator *evaluator, int item, float *maxima);

/* Adds the moments of the input of layer `layer`'s batch norm over the evaluator's own samples to
 * `sums` [moments_count()], see moments.h; all choices and all batch norms before it are in force. */
void evaluator_moments(struct evaluator *evaluator, int layer,
                       const struct choice *choices, int64_t *sums);

/* The same of all batch norms of the float network in one go: one layer's sums after the other's,
 * in the order of execution. */
void evaluator_float_moments(struct evaluator *evaluator, int64_t *sums);

/* Adds the sums of the products of convolution `layer` over the evaluator's own samples to `sums`
 * [product_means_count()], see product_means.h; all choices, batch norms and bias shifts before it are in
 * force. */
void evaluator_product_means(struct evaluator *evaluator, int layer,
                             const struct choice *choices, int64_t *sums);

/* Holds the folded codes of layers with split channels against layers that really have the copies, on
 * the first block of the evaluator's own samples. Fails with EXIT_INTERNAL. */
int evaluator_check_splits(struct evaluator *evaluator, const struct choice *choices,
                           struct error *err);

/* What was done since the evaluator was made, whatever for. */
struct executor_counters evaluator_counters(const struct evaluator *evaluator);

/* What of it was done to score candidates, and what their whole evaluations would have taken beside it.
 * The first candidate after a measurement counts as run whole: what it finds in memory, the
 * measurement ran. */
struct executor_counters evaluator_score_counters(const struct evaluator *evaluator);

/* CPU seconds that each layer took since the evaluator was made, [layers]; borrowed. Zeros
 * without `times_layers`. */
const double *evaluator_layer_seconds(const struct evaluator *evaluator);

#endif
