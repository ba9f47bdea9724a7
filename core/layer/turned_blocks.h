/* turned_blocks.h - rearrangements that turn blocks of one size: heads of attention, and transposes. */
#ifndef CORE_LAYER_TURNED_BLOCKS_H
#define CORE_LAYER_TURNED_BLOCKS_H

#include "core/kernel/transpose.h"

/* Where a block begins in the input and in the output, without border. */
struct turned_block {
    int32_t from, to;
};

struct turned_blocks {
    struct transpose of;       /* of each block */
    struct turned_block *list; /* [count] owned */
    int count;                 /* 0: the rearrangement is no such one */
};

/* Finds the blocks of a rearrangement: output element i is input element from[i] of a sample. */
void turned_blocks_find(struct turned_blocks *blocks, const int32_t *from,
                        size_t count);
void turned_blocks_clear(struct turned_blocks *blocks);

/* Rearranges one sample; INPUT_SLACK bytes behind it can be read. */
void turned_blocks_bytes(const struct turned_blocks *blocks, const uint8_t *from,
                         uint8_t *to);
void turned_blocks_floats(const struct turned_blocks *blocks, const float *from,
                          float *to);

#endif
