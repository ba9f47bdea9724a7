/* evaluator.h - a network, its quantizers and samples: from choices to exact sums of losses.
 *
 * The evaluator remembers activation tensors of its blocks of samples, each with a signature of
 * everything that made it: the layers, the choices and the batch norms upstream. A candidate
 * recomputes only what its changed choices reach. What is remembered is what two candidates have in
 * common, and of how many blocks is a matter of memory; it never changes a digit.
 */
#ifndef CORE_EVALUATE_EVALUATOR_H
#define CORE_EVALUATE_EVALUATOR_H

#include "core/evaluate/measure.h"
#include "core/evaluate/paired.h"
#include "core/evaluate/samples.h"
#include "core/evaluate/score.h"
#include "core/evaluate/turn.h"
#include "core/kernel/kernel.h"
#include "core/network/placement.h"

struct evaluator_options {
    const struct kernel_set *kernels;
    bool corrects_mean;     /* bias correction: mean */
    bool corrects_variance; /* bias correction: mean_and_variance */
    int block;              /* samples evaluated together */
    size_t first_block;     /* of the own samples, among those of all ranks */
    size_t memory_bytes;    /* for remembered activations */
    bool times_layers;      /* for evaluator_layer_seconds(), evaluator_block_times() */
    size_t near_bytes;      /* as in slices.h; no matter to digits */
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

/* Adds the scores of candidates on the blocks of some turns, and how each differs there from a rival: scores
 * [count], paired [count]. Scores of all turns add up to those of evaluator_score(). What the rival loses is
 * known where it is among the last candidates; elsewhere it is evaluated, too, which does not count as work of
 * these candidates. */
void evaluator_contest(struct evaluator *evaluator, const struct choice *rival,
                       const struct choice *choices, int count, struct turns turns,
                       struct score *scores, struct paired *paired);

/* The same as evaluator_score() of other samples, which are not remembered. Blocks start at the first; groups may lie in several,
 * but all of a group is among the samples. */
void evaluator_score_others(struct evaluator *evaluator, const struct choice *choices,
                            int count, struct samples others, struct score *scores);

/* The logits of other samples: [count, classes]. */
void evaluator_logits(struct evaluator *evaluator, const struct choice *choices,
                      struct samples others, float *logits);

/* Adds the evaluator's own samples to the numbers of `count` measures, those of one after those of the
 * other: sums and maxima as measures_room() has them.
 *
 * A gram is measured alone, and so is an output: it sees the network as chosen, and the float network beside it, with
 * trained batch norms and no bias shifts, which takes as much memory for activations again until candidates are scored.
 *
 * With choices there is one measure, which sees what it looks at as chosen, but an activation in float,
 * and what follows it. Without choices each sees the float network, and all do in one go; where there are no
 * measures either, nothing is done. */
void evaluator_measure(struct evaluator *evaluator, const struct measure *measures,
                       int count, const struct choice *choices, int64_t *sums,
                       double *maxima);

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

/* CPU seconds that each layer took since the evaluator was made, [layers], borrowed, and those that each run
 * of a candidate on a block took. Zeros without `times_layers`. Both can begin anew. */
const double *evaluator_layer_seconds(const struct evaluator *evaluator);
struct block_times evaluator_block_times(const struct evaluator *evaluator);
void evaluator_forget_times(struct evaluator *evaluator);

#endif
