/* block_memory.h - what is remembered of each block of samples: tensors, and the sums of one layer.
 *
 * Everything has a signature of what made it (candidate.h). Blocks that the memory has no room for
 * are not remembered at all.
 */
#ifndef CORE_EVALUATE_BLOCK_MEMORY_H
#define CORE_EVALUATE_BLOCK_MEMORY_H

#include "core/layer/value.h"

/* An activation tensor. */
struct remembered {
    uint64_t signature; /* 0: nothing yet */
    struct value value;
};

/* A layer's values that are not finished. */
struct unfinished {
    uint64_t signature; /* 0: nothing yet */
    void *values;       /* int32 products or floats, [samples, elements] */
    float *window_sums; /* of a convolution, [samples, pixels] */
};

struct remembered_block {
    struct remembered *tensors; /* [tensors] */
    struct unfinished unfinished;
};

struct block_memory {
    struct remembered_block *blocks; /* [count] owned */
    size_t count;
    struct remembered *tensors; /* [count, tensors] that the blocks point into; owned */
    unsigned char *bytes;       /* that everything points into; owned */
};

/* Room for as many of `blocks` blocks of `samples` samples as fit into `bytes` bytes.
 *
 *   planes, items  [tensors] of the network's tensors, items as early_codes() has them; borrowed
 */
void block_memory_init(struct block_memory *memory, const struct network *network,
                       const struct plane *planes, const int *items, int samples,
                       size_t blocks, size_t bytes);
void block_memory_clear(struct block_memory *memory);

/* Block `index`, or NULL: it is not remembered. */
struct remembered_block *block_memory_at(const struct block_memory *memory,
                                         size_t index);

#endif
