/* block_memory.h - what is remembered of each block of samples: tensors, and the sums of one layer.
 *
 * Everything has a signature of what made it (candidate.h). Blocks that the memory has no room for
 * are not remembered at all. Where that is so, the same memory can hold more blocks for somebody who goes
 * through the layers in order: tensors whose lives do not meet share their room.
 */
#ifndef CORE_EVALUATE_BLOCK_MEMORY_H
#define CORE_EVALUATE_BLOCK_MEMORY_H

#include "core/evaluate/arena.h"

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
    const struct rooms *shared; /* of the tensors; NULL: each has its own */
};

/* Tensors of all blocks of one layout. */
struct block_layout {
    struct remembered_block *blocks; /* [count] owned */
    size_t count;
    struct remembered *tensors; /* [count, tensors] that the blocks point into; owned */
};

enum block_layout_kind { LAYOUT_OWN_ROOMS, LAYOUT_SHARED_ROOMS, BLOCK_LAYOUTS };

struct block_memory {
    struct block_layout layouts[BLOCK_LAYOUTS];
    enum block_layout_kind now;
    struct rooms shared;
    int tensor_count;
    unsigned char *bytes; /* that everything points into; owned */
};

/* Room for as many of `blocks` blocks of `samples` samples as fit into `bytes` bytes.
 *
 *   planes, items  [tensors] of the network's tensors, items as early_codes() has them; borrowed
 */
void block_memory_init(struct block_memory *memory, const struct network *network,
                       const struct plane *planes, const int *items, int samples,
                       size_t blocks, size_t bytes);
void block_memory_clear(struct block_memory *memory);

/* Uses another layout, which holds nothing yet. Shared rooms are used where they hold more blocks alone. */
void block_memory_use(struct block_memory *memory, enum block_layout_kind layout);

/* Forgets the tensors of a block that what is written to the room of `tensor` is written over. */
void remembered_block_make_room(struct remembered_block *block, int tensor,
                                int tensors);

/* Block `index`, or NULL: it is not remembered. */
struct remembered_block *block_memory_at(const struct block_memory *memory,
                                         size_t index);

#endif
