/* gram_block.h - what needs the float network beside the quantized one, of a block: the moments of what a layer
 * multiplies in the one and of what its products are in the other, and how a tensor differs. */
#ifndef CORE_EVALUATE_GRAM_BLOCK_H
#define CORE_EVALUATE_GRAM_BLOCK_H

#include "core/evaluate/float_twin.h"
#include "core/evaluate/measure.h"

/* A block under a candidate, and the float network beside it. Borrowed. */
struct gram_block {
    const struct network *network;
    struct executor *executor;
    const struct candidate *candidate;
    struct float_twin *twin;
    const struct kernel_set *kernels;
    const struct block *block;
    size_t index; /* of the block */
};

/* Adds to the moments of a convolution, or of a recurrence, whose windows are the hidden states that each step
 * multiplies, but for the first, which is no sample's (layer_gram.h). Its products should be those of the float
 * network; where a residual is added to them, or what gates get of the network's values, they should make up for what
 * that has lost, too. */
void gram_block_add(const struct gram_block *block, const struct measure *measure,
                    int64_t *sums, double *maxima);

/* Adds how a tensor of the quantized network, as what reads it finds it, differs from that of the float network: sums of
 * MEASURE_OUTPUT, sample by sample, so that digits do not depend on how many come together. */
void gram_block_compare(const struct gram_block *block, const struct measure *measure,
                        int64_t *sums);

#endif
